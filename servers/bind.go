package servers

import (
	"context"
	"fmt"
	"net"
	"strings"
)

// Address is where a server listens: tcp://host:port, unix:///path or udp://host:port.
type Address struct{ Network, Where string }

// ParseAddress reads an address as commands take it. A bare host:port is tcp.
func ParseAddress(s string) (Address, error) {
	network, where, ok := strings.Cut(s, "://")
	if !ok {
		network, where = "tcp", s
	}
	a := Address{network, where}
	switch network {
	case "tcp", "udp":
		if _, _, err := net.SplitHostPort(where); err != nil {
			return Address{}, fmt.Errorf(
				"servers: address %q: %w; write it as %s://127.0.0.1:9000", s, err, network)
		}
		return a, nil
	case "unix":
		if where != "" {
			return a, nil
		}
	}
	return Address{}, fmt.Errorf("servers: address %q is not understood; "+
		"use tcp://host:port, unix:///path or udp://host:port", s)
}

// AddressOf returns the address of something that is bound or connected.
func AddressOf(addr net.Addr) Address { return Address{addr.Network(), addr.String()} }

// String is the inverse of ParseAddress.
func (a Address) String() string { return a.Network + "://" + a.Where }

// Loopback reports whether only this machine can reach the address. A name other than localhost
// counts as beyond it, as what it stands for may change.
func (a Address) Loopback() bool {
	if a.Network == "unix" {
		return true
	}
	host, _, err := net.SplitHostPort(a.Where)
	ip := net.ParseIP(host)
	return err == nil && (host == "localhost" || ip != nil && ip.IsLoopback())
}

// Listen binds a stream address the way every server here is bound, so that no design owes anything
// to its listener: plain TCP, no keep-alive probes, the system's backlog.
func (a Address) Listen(ctx context.Context, t Traits) (net.Listener, error) {
	lc := net.ListenConfig{KeepAlive: -1}
	lc.SetMultipathTCP(false)
	if t.ReusePort {
		lc.Control = reusePort
	}
	return lc.Listen(ctx, a.Network, a.Where)
}
