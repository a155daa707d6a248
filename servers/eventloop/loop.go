//go:build unix

package eventloop

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/reactor"
	"socketbench/servers/config"
)

// Loop is the life of an event loop that waits for readiness. It belongs to one goroutine.
type Loop struct {
	life[Conn]
	Poller reactor.Poller
	In     []byte // one read, shared: between two events no connection holds a buffer
	Out    []byte // its replies
	Edge   bool   // connections are watched for every change: nothing is modified
	Loans  *Loans // to workers, by designs that have them
}

// Accepts is how many connections are accepted at a turn.
const Accepts = 64

// New takes over ln, also on error, and opens a poller; Free gives both back, and whatever connection is left. ln
// is nil where another goroutine accepts.
func New(
	stop context.Context, cfg config.Config, open func() (reactor.Poller, error), ln *listen.Raw,
) (*Loop, error) {
	poller, err := open()
	if err != nil {
		if ln != nil {
			ln.Close()
		}
		return nil, err
	}
	l := &Loop{Poller: poller, In: make([]byte, cfg.ReadSize)}
	l.Out = cfg.Protocol.Scratch(l.In)
	l.begin(stop, cfg, ln, poller.Wake)
	if ln != nil {
		l.Fail(poller.Add(ln.FD, reactor.Readable))
	}
	return l, nil
}

// Turn does what is due and reports whether there is anything left to wait for.
func (l *Loop) Turn() bool {
	if l.Stop.Err() != nil && !l.draining {
		l.drain()
	}
	if l.draining && l.open > 0 && l.Work.Err() != nil {
		l.cutOff()
	}
	if len(l.lingering) > 0 || !l.resume.IsZero() {
		l.due(time.Now())
	}
	return l.failed == nil && (l.open > 0 || !l.draining)
}

// due ends what has lingered long enough and accepts again after a pause.
func (l *Loop) due(now time.Time) {
	l.overdue(now, func(c *Conn) bool { return c.FD < 0 }, l.close)
	if l.resumes(now) {
		l.Fail(l.Poller.Modify(l.Listener.FD, reactor.Readable))
	}
}

// Accept takes the connections that wait, but not all at once: those that are served have their
// turn.
func (l *Loop) Accept() {
	// region accept
	for range Accepts {
		fd, ok := l.Next()
		if !ok {
			return
		}
		l.Add(fd)
	}
	// endregion
}

// Next accepts a connection; ok is false where none waits, or none can be had for now.
func (l *Loop) Next() (fd int, ok bool) {
	if l.draining { // an event from before
		return -1, false
	}
	fd, err := l.Listener.Accept()
	switch {
	case err == nil:
		l.pause = firstPause
		return fd, true
	case err == unix.EAGAIN:
	case l.refused(err):
		l.Fail(l.Poller.Modify(l.Listener.FD, 0))
	}
	return -1, false
}

// Add begins to serve fd.
func (l *Loop) Add(fd int) {
	want := reactor.Readable
	if l.Edge {
		want |= reactor.Writable | reactor.Edge
	}
	if l.Loans != nil {
		want |= reactor.Once
	}
	if err := l.Poller.Add(fd, want); err != nil {
		l.cfg.Fault(err)
		unix.Close(fd)
		return
	}
	c := &Conn{FD: fd, Session: l.cfg.Protocol.NewSession()}
	l.enter(fd, c)
	if l.draining { // it was on its way here
		l.HangUp(c, nil)
	}
}

// watch changes what is asked for: writing while there are replies to write, and only then.
func (l *Loop) watch(c *Conn) {
	switch {
	case l.Edge, c.FD < 0:
	case c.Kept != nil:
		l.Fail(l.Poller.Modify(c.FD, reactor.Writable))
	default:
		l.Fail(l.Poller.Modify(c.FD, reactor.Readable))
	}
}

// drain closes the listener and stops reading. What was read has been answered, so that each
// connection owes at most the replies it keeps.
func (l *Loop) drain() {
	// region drain
	l.draining = true
	if l.Listener != nil {
		// epoll reports a closed socket for as long as another process has a copy of it.
		l.Poller.Modify(l.Listener.FD, 0)
		l.Poller.Forget(l.Listener.FD)
		l.Listener.Close()
		l.resume = time.Time{}
	}
	for _, c := range l.conns {
		if c != nil && c.Phase == Serving && c.lent.CompareAndSwap(false, true) {
			l.HangUp(c, nil)
			if l.Loans != nil {
				l.watch(c) // whatever a worker armed it for
			}
		}
	}
	// endregion
}

// cutOff closes what is still open when the time to drain is over.
func (l *Loop) cutOff() {
	for _, c := range l.conns {
		if c == nil {
			continue
		}
		if c.Phase == Serving && c.lent.Load() {
			continue // its worker knows that the work is cut off, and gives it back
		}
		if c.Kept != nil {
			l.cut++
		}
		l.close(c)
	}
}

// Free gives back everything the loop holds and says how it went.
func (l *Loop) Free() error {
	l.stopClock()
	if l.Loans != nil {
		l.TakeBack()
	}
	l.cutOff() // after a failure there may be some left
	if l.Listener != nil {
		l.Listener.Close()
	}
	l.Poller.Close()
	return l.over()
}
