//go:build unix

package eventloop

import (
	"sync"

	"socketbench/patterns/reactor"
)

// Loans is what a loop with workers adds to loop: connections are lent. Each belongs to the loop
// or to the worker that serves it, never to both. One-shot interest sees to it that one which is
// lent is not reported again; the worker arms it when it is done.
type Loans struct {
	mu       sync.Mutex
	returned []loan // what cannot be armed again
}

// loan is a connection that its worker has brought to an end.
type loan struct {
	c   *Conn
	end Phase
	err error
}

// Borrow takes c for a worker. It reports false where a worker has c already: an event is a hint.
func (l *Loop) Borrow(c *Conn) bool { return c.lent.CompareAndSwap(false, true) }

// GiveBack is called by the worker that has served c. Where the connection goes on, the loop need
// not hear of it: it is armed, and the next event is the loop's. Otherwise the loop is to end it.
func (l *Loop) GiveBack(c *Conn, end Phase, err error) {
	if end == Serving && err != nil {
		end = Lost
	}
	if end == Serving {
		fd, want := c.FD, reactor.Readable|reactor.Once
		if c.Kept != nil {
			want = reactor.Writable | reactor.Once
		}
		c.lent.Store(false)
		l.Poller.Modify(fd, want) // fails only where a draining loop has closed it already
		// A loop that has just been told to stop may have passed this connection over while it was
		// lent: then the connection has to be ended here.
		if l.Stop.Err() == nil || !l.Borrow(c) {
			return
		}
		end = HangingUp
	}
	l.Loans.mu.Lock()
	l.Loans.returned = append(l.Loans.returned, loan{c, end, err})
	l.Loans.mu.Unlock()
	l.Poller.Wake()
}

// TakeBack ends the connections that were given back for that.
func (l *Loop) TakeBack() {
	l.Loans.mu.Lock()
	returned := l.Loans.returned
	l.Loans.returned = nil
	l.Loans.mu.Unlock()
	for _, r := range returned {
		switch r.end {
		case Finished:
			l.Finish(r.c, r.err)
		case HangingUp:
			l.HangUp(r.c, r.err)
		default:
			l.Lose(r.c, r.err)
		}
		l.watch(r.c)
	}
}

// Tend goes on with a connection that is ending, and is the loop's alone.
func (l *Loop) Tend(c *Conn) {
	if c.Kept != nil {
		l.Flush(c)
	} else {
		l.Discard(c)
	}
	l.watch(c)
}
