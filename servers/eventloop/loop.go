//go:build unix

package eventloop

import (
	"context"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/reactor"
	"socketbench/servers/config"
)

// Loop is an event loop that waits for readiness. It belongs to one goroutine.
type Loop struct {
	life[*Conn]
	Poller reactor.Poller
	In     []byte // the read buffer of all connections
	Out    []byte // the replies to what In holds
	Edge   bool   // edge-triggered: a connection is registered once and never modified
	Loans  *Loans // connections lent to workers; nil in designs without workers
}

// Accepts is the largest number of connections that are accepted at one turn.
const Accepts = 64

// New takes over ln, also on error, and opens a poller. Free closes both, and the connections that
// are left. ln is nil if another goroutine accepts.
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
	l.begin(l, stop, cfg, ln, poller.Wake)
	if ln != nil {
		l.Fail(poller.Add(ln.FD, reactor.Readable))
	}
	return l, nil
}

func (l *Loop) accept() { l.Fail(l.Poller.Modify(l.Listener.FD, reactor.Readable)) }

// Accept accepts the connections that wait, but at most [Accepts], so that the connections that are
// served have their turn.
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

// Add begins to serve a new connection.
func (l *Loop) Add(fd int) {
	// region accept
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
	c := new(Conn)
	l.enter(fd, c)
	if l.draining { // it was accepted before the drain began
		l.HangUp(c, nil)
	}
	// endregion
}

// Next accepts a connection. ok is false if none waits, or if none can be accepted for now.
func (l *Loop) Next() (fd int, ok bool) {
	if l.draining { // the event came before the drain
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

// watch asks the poller to report when c is writable, if replies are kept, and otherwise when it is
// readable.
func (l *Loop) watch(c *Conn) {
	switch {
	case l.Edge, c.FD < 0:
	case c.Kept != nil:
		l.Fail(l.Poller.Modify(c.FD, reactor.Writable))
	default:
		l.Fail(l.Poller.Modify(c.FD, reactor.Readable))
	}
}

// drain closes the listener and stops reading. All requests that were read have been answered, so
// a connection has no more to write than the replies it keeps.
func (l *Loop) drain() {
	// region drain
	if l.Listener != nil {
		// epoll reports a closed socket as long as another process has a copy of it.
		l.Poller.Modify(l.Listener.FD, 0)
		l.Poller.Forget(l.Listener.FD)
		l.Listener.Close()
	}
	for _, c := range l.conns {
		if c != nil && c.Phase == Serving && c.lent.CompareAndSwap(false, true) {
			l.HangUp(c, nil)
			if l.Loans != nil {
				l.watch(c) // a worker may have armed it for something else
			}
		}
	}
	// endregion
}

// cutOff closes the connections that are open when the time to drain is over.
func (l *Loop) cutOff() {
	for _, c := range l.conns {
		if c == nil {
			continue
		}
		if c.Phase == Serving && c.lent.Load() {
			continue // its worker sees that the work is cut off, and gives it back
		}
		if c.Kept != nil {
			l.cut++
		}
		l.close(c)
	}
}

// Free frees everything that the loop holds and returns why the loop ended.
func (l *Loop) Free() error {
	if l.Loans != nil {
		l.TakeBack()
	}
	l.cutOff() // after a failure, connections may be left
	err := l.over()
	l.Poller.Close()
	return err
}
