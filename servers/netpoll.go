//go:build linux

// netpoll: the library github.com/cloudwego/netpoll, as its users would write it.
//
// How it waits. The library's pollers wait in epoll and read for all connections; a handler gets
// what they read, on a goroutine from a pool.
//
// What it costs. An idle connection has no goroutine, as in an event loop; a request costs a
// wake-up of a goroutine, as in dispatch. A handler may block. There is one poller for every
// twenty CPUs. Measured, a request costs about as much CPU as in goroutine; a silent connection
// takes 3.3 KiB.
//
// Where it breaks. It fails at the end of a connection. When a peer has sent everything and
// half-closes, the library takes that for the end of both directions: a reply that is not written
// yet is lost, and an unfinished last line is never answered. A server that is told to stop
// closes its connections and does not drain them.
//
// Watch for. A reader's slice belongs to the library until Release. Shutdown makes Serve return
// at once, before the connections have ended, so the caller must wait for Shutdown too. The
// library's own listener closes its descriptor twice, and by the second time the number may
// belong to another connection, so this file has a listener of its own.

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
	work context.Context // of the requests: ends when connections are cut off
	open atomic.Int64
}

// NewNetpoll returns the design under cfg. The library's pollers run until the process ends.
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

// netpollConn is the state of a connection between two calls of the handler, kept in its context.
type netpollConn struct {
	session       upper.Session
	read, written int64
}

type netpollKey struct{}

func (s *Netpoll) connect(ctx context.Context, conn netpoll.Connection) context.Context {
	// region accept
	c := &netpollConn{session: s.cfg.Protocol.NewSession()}
	s.open.Add(1)
	conn.AddCloseCallback(func(netpoll.Connection) error { // OnDisconnect would miss our own closes
		s.cfg.Tally.End(c.read, c.written)
		s.open.Add(-1)
		return nil
	})
	return context.WithValue(ctx, netpollKey{}, c)
	// endregion
}

// answer is called when bytes have arrived, and for one connection never twice at once.
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
		if conn.IsActive() { // otherwise the peer has closed it, which is no fault
			s.cfg.Fault(err)
		}
		return errors.Join(err, conn.Close())
	}
	return conn.Reader().Release()
}

// netpollListener replaces the library's own listener, which closes its descriptor twice. By the
// second time the number may belong to another connection.
type netpollListener struct {
	*listen.Raw
	addr   net.Addr
	mu     sync.Mutex // guards closed: if descriptors run out, the library accepts after the close
	closed bool
}

func netpollListen(ln net.Listener) (netpoll.Listener, error) {
	// region listen
	addr := ln.Addr()
	raw, err := listen.Detach(ln)
	if err != nil {
		return nil, err
	}
	return &netpollListener{Raw: raw, addr: addr}, nil
	// endregion
}

func (l *netpollListener) Addr() net.Addr { return l.addr }
func (l *netpollListener) Fd() int        { return l.FD }

// Accept returns neither a connection nor an error when no client waits, as the library expects.
func (l *netpollListener) Accept() (net.Conn, error) {
	// region accept
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
	// endregion
}

// netpollSocket is a new connection for the library, which takes over the descriptor.
type netpollSocket struct {
	net.Conn // nil: the library reads, writes and closes the descriptor itself
	fd       int
	addr     net.Addr
}

func (c netpollSocket) Fd() int              { return c.fd }
func (c netpollSocket) LocalAddr() net.Addr  { return c.addr }
func (c netpollSocket) RemoteAddr() net.Addr { return c.addr } // not used

func (l *netpollListener) Close() error {
	// region drain
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	l.Raw.Close()
	return nil
	// endregion
}

// netpollLook is how often shutdown looks for open connections; the library uses the same interval.
const netpollLook = 50 * time.Millisecond

// shutdown ends the loop. The library never forgets a connection that ended while it was being
// accepted, and would wait for it until the deadline. So shutdown counts connections itself, and
// stops waiting when it finds none twice in a row.
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
