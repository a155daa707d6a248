package overnats

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"time"

	"github.com/nats-io/nkeys"

	"socketbench/experiments/fleet"
)

// hostName is the name in the certificate. It is no address: agents accept this certificate alone.
const hostName = "socketbench"

// validFor is how long a certificate is good for.
const validFor = 10 * 365 * 24 * time.Hour

// New implements [fleet.Engine].
func (engine) New(address, listen string) (fleet.Key, fleet.Join, error) {
	if err := fleet.CheckAddress(address, listen); err != nil {
		return fleet.Key{}, fleet.Join{}, err
	}
	certificate, private, err := certify()
	if err != nil {
		return fleet.Key{}, fleet.Join{}, fmt.Errorf("fleet: certificate: %w", err)
	}
	k := fleet.Key{Address: address, Listen: listen, Certificate: certificate, Private: private}
	j := fleet.Join{Address: address, Certificate: certificate}
	var agents nkeys.KeyPair
	for _, make := range []struct {
		seed *string
		pair *nkeys.KeyPair
	}{{&k.Coordinator, new(nkeys.KeyPair)}, {&j.Agent, &agents}} {
		pair, err := nkeys.CreateUser()
		if err != nil {
			return fleet.Key{}, fleet.Join{}, fmt.Errorf("fleet: key: %w", err)
		}
		seed, err := pair.Seed()
		if err != nil {
			return fleet.Key{}, fleet.Join{}, fmt.Errorf("fleet: key: %w", err)
		}
		*make.seed, *make.pair = string(seed), pair
	}
	k.Agents, err = agents.PublicKey()
	return k, j, err
}

// certify makes a certificate that signs itself.
func certify() (certificate, private string, err error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	serial, err := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120))
	if err != nil {
		return "", "", err
	}
	now := time.Now()
	template := x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: hostName}, DNSNames: []string{hostName},
		NotBefore: now.Add(-24 * time.Hour), NotAfter: now.Add(validFor), // an agent's clock may be behind
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
	}
	der, err := x509.CreateCertificate(rand.Reader, &template, &template, &key.PublicKey, key)
	if err != nil {
		return "", "", err
	}
	packed, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return "", "", err
	}
	text := func(kind string, b []byte) string {
		return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: b}))
	}
	return text("CERTIFICATE", der), text("PRIVATE KEY", packed), nil
}

// serverTLS is the hub's side of the connection.
func serverTLS(k fleet.Key) (*tls.Config, error) {
	pair, err := tls.X509KeyPair([]byte(k.Certificate), []byte(k.Private))
	if err != nil {
		return nil, fmt.Errorf("fleet: certificate: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, Certificates: []tls.Certificate{pair}}, nil
}

// clientTLS is the agent's side: it accepts that certificate and no other.
func clientTLS(j fleet.Join) (*tls.Config, error) {
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM([]byte(j.Certificate)) {
		return nil, errors.New("fleet: the certificate of the key file cannot be read")
	}
	return &tls.Config{MinVersion: tls.VersionTLS13, RootCAs: pool, ServerName: hostName}, nil
}

// sign returns the public half of a seed, and what signs with it.
func sign(seed string) (public string, with func([]byte) ([]byte, error), err error) {
	pair, err := nkeys.FromSeed([]byte(seed))
	if err != nil {
		return "", nil, fmt.Errorf("fleet: key: %w", err)
	}
	public, err = pair.PublicKey()
	return public, pair.Sign, err
}

// NewAt implements [fleet.Engine].
func (engine) NewAt(coordinator, agents fleet.Servers) (fleet.Key, fleet.Join, error) {
	for _, s := range []fleet.Servers{coordinator, agents} {
		if err := check(s); err != nil {
			return fleet.Key{}, fleet.Join{}, err
		}
	}
	return fleet.Key{Servers: &coordinator}, fleet.Join{Servers: &agents}, nil
}

func check(s fleet.Servers) error {
	if err := s.Check(); err != nil {
		return err
	}
	_, err := pool(s)
	return err
}

// pool has the certificate that the servers' are signed with; nil: those that the system knows.
func pool(s fleet.Servers) (*x509.CertPool, error) {
	if s.Authority == "" {
		return nil, nil
	}
	list := x509.NewCertPool()
	if !list.AppendCertsFromPEM([]byte(s.Authority)) {
		return nil, errors.New("fleet: the authority's certificate cannot be read: it is not a PEM file")
	}
	return list, nil
}
