//go:build unix

package servers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/reactor"
)

// loop is what the event loops have in common and what no design is about: the connections of one
// loop by descriptor, replies that a socket had no room for, and how connections end. Who waits,
// what is read when, and when a reply is written is in each design. It belongs to one goroutine.
type loop struct {
	cfg    Config
	ln     *listen.Raw // nil where another goroutine accepts
	poller reactor.Poller
	stop   context.Context // ends when the server is told to stop
	work   context.Context // of what clients ask for: ends when they are cut off
	in     []byte          // one read, shared: between two events no connection holds a buffer
	out    []byte          // its replies

	conns     []*loopConn // by descriptor
	open      int         // how many there are
	lingering []loopLinger
	resume    time.Time // when to accept again; zero: accepting
	pause     time.Duration
	draining  bool
	lent      *loopLent // to workers, by designs that have them
	edge      bool      // connections are watched for every change: nothing is modified
	cut       int       // connections cut off before their replies were written
	failed    error     // what ended the loop
	release   []func() bool
}

type loopLinger struct {
	c     *loopConn
	until time.Time
}

const (
	loopAccepts  = 64 // connections accepted at a turn
	loopPause    = 5 * time.Millisecond
	loopMaxPause = 320 * time.Millisecond
)

// newLoop takes over ln, also on error, and opens a poller; free gives both back, and whatever
// connection is left. ln is nil where another goroutine accepts.
func newLoop(
	stop context.Context, cfg Config, open func() (reactor.Poller, error), ln *listen.Raw,
) (*loop, error) {
	poller, err := open()
	if err != nil {
		if ln != nil {
			ln.Close()
		}
		return nil, err
	}
	l := &loop{cfg: cfg, ln: ln, poller: poller, stop: stop, pause: loopPause}
	l.in = make([]byte, cfg.ReadSize)
	l.out = cfg.Protocol.Scratch(l.in)
	work, cut := context.WithCancel(context.WithoutCancel(stop))
	timer := time.AfterFunc(math.MaxInt64, cut)
	l.work = work
	l.release = []func() bool{
		context.AfterFunc(stop, func() { timer.Reset(cfg.DrainTimeout); poller.Wake() }),
		context.AfterFunc(work, poller.Wake),
		timer.Stop,
	}
	if ln != nil {
		l.fail(poller.Add(ln.FD, reactor.Readable))
	}
	return l, nil
}

// turn does what is due and reports whether there is anything left to wait for.
func (l *loop) turn() bool {
	if l.stop.Err() != nil && !l.draining {
		l.drain()
	}
	if l.draining && l.open > 0 && l.work.Err() != nil {
		l.cutOff()
	}
	if len(l.lingering) > 0 || !l.resume.IsZero() {
		l.due(time.Now())
	}
	return l.failed == nil && (l.open > 0 || !l.draining)
}

// due ends what has lingered long enough and accepts again after a pause.
func (l *loop) due(now time.Time) {
	for len(l.lingering) > 0 && (l.lingering[0].c.fd < 0 || !now.Before(l.lingering[0].until)) {
		l.close(l.lingering[0].c)
		l.lingering = l.lingering[1:]
	}
	if !l.resume.IsZero() && !now.Before(l.resume) {
		l.resume = time.Time{}
		l.fail(l.poller.Modify(l.ln.FD, reactor.Readable))
	}
}

// patience is how long the loop may wait before something is due; negative: for ever.
func (l *loop) patience() time.Duration {
	next := l.resume
	if len(l.lingering) > 0 && (next.IsZero() || l.lingering[0].until.Before(next)) {
		next = l.lingering[0].until
	}
	if next.IsZero() {
		return -1
	}
	return max(time.Until(next), 0)
}

// accept takes the connections that wait, but not all at once: those that are served have their
// turn.
func (l *loop) accept() {
	// region accept
	for range loopAccepts {
		fd, ok := l.next()
		if !ok {
			return
		}
		l.add(fd)
	}
	// endregion
}

// next accepts a connection. Where there is no descriptor to be had, the listener is left alone for
// a while, as its readiness would only say the same again and again.
func (l *loop) next() (fd int, ok bool) {
	fd, err := l.ln.Accept()
	switch {
	case err == nil:
		l.pause = loopPause
		return fd, true
	case err == unix.EAGAIN:
	case listen.Exhausted(err):
		l.cfg.fault(fmt.Errorf("servers: accepting again in %v: %w", l.pause, err))
		l.resume = time.Now().Add(l.pause)
		l.pause = min(2*l.pause, loopMaxPause)
		l.fail(l.poller.Modify(l.ln.FD, 0))
	default:
		l.fail(fmt.Errorf("servers: accept: %w", err))
	}
	return -1, false
}

// add begins to serve fd.
func (l *loop) add(fd int) {
	want := reactor.Readable
	if l.edge {
		want |= reactor.Writable | reactor.Edge
	}
	if l.lent != nil {
		want |= reactor.Once
	}
	if err := l.poller.Add(fd, want); err != nil {
		l.cfg.fault(err)
		unix.Close(fd)
		return
	}
	for fd >= len(l.conns) {
		l.conns = append(l.conns, nil)
	}
	c := &loopConn{fd: fd, session: l.cfg.Protocol.NewSession()}
	l.conns[fd] = c
	l.open++
	if l.draining { // it was on its way here
		l.hangUp(c, nil)
	}
}

// watch changes what is asked for: writing while there are replies to write, and only then.
func (l *loop) watch(c *loopConn) {
	switch {
	case l.edge, c.fd < 0:
	case c.out != nil:
		l.fail(l.poller.Modify(c.fd, reactor.Writable))
	default:
		l.fail(l.poller.Modify(c.fd, reactor.Readable))
	}
}

// conn returns the connection that has descriptor fd, or nil.
func (l *loop) conn(fd int) *loopConn {
	if fd >= len(l.conns) {
		return nil
	}
	return l.conns[fd]
}

// fail ends the loop unless err is nil.
func (l *loop) fail(err error) { l.failed = errors.Join(l.failed, err) }

// drain closes the listener and stops reading. What was read has been answered, so that each
// connection owes at most the replies it keeps.
func (l *loop) drain() {
	// region drain
	l.draining = true
	if l.ln != nil {
		l.poller.Forget(l.ln.FD)
		l.ln.Close()
		l.resume = time.Time{}
	}
	for _, c := range l.conns {
		if c != nil && c.end == loopServing && c.lent.CompareAndSwap(false, true) {
			l.hangUp(c, nil)
			if l.lent != nil {
				l.watch(c) // whatever a worker armed it for
			}
		}
	}
	// endregion
}

// cutOff closes what is still open when the time to drain is over.
func (l *loop) cutOff() {
	for _, c := range l.conns {
		if c == nil {
			continue
		}
		if c.end == loopServing && c.lent.Load() {
			continue // its worker knows that the work is cut off, and gives it back
		}
		if c.out != nil {
			l.cut++
		}
		l.close(c)
	}
}

// free gives back everything the loop holds and says how it went.
func (l *loop) free() error {
	for _, release := range l.release {
		release()
	}
	if l.lent != nil {
		l.takeBack()
	}
	l.cutOff() // after a failure there may be some left
	if l.ln != nil {
		l.ln.Close()
	}
	l.poller.Close()
	if l.cut > 0 {
		l.fail(&loopCut{l.cut, l.cfg.DrainTimeout})
	}
	return l.failed
}

// loopErrors is the error of a design with several loops.
func loopErrors(errs ...error) error {
	var all error
	var sum *loopCut
	for _, err := range errs {
		var cut *loopCut
		switch {
		case !errors.As(err, &cut):
			all = errors.Join(all, err)
		case sum == nil:
			sum = cut
		default:
			sum = &loopCut{sum.conns + cut.conns, cut.after}
		}
	}
	if sum != nil {
		all = errors.Join(all, sum)
	}
	return all
}

// loopCut is the error of a drain that took too long.
type loopCut struct {
	conns int
	after time.Duration
}

func (e *loopCut) Error() string {
	return fmt.Sprintf("servers: %d connections cut off before their replies were written, after %v",
		e.conns, e.after)
}
