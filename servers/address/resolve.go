package address

import (
	"context"
	"fmt"
	"net"
	"time"
)

// attempt is the time limit for a connection to one of several IP addresses of a name.
const attempt = time.Second

// TCP resolves an address to one IP address, which a client uses for all its connections. An empty host is
// 127.0.0.1. If a name has several addresses, as localhost has with IPv6, TCP connects to one after the other and
// takes the first that accepts, as net.Dial does each time. It blocks for at most a second for each address.
func (a Address) TCP() (*net.TCPAddr, error) {
	host, service, err := net.SplitHostPort(a.Where)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", a, err)
	}
	port, err := net.LookupPort(a.Network, service)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", a, err)
	}
	if host == "" {
		host = "127.0.0.1"
	}
	ips, err := net.DefaultResolver.LookupIPAddr(context.Background(), host)
	if err != nil {
		return nil, fmt.Errorf("address %q: %w", a, cause(err))
	}
	found := &net.TCPAddr{IP: ips[0].IP, Zone: ips[0].Zone, Port: port}
	if len(ips) == 1 {
		return found, nil
	}
	for _, ip := range ips {
		candidate := &net.TCPAddr{IP: ip.IP, Zone: ip.Zone, Port: port}
		conn, err := net.DialTimeout("tcp", candidate.String(), attempt)
		if err == nil {
			conn.Close()
			return candidate, nil
		}
	}
	return found, nil
}
