package eventloop

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/proactor"
	"socketbench/servers/config"
)

// Ring is the life of an event loop that waits for completion, on io_uring. It belongs to the thread of its ring.
// The token of an operation is the descriptor of its connection.
type Ring struct {
	life[RingConn]
	ring      *proactor.Ring
	accepting bool
	cutOff    bool
}

// Tokens that are no descriptor.
const (
	acceptToken = 1<<32 + iota
	cancelToken
)

// RingEntries is how many operations are submitted at once; more are submitted in parts.
const RingEntries = 4096

// NewRing takes over ring and ln; Free gives both back, and whatever connection is left.
func NewRing(stop context.Context, cfg config.Config, ring *proactor.Ring, ln *listen.Raw) *Ring {
	l := &Ring{ring: ring, accepting: true}
	l.begin(stop, cfg, ln, ring.Wake)
	// Its queue is waited for by the kernel, which a descriptor that does not block would forbid.
	l.Fail(unix.SetNonblock(ln.FD, false))
	l.Fail(ring.Accept(ln.FD, acceptToken))
	return l
}

// Turn does what is due and reports whether there is anything left to wait for.
func (l *Ring) Turn() bool {
	if l.Stop.Err() != nil && !l.draining {
		l.drain()
	}
	if l.draining && !l.cutOff && l.Work.Err() != nil {
		l.cutOff = true
		for _, c := range l.conns {
			if c == nil {
				continue
			}
			if c.Out != nil {
				l.cut++
			}
			unix.Shutdown(c.FD, unix.SHUT_RDWR) // which ends the operation, which closes it
			c.Phase = Lost
		}
	}
	if len(l.lingering) > 0 || !l.resume.IsZero() {
		l.due(time.Now())
	}
	return l.failed == nil && (l.open > 0 || l.accepting || !l.draining)
}

// due ends what has lingered long enough and accepts again after a pause.
func (l *Ring) due(now time.Time) {
	l.overdue(now, func(c *RingConn) bool { return c.FD < 0 }, func(c *RingConn) {
		if c.FD >= 0 {
			c.over = true // where the receive has just completed, there is nothing to cancel
			l.Fail(l.ring.Cancel(uint64(c.FD), cancelToken))
		}
	})
	if l.resumes(now) {
		l.accepting = true
		l.Fail(l.ring.Accept(l.Listener.FD, acceptToken))
	}
}

// Of returns the connection that a completion is about, or nil.
func (l *Ring) Of(done proactor.Completion) *RingConn {
	if done.Token >= acceptToken {
		return nil
	}
	return l.Conn(int(done.Token))
}

// IsAccept reports whether a completion is about a new connection.
func (l *Ring) IsAccept(done proactor.Completion) bool { return done.Token == acceptToken }

// add begins to serve fd.
func (l *Ring) add(fd int) {
	// A unix socket has no such option.
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	c := &RingConn{FD: fd, Session: l.cfg.Protocol.NewSession()}
	c.Buffer = make([]byte, l.cfg.ReadSize)
	c.Reply = l.cfg.Protocol.Scratch(c.Buffer)
	l.enter(fd, c)
	l.pause = firstPause
	l.Next(c)
}

// Accepted begins to receive from a new connection.
func (l *Ring) Accepted(done proactor.Completion) {
	// region accept
	if done.Result >= 0 {
		l.add(done.Result)
	}
	if !done.More {
		l.ended(done.Err())
	}
	// endregion
}

// ended is called when accepting has ended: to be begun again, later where no descriptor is to be
// had.
func (l *Ring) ended(err error) {
	l.accepting = false
	switch {
	case l.draining:
		// Not before: an accept that the kernel has not seen yet would find whoever was given the
		// number of the descriptor next.
		l.Listener.Close()
	case err == nil, err == unix.EINTR, err == unix.ECONNABORTED:
		l.resume = time.Now()
	default:
		l.refused(err)
	}
}

// drain stops accepting and reading. Sends in progress are completed.
func (l *Ring) drain() {
	// region drain
	l.draining = true
	l.resume = time.Time{}
	if l.accepting {
		l.Fail(l.ring.Cancel(acceptToken, cancelToken))
	} else {
		l.Listener.Close()
	}
	for _, c := range l.conns {
		if c != nil && c.Out == nil && c.Phase == Serving {
			l.Fail(l.ring.Cancel(uint64(c.FD), cancelToken))
		}
	}
	// endregion
}

// Free gives back everything the loop holds and says how it went.
func (l *Ring) Free() error {
	l.stopClock()
	l.ring.Close()
	for _, c := range l.conns {
		if c != nil {
			l.close(c)
		}
	}
	l.Listener.Close()
	return l.over()
}
