//go:build unix

package eventloop

import (
	"sync"

	"socketbench/patterns/reactor"
)

// Loans is the state of a loop that lends connections to workers. A connection belongs to the loop
// or to the worker that serves it, never to both. With one-shot interest the poller does not report
// a lent connection again before its worker has rearmed it.
type Loans struct {
	mu       sync.Mutex
	returned []loan // connections for the loop to end
}

// loan is a connection that its worker has brought to an end.
type loan struct {
	c   *Conn
	end Phase
	err error
}

// Borrow takes c for a worker. It reports false if a worker has c already: an event is only a hint.
func (l *Loop) Borrow(c *Conn) bool { return c.lent.CompareAndSwap(false, true) }

// GiveBack is called by the worker that has served c. If the connection continues, GiveBack rearms
// it without telling the loop, which gets its next event. Otherwise the loop must end it.
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
		l.Poller.Modify(fd, want) // fails only if a draining loop has closed it already
		// A loop that begins to drain skips connections that are lent, so that this one must be
		// ended now.
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

// TakeBack ends the connections that workers gave back to be ended.
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

// Tend serves an event of a connection that is ending. Such a connection belongs to the loop.
func (l *Loop) Tend(c *Conn) {
	if c.Kept != nil {
		l.Flush(c)
	} else {
		l.Discard(c)
	}
	l.watch(c)
}
