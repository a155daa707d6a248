// Package overnats is the engine of fleets: orders and answers travel over NATS (nats.io). A program that imports it has the
// engine as fleet.Over; see package fleet for what travels, and when.
package overnats

import (
	"crypto/tls"

	"github.com/nats-io/nats.go"

	"socketbench/experiments/fleet"
)

// engine implements fleet.Engine.
type engine struct{}

func init() { fleet.Over = engine{} }

// connection is where an agent connects, and how.
func connection(j fleet.Join) (url string, list []nats.Option, err error) {
	if j.Servers != nil {
		list, err = options(*j.Servers)
		return j.Servers.URLs, list, err
	}
	secure, err := clientTLS(j)
	if err != nil {
		return "", nil, err
	}
	public, with, err := sign(j.Agent)
	return "tls://" + j.Address, []nats.Option{nats.Secure(secure), nats.Nkey(public, with)}, err
}

// options are those of a connection to servers of the user's own.
func options(s fleet.Servers) (list []nats.Option, err error) {
	if s.Credentials != "" {
		list = append(list, nats.UserCredentialBytes([]byte(s.Credentials)))
	}
	trusted, err := pool(s)
	if trusted != nil {
		list = append(list, nats.Secure(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: trusted}))
	}
	return list, err
}
