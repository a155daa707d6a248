//go:build linux

// netpoll: the library github.com/cloudwego/netpoll, as its users would write it.
//
// How it waits. The library's pollers wait in epoll and read for everybody; what came is handed to
// a handler on a goroutine from a pool.
//
// What it costs. An idle connection has no goroutine, as in an event loop; a request costs a
// wake-up of a goroutine, as in dispatch. A handler may block. There is one poller for every twenty
// CPUs. Measured: 11.8 µs of CPU a request with one client, 5.1 with 64; 3.3 KiB for a silent
// connection.
//
// Where it breaks. At the end of a connection. When a peer has sent everything and half-closes, the
// library takes that for the end of both directions: a reply that is not written yet is lost, and
// an unfinished last line is never answered. What was told to stop is closed, not drained.
//
// Watch for. A reader's slice belongs to the library until Release. Shutdown makes Serve return at
// once, before the connections have ended, and must be waited for. And the library's own listener
// closes its descriptor twice, the second time perhaps another connection's: hence one of ours.

package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/cloudwego/netpoll"
	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/servers/upper"
)

// Netpoll serves with the library of that name.
type Netpoll struct {
	cfg  Config
	work context.Context // of what clients ask for: ends when they are cut off
	open atomic.Int64
}

// NewNetpoll returns the design under cfg. The library's pollers are the process's and stay.
func NewNetpoll(cfg Config) Server {
	netpoll.Initialize()
	return &Netpoll{cfg: cfg.WithDefaults()}
}

// Serve gives the listener to the library's event loop.
func (s *Netpoll) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	var cut context.CancelFunc
	s.work, cut = context.WithCancel(context.WithoutCancel(ctx))
	defer cut()
	listener, err := netpollListen(ln)
	if err != nil {
		return err
	}
	// endregion
	// region dispatch
	loop, err := netpoll.NewEventLoop(s.answer, netpoll.WithOnConnect(s.connect))
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	// endregion
	// region drain
	ended := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() { ended <- s.shutdown(loop) })
	if err := loop.Serve(listener); stop() {
		return err // it failed by itself
	}
	if <-ended != nil && s.open.Load() > 0 {
		return fmt.Errorf("netpoll: %d connections cut off before their replies were written",
			s.open.Load())
	}
	return nil
	// endregion
}

// netpollConn is what the handler keeps of a connection between two calls, in its context.
type netpollConn struct {
	session       upper.Session
	read, written int64
}

type netpollKey struct{}

func (s *Netpoll) connect(ctx context.Context, conn netpoll.Connection) context.Context {
	// region accept
	c := &netpollConn{session: s.cfg.Protocol.NewSession()}
	s.open.Add(1)
	conn.AddCloseCallback(func(netpoll.Connection) error { // OnDisconnect is the peer's end only
		s.cfg.Tally.End(c.read, c.written)
		s.open.Add(-1)
		return nil
	})
	return context.WithValue(ctx, netpollKey{}, c)
	// endregion
}

// answer is called when bytes have come. The library calls it for one connection once at a time.
func (s *Netpoll) answer(ctx context.Context, conn netpoll.Connection) error {
	// region read
	c := ctx.Value(netpollKey{}).(*netpollConn)
	in, err := conn.Reader().Next(conn.Reader().Len())
	if err != nil {
		return err
	}
	c.read += int64(len(in))
	// endregion
	// region reply
	out := s.cfg.Protocol.Scratch(in)
	for n := 0; len(in) > 0 && err == nil; in = in[n:] {
		out, n, err = c.session.Feed(s.work, out[:0], in)
		c.written += int64(len(out))
		_, unsent := conn.Writer().WriteBinary(out)
		err = errors.Join(unsent, conn.Writer().Flush(), err)
	}
	// endregion
	if err != nil {
		if conn.IsActive() { // else the peer has ended it, which is no fault
			s.cfg.Fault(err)
		}
		return errors.Join(err, conn.Close())
	}
	return conn.Reader().Release()
}

// netpollListener is the listener of the Netpoll design. The library's own closes its descriptor
// twice, and the second time the number may be another connection's.
type netpollListener struct {
	*listen.Raw
	addr   net.Addr
	mu     sync.Mutex // of closed: out of descriptors, the library still asks after the end
	closed bool
}

func netpollListen(ln net.Listener) (netpoll.Listener, error) {
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
