//go:build linux

// epolledge: one goroutine is told when a connection changes, and remembers the rest itself.
//
// How it waits. The loop waits in epoll_wait, edge-triggered: an event comes when bytes arrive,
// not as long as unread bytes are there. A connection is registered once, for reading and
// writing, and never modified.
//
// What it costs. As epoll, less two epoll_ctl for every short write. A read that leaves room in
// the buffer means EAGAIN, unless the peer has ended. Measured, a request costs as much CPU as in
// epoll.
//
// Where it breaks. A client that floods would stop all others: a loop that reads one connection
// until EAGAIN serves no other. So each connection has a budget of reads and then queues again.
// Level-triggered epoll needs no queue.
//
// Watch for. An edge can be lost: input that comes while replies are pending is announced only
// once, so the loop must read after a flush. A test that sends one message at a time never sees
// the fault.

package servers

import (
	"context"
	"net"
	"slices"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/nonblock"
	"socketbench/patterns/reactor"
	"socketbench/servers/eventloop"
)

// Epolledge is a single reactor on epoll(7), edge-triggered.
type Epolledge struct{ cfg Config }

// NewEpolledge returns the design under cfg.
func NewEpolledge(cfg Config) Server { return &Epolledge{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Epolledge) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go Detach
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	l, err := eventloop.New(ctx, s.cfg, reactor.NewEpoll, raw)
	if err != nil {
		return err
	}
	l.Edge = true
	var queue []*eventloop.Conn // the connections to visit
	// region dispatch
	for l.Turn() {
		patience := l.Patience()
		if len(queue) > 0 {
			patience = 0 // some connections have used up their budget
		}
		events, err := l.Poller.Wait(patience)
		l.Fail(err)
		for _, e := range events {
			if c := l.Conn(e.FD); e.FD == raw.FD {
				l.Accept()
			} else if c != nil {
				c.Ended = c.Ended || e.Ready&reactor.Ended != 0
				if !c.Queued {
					c.Queued, queue = true, append(queue, c)
				}
			}
		}
		queue = slices.DeleteFunc(queue, func(c *eventloop.Conn) bool {
			c.Queued = s.visit(l, c)
			return !c.Queued
		})
	}
	// endregion
	return l.Free()
}

// region dispatch: patterns/reactor/epoll_linux.go epoll.Wait
// region accept: servers/eventloop/loop.go
// region accept: patterns/reactor/epoll_linux.go epoll.Add epoll.control epoll.Forget

// visit serves c within its budget, and reports whether there may be more to do.
func (s *Epolledge) visit(l *eventloop.Loop, c *eventloop.Conn) (more bool) {
	if c.Kept != nil {
		l.Flush(c)
	}
	more = true
	for budget := 4; more && budget > 0 && c.FD >= 0 && c.Kept == nil; budget-- {
		if c.Phase == eventloop.Lingering {
			more = l.Discard(c)
		} else {
			more = s.answer(l, c) || c.Ended || c.Phase == eventloop.Lingering
		}
	}
	return more && c.FD >= 0 && c.Kept == nil // false: closed, or waiting for room to write
}

// answer reads once and answers what it has read. If the read filled the buffer, input may be left.
func (s *Epolledge) answer(l *eventloop.Loop, c *eventloop.Conn) (filled bool) {
	// region read
	n, err := nonblock.Read(c.FD, l.In)
	if err != nil {
		if err != unix.EAGAIN {
			l.Lose(c, err)
		}
		return false
	}
	if n == 0 { // the peer has sent everything
		l.Out, err = c.Session.Close(l.Out[:0])
		if l.Write(c, l.Out) {
			l.Finish(c, err)
		}
		return false
	}
	c.Read += int64(n)
	filled = n == len(l.In)
	// endregion
	// region reply
	for in := l.In[:n]; len(in) > 0; in = in[n:] {
		l.Out, n, err = c.Session.Feed(l.Work, l.Out[:0], in)
		if !l.Write(c, l.Out) {
			return false
		}
		if err != nil {
			l.HangUp(c, err)
			return false
		}
	}
	// endregion
	return filled
}

// region drain: servers/eventloop/loop.go
