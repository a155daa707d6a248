//go:build linux

// epoll: one goroutine asks the kernel which connections are ready and serves only those.
//
// How it waits. The loop waits in epoll_wait, for the listener and all connections at once. A
// silent connection is an entry in a table of the kernel, which no call looks at. Events are
// level-triggered: as long as there is something to read the next wait reports it again, so one
// read a visit is enough.
//
// What it costs. A read and a write a request, and a share of one epoll_wait, which is smaller
// the more connections are ready at once. An idle connection is some 150 bytes: the read buffer
// belongs to the loop, and there is no goroutine, no stack and no switch for any connection.
// Measured, a request costs less CPU than in goroutine, and as much as in a loop in C.
//
// Where it breaks. Everything happens on one CPU, in turn: a handler that waits or computes for
// 10 ms stops all clients for 10 ms. The code is also inside out: what a blocking design keeps in
// a local variable must be kept in the connection until the next event.
//
// Watch for. First, a peer that does not read. The rest of a short write is kept, and until it is
// written the loop reads nothing more from that peer and asks only for write readiness; a loop
// that asks for it always wakes up without end. Second, an event is a hint: an earlier event of
// the same batch may have closed its connection.

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

// Epoll is a single reactor on epoll(7), level-triggered.
type Epoll struct{ cfg Config }

// NewEpoll returns the design under cfg.
func NewEpoll(cfg Config) Server { return &Epoll{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Epoll) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go Detach
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	l, err := eventloop.New(ctx, s.cfg, reactor.NewEpoll, raw)
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

// region dispatch: patterns/reactor/epoll_linux.go epoll.Wait
// region accept: servers/eventloop/loop.go
// region accept: patterns/reactor/epoll_linux.go epoll.Add epoll.control epoll.Forget

// answer reads once and answers what it has read.
func (s *Epoll) answer(l *eventloop.Loop, c *eventloop.Conn) {
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
