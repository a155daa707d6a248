//go:build linux

// uring: one goroutine tells the kernel what to do for each connection and is told when it is done.
//
// How it waits. The loop waits in io_uring_enter, for completions: a connection accepted, bytes
// received, bytes sent. Each connection has one operation in flight, a receive or a send, and the
// kernel waits in its place.
//
// What it costs. A request has no system call of its own: one io_uring_enter submits and collects
// for all connections that are ready. But every pending receive owns a buffer of 16 KiB, of which
// only the pages that were used take memory: half a KiB for a connection that was silent, 4.5 for
// one that was answered. Measured, a request costs as much CPU as in epoll.
//
// Where it breaks. It does not run if the kernel lacks or forbids io_uring: before Linux 6.1, in
// many containers, by sysctl. Serve then returns an error that says which. As in every loop, a
// handler that waits stops all clients.
//
// Watch for. The kernel owns the buffer until the completion, so neither the buffer nor the
// descriptor may be reused before. The ring belongs to one thread, and the goroutine is locked to
// it.

package servers

import (
	"context"
	"net"
	"runtime"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/proactor"
	"socketbench/servers/eventloop"
)

// Uring is a proactor on io_uring.
type Uring struct{ cfg Config }

// NewUring returns the design under cfg.
func NewUring(cfg Config) Server { return &Uring{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Uring) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go Detach
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	ring, err := proactor.New(eventloop.RingEntries)
	if err != nil {
		raw.Close()
		return err
	}
	l := eventloop.NewRing(ctx, s.cfg, ring, raw)
	// region dispatch
	for l.Turn() {
		completions, err := ring.Wait(l.Patience())
		l.Fail(err)
		for _, done := range completions {
			switch c := l.Of(done); {
			case l.IsAccept(done):
				l.Accepted(done)
			case c == nil: // a cancellation has completed
			case c.Out != nil:
				if l.Sent(c, done) {
					s.answer(l, c)
				}
			case c.Phase == eventloop.Lingering:
				l.Discarded(c, done)
			default:
				s.received(l, c, done)
			}
		}
	}
	// endregion
	return l.Free()
}

// region dispatch: patterns/proactor/ring_linux.go Ring.Wait
// region dispatch: patterns/proactor/ring_linux.go Ring.enter
// region accept: servers/eventloop/ring_linux.go

// received handles the completion of a receive.
func (s *Uring) received(l *eventloop.Ring, c *eventloop.RingConn, done proactor.Completion) {
	// region read
	err := done.Err()
	switch {
	case err == unix.EAGAIN || err == unix.EINTR:
		l.Receive(c)
		return
	case err == unix.ECANCELED: // the server was told to stop
		c.Reply = c.Reply[:0]
		l.HangUp(c, nil)
		return
	case err != nil:
		l.Lose(c, err)
		return
	}
	c.In = c.Buffer[:done.Result]
	c.Read += int64(len(c.In))
	if len(c.In) > 0 {
		s.answer(l, c)
		return
	}
	c.Reply, err = c.Session.Close(c.Reply[:0]) // the peer has sent everything
	l.Finish(c, err)
	// endregion
}

// answer sends the next reply, or receives again when none is left to send.
func (s *Uring) answer(l *eventloop.Ring, c *eventloop.RingConn) {
	// region reply
	for len(c.In) > 0 {
		reply, n, err := c.Session.Feed(l.Work, c.Reply[:0], c.In)
		c.Reply, c.In = reply, c.In[n:]
		if err != nil {
			c.In = nil
			l.HangUp(c, err)
			return
		}
		if len(reply) > 0 {
			l.Send(c, reply)
			return
		}
	}
	l.Next(c)
	// endregion
}

// region drain: servers/eventloop/ring_linux.go
