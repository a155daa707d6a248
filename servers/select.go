//go:build unix

// select: one goroutine hands the kernel sets of bits, one bit a descriptor.
//
// How it waits. The loop waits in select(2), for the listener and all connections at once. One
// set of bits says which descriptors to read from, another which to write to. The kernel
// overwrites both with what is ready, so they are copied before each call and every bit is looked
// at after it.
//
// What it costs. Every wait costs O(highest descriptor), however few are watched; closing the
// others does not help. Measured with 32 connections, a request costs more CPU than in epoll, but
// less than twice as much.
//
// Where it breaks. It breaks at descriptor 1024: the type of the sets has FD_SETSIZE bits. Here a
// connection with a higher number is closed and reported; C programs that do not check write past
// the end of the set. The limit is on the number, not on the count: files and other sockets use
// numbers up too.
//
// Watch for. This is select(2), the system call; Go's select statement with deadlines is the
// design deadline. Python's select.select is this system call, and raises ValueError at the same
// number.

package servers

import (
	"context"
	"net"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/nonblock"
	"socketbench/patterns/reactor"
	"socketbench/servers/eventloop"
)

// Select is a single reactor on select(2).
type Select struct{ cfg Config }

// NewSelect returns the design under cfg.
func NewSelect(cfg Config) Server { return &Select{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Select) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go Detach
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	l, err := eventloop.New(ctx, s.cfg, reactor.NewSelect, raw)
	if err != nil {
		return err
	}
	// region dispatch
	for l.Turn() {
		events, err := l.Poller.Wait(l.Patience())
		l.Fail(err)
		for _, e := range events {
			switch c := l.Conn(e.FD); {
			case e.FD == raw.FD:
				l.Accept()
			case c == nil: // closed by an event before this one
			case c.Kept != nil:
				l.Flush(c)
			case c.Phase != eventloop.Serving:
				l.Discard(c)
			default:
				s.answer(l, c)
			}
		}
	}
	// endregion
	return l.Free()
}

// region dispatch: patterns/reactor/select.go selects.Wait
// region accept: servers/eventloop/loop.go
// region accept: patterns/reactor/select.go selects.Add selects.Forget

// answer reads once and answers what it has read.
func (s *Select) answer(l *eventloop.Loop, c *eventloop.Conn) {
	// region read
	n, err := nonblock.Read(c.FD, l.In)
	if err != nil {
		if err != unix.EAGAIN {
			l.Lose(c, err)
		}
		return
	}
	if n == 0 { // the peer has sent everything
		l.Out, err = c.Session.Close(l.Out[:0])
		if l.Write(c, l.Out) {
			l.Finish(c, err)
		}
		return
	}
	c.Read += int64(n)
	// endregion
	// region reply
	for in := l.In[:n]; len(in) > 0; in = in[n:] {
		l.Out, n, err = c.Session.Feed(l.Work, l.Out[:0], in)
		if !l.Write(c, l.Out) {
			return
		}
		if err != nil {
			l.HangUp(c, err)
			return
		}
	}
	// endregion
}

// region drain: servers/eventloop/loop.go
