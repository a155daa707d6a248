package address

import (
	"context"
	"fmt"
	"net"
	"time"
)

// attempt is how long one of several IP addresses of a name has to accept a connection.
const attempt = time.Second

// TCP resolves an address to the one IP address that a client of many connections uses for all. A host without
// a name is 127.0.0.1. Where a name has several addresses, as localhost has with IPv6, it connects to one after
// the other and takes the first at which somebody listens, as net.Dial does each time.
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
		return nil, fmt.Errorf("address %q: the name %q has no address: %w", a, host, err)
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
