//go:build unix

// poll: one goroutine hands the kernel the list of all connections and gets it back with marks.
//
// How it waits. The loop waits in poll(2), for the listener and all connections at once. Each
// call copies the whole list into the kernel and back, and the kernel asks every socket on it.
// Nothing is remembered between two calls.
//
// What it costs. Every wait costs O(connections), in the kernel and again here, where the marks
// are searched for. When most connections are busy, many requests share one wait. Measured with
// 32 connections, a request costs more CPU than in epoll, but less than twice as much; 10,000
// idle ones make it several times as expensive as none.
//
// Where it breaks. It is slow with many idle clients; epoll was made for them. Descriptor numbers
// have no limit, which is why poll replaced select.
//
// Watch for. The list is an array: removing a connection must fill the gap, so the position of
// each descriptor must be known. poll reports POLLHUP and POLLERR even if they were not asked
// for; a loop that ignores them spins.

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

// Poll is a single reactor on poll(2).
type Poll struct{ cfg Config }

// NewPoll returns the design under cfg.
func NewPoll(cfg Config) Server { return &Poll{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Poll) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go Detach
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	l, err := eventloop.New(ctx, s.cfg, reactor.NewPoll, raw)
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

// region dispatch: patterns/reactor/poll.go poll.Wait
// region accept: servers/eventloop/loop.go
// region accept: patterns/reactor/poll.go poll.Add poll.Forget

// answer reads once and answers what it has read.
func (s *Poll) answer(l *eventloop.Loop, c *eventloop.Conn) {
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
