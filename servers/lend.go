//go:build unix

package servers

import (
	"sync"

	"socketbench/patterns/reactor"
)

// loopLent is what a loop with workers adds to loop: connections are lent. Each belongs to the loop
// or to the worker that serves it, never to both. One-shot interest sees to it that one which is
// lent is not reported again; the worker arms it when it is done.
type loopLent struct {
	mu       sync.Mutex
	returned []loopReturn // what cannot be armed again
}

// loopReturn is a connection that its worker has brought to an end.
type loopReturn struct {
	c   *loopConn
	end loopEnd
	err error
}

// borrow takes c for a worker. It reports false where c is not to be had: an event is a hint.
func (l *loop) borrow(c *loopConn) bool { return c.lent.CompareAndSwap(false, true) }

// giveBack is called by the worker that has served c. Where the connection goes on, the loop need
// not hear of it: it is armed, and the next event is the loop's. Otherwise the loop is to end it.
func (l *loop) giveBack(c *loopConn, end loopEnd, err error) {
	if end == loopServing && err != nil {
		end = loopLost
	}
	if end == loopServing {
		fd, want := c.fd, reactor.Readable|reactor.Once
		if c.out != nil {
			want = reactor.Writable | reactor.Once
		}
		c.lent.Store(false)
		l.poller.Modify(fd, want) // fails only where a draining loop has closed it already
		// A loop that has just been told to stop may have passed this connection over while it was
		// lent: one of both sees it.
		if l.stop.Err() == nil || !l.borrow(c) {
			return
		}
		end = loopHangingUp
	}
	l.lent.mu.Lock()
	l.lent.returned = append(l.lent.returned, loopReturn{c, end, err})
	l.lent.mu.Unlock()
	l.poller.Wake()
}

// takeBack ends the connections that were given back for that.
func (l *loop) takeBack() {
	l.lent.mu.Lock()
	returned := l.lent.returned
	l.lent.returned = nil
	l.lent.mu.Unlock()
	for _, r := range returned {
		switch r.end {
		case loopFinished:
			l.finish(r.c, r.err)
		case loopHangingUp:
			l.hangUp(r.c, r.err)
		default:
			l.lose(r.c, r.err)
		}
		l.watch(r.c)
	}
}

// tend goes on with a connection that is ending, and is the loop's alone.
func (l *loop) tend(c *loopConn) {
	if c.out != nil {
		l.flush(c)
	} else {
		l.discard(c)
	}
	l.watch(c)
}
