//go:build unix

// thread: an operating system thread for every connection, blocked in the kernel.
//
// How it waits. In read(2), on a descriptor that blocks, on a goroutine locked to its thread. A Go
// connection would not do: on a locked thread too it waits in the runtime's poller.
//
// What it costs. A thread each, with two stacks, and for every request a switch of context by the
// kernel, where goroutines need a tenth of that. The code is the goroutine design's. Measured: 7.6
// µs of CPU a request with one client, 6.6 with 64, each with a switch, where goroutine has one
// for a hundred.
//
// Where it breaks. At 10,000 threads Go ends the program, so that 9,000 connections are served and
// the next ones wait. Python's threading module is this design.
//
// Watch for. Nothing wakes a blocked read but the peer, a signal or shutdown(2): closing the
// descriptor does not, and its number may be somebody else's when the read returns.

package servers

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/drain"
	"socketbench/patterns/limit"
	"socketbench/patterns/listen"
	"socketbench/servers/blocking"
)

// Thread serves each connection on a thread of its own.
type Thread struct{ cfg Config }

// NewThread returns the design under cfg.
func NewThread(cfg Config) Server { return &Thread{cfg.WithDefaults()} }

// Serve accepts, and starts a thread for each connection.
func (s *Thread) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	gate := limit.New(Traits{MaxConns: threadMost, Permits: true}.Capacity(s.cfg))
	gate.Enter(ctx) // the first permit is there
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		own, err := threadTake(conn, min(s.cfg.Linger, s.cfg.DrainTimeout/2))
		if err != nil {
			s.cfg.Fault(err)
			continue
		}
		open.Add(own)

		// region dispatch
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			defer gate.Leave()
			blocking.Talk(open, own, s.cfg)
		}()
		if gate.Enter(ctx) != nil { // for the next connection, as in limited
			break
		}
		// endregion
	}
	// endregion

	// region reply: servers/blocking/talk.go

	// region drain
	return open.Wait()
	// endregion
}

// threadConn is a connection whose calls block their thread.
type threadConn struct {
	net.Conn // closed: of use for its addresses only
	fd       int
	linger   time.Duration

	mu                       sync.Mutex
	calls                    int // in progress; the last one to return closes the descriptor
	reading, stopped, closed bool
}

// threadTake takes conn out of Go's poller.
func threadTake(conn net.Conn, linger time.Duration) (*threadConn, error) {
	defer conn.Close()
	fd, err := listen.Descriptor(conn)
	if err != nil {
		return nil, err
	}
	if err := unix.SetNonblock(fd, false); err != nil {
		unix.Close(fd)
		return nil, err
	}
	return &threadConn{Conn: conn, fd: fd, linger: linger}, nil
}

// call makes a system call that blocks, again where a signal has ended it.
func (c *threadConn) call(do func(int, []byte) (int, error), p []byte) (n int, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return 0, net.ErrClosed
	}
	c.calls++
	c.mu.Unlock()
	for n, err = do(c.fd, p); err == unix.EINTR; {
		n, err = do(c.fd, p)
	}
	c.mu.Lock()
	if c.calls--; c.calls == 0 && c.closed {
		unix.Close(c.fd)
	}
	return max(n, 0), err
}

// region read

// Read blocks in read(2). Told to stop it fails, and what comes nevertheless is discarded.
func (c *threadConn) Read(p []byte) (n int, err error) {
	c.mu.Lock()
	c.reading = !c.stopped
	defer c.mu.Unlock()
	for c.reading {
		c.mu.Unlock()
		n, err = c.call(unix.Read, p)
		c.mu.Lock()
		c.reading = c.stopped && n > 0
	}
	switch {
	case c.stopped:
		return 0, os.ErrDeadlineExceeded
	case n == 0 && err == nil:
		return 0, io.EOF
	}
	return n, err
}

// endregion

// Write blocks until all of p is written.
func (c *threadConn) Write(p []byte) (written int, err error) {
	for written < len(p) && err == nil {
		var n int
		n, err = c.call(unix.Write, p[written:])
		written += n
	}
	return written, err
}

// SetReadDeadline wakes a Read at t. One that is blocked when t is past owes nothing: its peer is
// told that this was all, and has until it answers with its own end, or the time to linger is over.
func (c *threadConn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if wait := time.Until(t); wait > 0 {
		c.stopped = false
		time.AfterFunc(wait, func() { c.shutdown(unix.SHUT_RD) })
	} else if c.stopped = true; c.reading {
		unix.Shutdown(c.fd, unix.SHUT_WR)
		time.AfterFunc(c.linger, func() { c.shutdown(unix.SHUT_RD) })
	}
	return nil
}

// CloseWrite tells the peer that this was all.
func (c *threadConn) CloseWrite() error { return c.shutdown(unix.SHUT_WR) }

func (c *threadConn) shutdown(how int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return unix.Shutdown(c.fd, how)
}

// Close wakes the threads that are blocked and closes when they have returned.
func (c *threadConn) Close() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.closed:
	case c.calls > 0:
		unix.Shutdown(c.fd, unix.SHUT_RDWR)
	default:
		unix.Close(c.fd)
	}
	c.closed = true
	return nil
}
