//go:build linux

// epolledge: one goroutine is told when a connection changes, and remembers the rest itself.
//
// How it waits. In epoll_wait, edge-triggered: an event comes when something arrives, not while
// something is there. A connection is registered once, for reading and writing, and never modified.
//
// What it costs. As epoll, less two epoll_ctl for every short write. A short read is as good as
// EAGAIN unless the peer ended. Measured: 7.6 µs of CPU a request with one client, 5.0 with 64.
//
// Where it breaks. At the flooding client: who reads one connection until EAGAIN serves nobody
// else. So each has a budget and then queues, which level-triggered epoll does for nothing.
//
// Watch for. The lost edge: input that came while replies were pending was announced only once, so
// the end of a flush must read. A test that sends one message at a time never sees it.

package servers

import (
	"context"
	"net"
	"slices"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/nonblock"
	"socketbench/patterns/reactor"
)

// Epolledge is a single reactor on epoll(7), edge-triggered.
type Epolledge struct{ cfg Config }

// NewEpolledge returns the design under cfg.
func NewEpolledge(cfg Config) Server { return &Epolledge{cfg.WithDefaults()} }

// Serve loops until it was told to stop and every connection has been answered.
func (s *Epolledge) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	l, err := newLoop(ctx, s.cfg, reactor.NewEpoll, raw)
	if err != nil {
		return err
	}
	l.edge = true
	var queue []*loopConn // those to visit
	// region dispatch
	for l.turn() {
		patience := l.patience()
		if len(queue) > 0 {
			patience = 0 // some have used up their budget
		}
		events, err := l.poller.Wait(patience)
		l.fail(err)
		for _, e := range events {
			if c := l.conn(e.FD); e.FD == raw.FD {
				l.accept()
			} else if c != nil {
				c.ended = c.ended || e.Ready&reactor.Ended != 0
				if !c.queued {
					c.queued, queue = true, append(queue, c)
				}
			}
		}
		queue = slices.DeleteFunc(queue, func(c *loopConn) bool {
			c.queued = s.visit(l, c)
			return !c.queued
		})
	}
	// endregion
	return l.free()
}

// region accept: servers/loop.go

// visit does what c is ready for, within its budget, and reports whether there may be more to do.
func (s *Epolledge) visit(l *loop, c *loopConn) (more bool) {
	if c.out != nil {
		l.flush(c)
	}
	more = true
	for budget := 4; more && budget > 0 && c.fd >= 0 && c.out == nil; budget-- {
		if c.end == loopLingering {
			more = l.discard(c)
		} else {
			more = s.answer(l, c) || c.ended || c.end == loopLingering
		}
	}
	return more && c.fd >= 0 && c.out == nil // gone, or to be continued when there is room
}

// answer reads once and answers what came. A read that was filled may have left something.
func (s *Epolledge) answer(l *loop, c *loopConn) (filled bool) {
	// region read
	n, err := nonblock.Read(c.fd, l.in)
	if err != nil {
		if err != unix.EAGAIN {
			l.lose(c, err)
		}
		return false
	}
	if n == 0 { // the peer has sent everything
		l.out, err = c.session.Close(l.out[:0])
		if l.write(c, l.out) {
			l.finish(c, err)
		}
		return false
	}
	c.read += int64(n)
	filled = n == len(l.in)
	// endregion
	// region reply
	for in := l.in[:n]; len(in) > 0; in = in[n:] {
		l.out, n, err = c.session.Feed(l.work, l.out[:0], in)
		if !l.write(c, l.out) {
			return false
		}
		if err != nil {
			l.hangUp(c, err)
			return false
		}
	}
	// endregion
	return filled
}

// region drain: servers/loop.go
