//go:build unix

// thread: an operating system thread for every connection, blocked in the kernel.
//
// How it waits. Each goroutine is locked to its thread and waits in read(2), on a blocking
// descriptor. A connection of package net would not do: even on a locked thread its Read waits in
// the runtime's poller.
//
// What it costs. A thread for every connection, with two stacks, and for every request a context
// switch by the kernel, where goroutine has one for many requests when clients are busy. The rest
// is as in goroutine. Measured with clients that pause, a request costs more CPU than in
// goroutine.
//
// Where it breaks. Go ends a program that has 10,000 threads, so this design serves 9,000
// connections and the next ones wait. Python's threading module is this design.
//
// Watch for. Only the peer, a signal or shutdown(2) ends a blocked read. Closing the descriptor
// does not, and by the time the read returns another file may have its number.

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
	gate.Enter(ctx) // does not block: all permits are free
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
			runtime.LockOSThread() // never unlocked, so that the thread ends with the goroutine
			defer gate.Leave()
			blocking.Talk(open, own, s.cfg)
		}()
		if gate.Enter(ctx) != nil { // for the next connection, as in limited
			break
		}
		// endregion
	}
	// endregion

	// region read: servers/blocking/talk.go
	// region reply: servers/blocking/talk.go

	// region drain
	return open.Wait()
	// endregion
}

// threadConn is a connection whose calls block their thread.
type threadConn struct {
	net.Conn // closed; only its addresses are used
	fd       int
	linger   time.Duration

	mu                       sync.Mutex
	calls                    int // in progress; after Close, the last one to return closes fd
	reading, stopped, closed bool
}

// threadTake takes the descriptor of conn out of Go's poller and makes it blocking.
func threadTake(conn net.Conn, linger time.Duration) (*threadConn, error) {
	// region accept
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
	// endregion
}

// call makes a blocking system call, and repeats it if a signal ended it.
func (c *threadConn) call(do func(int, []byte) (int, error), p []byte) (n int, err error) {
	// region read
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
	// endregion
}

// Read blocks in read(2). When the server is told to stop it discards further input and fails.
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

// Write blocks until all of p is written.
func (c *threadConn) Write(p []byte) (written int, err error) {
	// region reply
	for written < len(p) && err == nil {
		var n int
		n, err = c.call(unix.Write, p[written:])
		written += n
	}
	return written, err
	// endregion
}

// SetReadDeadline wakes a Read at t. If t is past and a Read is blocked, the connection owes no
// reply: the peer sees the end of the stream, and has the linger time to end its own side.
func (c *threadConn) SetReadDeadline(t time.Time) error {
	// region drain
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
	// endregion
}

// CloseWrite shows the peer the end of the stream.
func (c *threadConn) CloseWrite() error { return c.shutdown(unix.SHUT_WR) }

func (c *threadConn) shutdown(how int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return net.ErrClosed
	}
	return unix.Shutdown(c.fd, how)
}

// Close wakes blocked threads; the last one to return closes the descriptor.
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
