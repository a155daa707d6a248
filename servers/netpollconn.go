//go:build linux

package servers

import (
	"context"
	"errors"
	"net"
	"sync"
	"time"

	"github.com/cloudwego/netpoll"
	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
)

// netpollListener is the listener of the Netpoll design. The library's own closes its descriptor
// twice, and the second time the number may be another connection's.
type netpollListener struct {
	*listen.Raw
	addr   net.Addr
	mu     sync.Mutex // of closed: out of descriptors, the library still asks after the end
	closed bool
}

func newNetpollListener(ln net.Listener) (netpoll.Listener, error) {
	addr := ln.Addr()
	raw, err := listen.Detach(ln)
	if err != nil {
		return nil, err
	}
	return &netpollListener{Raw: raw, addr: addr}, nil
}

// Accept returns nothing and no error where nobody waits, as the library expects.
func (l *netpollListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return nil, net.ErrClosed
	}
	fd, err := l.Raw.Accept()
	switch {
	case errors.Is(err, unix.EAGAIN):
		return nil, nil
	case err != nil:
		return nil, err
	}
	return netpollSocket{fd: fd, addr: l.addr}, nil
}

func (l *netpollListener) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.Raw.Close()
	return nil
}

func (l *netpollListener) Addr() net.Addr { return l.addr }
func (l *netpollListener) Fd() int        { return l.FD }

// netpollSocket is what the library takes over: the descriptor, and whose it is.
type netpollSocket struct {
	net.Conn // none: the library reads, writes and closes the descriptor itself
	fd       int
	addr     net.Addr
}

func (c netpollSocket) Fd() int              { return c.fd }
func (c netpollSocket) LocalAddr() net.Addr  { return c.addr }
func (c netpollSocket) RemoteAddr() net.Addr { return c.addr } // nobody asks

// netpollLook is how often the library looks for connections that are left, too.
const netpollLook = 50 * time.Millisecond

// shutdown ends the loop. The library counts a connection for ever that ended while it was
// accepted, and would wait for it until the deadline; twice in a row without one, by our count, is
// the end.
func (s *Netpoll) shutdown(loop netpoll.EventLoop) error {
	patience, cancel := context.WithTimeout(s.work, s.cfg.DrainTimeout)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- loop.Shutdown(patience) }()
	look := time.NewTicker(netpollLook)
	defer look.Stop()
	for alone := 0; ; {
		select {
		case err := <-ended:
			return err
		case <-look.C:
			if alone++; s.open.Load() > 0 {
				alone = 0
			}
			if alone == 2 {
				cancel()
			}
		}
	}
}
