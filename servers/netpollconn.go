//go:build linux

package servers

import (
	"errors"
	"net"

	"github.com/cloudwego/netpoll"
	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
)

// netpollListener is the listener of the Netpoll design. The library's own closes its descriptor
// twice, and the second time the number may be another connection's.
type netpollListener struct {
	*listen.Raw
	addr net.Addr
}

func newNetpollListener(ln net.Listener) (netpoll.Listener, error) {
	addr := ln.Addr()
	raw, err := listen.Detach(ln)
	if err != nil {
		return nil, err
	}
	return netpollListener{raw, addr}, nil
}

// Accept returns nothing and no error where nobody waits, as the library expects.
func (l netpollListener) Accept() (net.Conn, error) {
	fd, err := l.Raw.Accept()
	switch {
	case errors.Is(err, unix.EAGAIN):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return netpollSocket{fd: fd, addr: l.addr}, nil
}

func (l netpollListener) Close() error   { l.Raw.Close(); return nil }
func (l netpollListener) Addr() net.Addr { return l.addr }
func (l netpollListener) Fd() int        { return l.FD }

// netpollSocket is what the library takes over: the descriptor, and whose it is.
type netpollSocket struct {
	net.Conn // none: the library reads, writes and closes the descriptor itself
	fd       int
	addr     net.Addr
}

func (c netpollSocket) Fd() int              { return c.fd }
func (c netpollSocket) LocalAddr() net.Addr  { return c.addr }
func (c netpollSocket) RemoteAddr() net.Addr { return c.addr } // nobody asks
