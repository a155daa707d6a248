//go:build unix

package servers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/reactor"
	"socketbench/servers/upper"
)

// loop is what the event loops have in common and what no design is about: the connections of one loop
// by descriptor, replies that a socket had no room for, and how connections end. Who waits, what is read
// when, and when a reply is written is in each design. It belongs to one goroutine.
type loop struct {
	cfg    Config
	ln     *listen.Raw // nil where another goroutine accepts
	poller reactor.Poller
	stop   context.Context // ends when the server is told to stop
	work   context.Context // of what clients ask for: ends when they are cut off
	in     []byte          // one read, shared by all connections: between two events none holds a buffer
	out    []byte          // its replies

	conns     []*loopConn // by descriptor
	open      int         // how many there are
	lingering []loopLinger
	resume    time.Time // when to accept again; zero: accepting
	pause     time.Duration
	draining  bool
	lent      *loopLent // to workers, by designs that have them
	edge      bool      // connections are watched for every change, once and for all: nothing is modified
	cut       int       // connections cut off before their replies were written
	failed    error     // what ended the loop
	release   []func() bool
}

// loopConn is one connection. Idle it is these 144 bytes and a place in the table.
type loopConn struct {
	fd            int
	session       upper.Session
	out           []byte // replies not yet written; nothing is read while there are any
	end           loopEnd
	queued, ended bool        // edge-triggered: to be visited; the peer has sent everything
	lent          atomic.Bool // to a worker, by designs that have them: see lend.go
	read, written int64
}

// loopEnd says what becomes of a connection once its replies are written.
type loopEnd uint8

const (
	loopServing   loopEnd = iota
	loopFinished          // its peer has sent everything: close
	loopHangingUp         // its peer may still be sending: shut down writing, and linger
	loopLingering         // shut down: what still comes is discarded
	loopLost              // it has failed: close
)

type loopLinger struct {
	c     *loopConn
	until time.Time
}

const (
	loopAccepts  = 64 // connections accepted at a turn
	loopPause    = 5 * time.Millisecond
	loopMaxPause = 320 * time.Millisecond
)

// newLoop takes over ln, also on error, and opens a poller; free gives both back, and whatever connection is
// left. ln is nil where another goroutine accepts.
func newLoop(stop context.Context, cfg Config, open func() (reactor.Poller, error), ln *listen.Raw) (*loop, error) {
	poller, err := open()
	if err != nil {
		if ln != nil {
			ln.Close()
		}
		return nil, err
	}
	l := &loop{cfg: cfg, ln: ln, poller: poller, stop: stop, in: make([]byte, cfg.ReadSize), pause: loopPause}
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

// accept takes the connections that wait, but not all at once: those that are served have their turn.
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

// next accepts a connection. Where there is no descriptor to be had, the listener is left alone for a
// while, as its readiness would only say the same again and again.
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

// send writes out, or keeps what there is no room for; from then on only writing matters.
func (c *loopConn) send(out []byte) error {
	if len(out) == 0 || c.out != nil {
		c.out = append(c.out, out...)
		return nil
	}
	n, err := reactor.Write(c.fd, out)
	c.written += int64(n)
	if n == len(out) {
		return nil
	}
	if err == nil || err == unix.EAGAIN {
		c.out, err = append(c.out, out[n:]...), nil
	}
	return err
}

// flush writes what is kept.
func (c *loopConn) flush() error {
	out := c.out
	c.out = nil
	n, err := reactor.Write(c.fd, out)
	c.written += int64(n)
	if n < len(out) && (err == nil || err == unix.EAGAIN) {
		c.out, err = out[n:], nil
	}
	return err
}

// write sends out and reports whether the connection is still there.
func (l *loop) write(c *loopConn, out []byte) bool {
	kept := c.out != nil
	if err := c.send(out); err != nil {
		l.lose(c, err)
		return false
	}
	if c.out != nil && !kept {
		l.watch(c)
	}
	return true
}

// flush writes what is kept, and goes on with the connection when that is done.
func (l *loop) flush(c *loopConn) {
	if err := c.flush(); err != nil {
		l.lose(c, err)
		return
	}
	if c.out == nil {
		l.watch(c)
		l.ended(c)
	}
}

// finish ends a connection whose peer has sent everything; err is what was wrong with the last request.
func (l *loop) finish(c *loopConn, err error) {
	l.cfg.fault(err)
	c.end = loopFinished
	l.ended(c)
}

// hangUp ends a connection whose peer may still be sending, because of err or, when it is nil, because
// the server was told to stop.
func (l *loop) hangUp(c *loopConn, err error) {
	c.end = loopHangingUp
	if err != nil && l.work.Err() != nil {
		l.cut++ // its work was cut off
		l.close(c)
		return
	}
	l.cfg.fault(err)
	l.ended(c)
}

// lose closes a connection that has failed.
func (l *loop) lose(c *loopConn, err error) {
	l.cfg.fault(err)
	l.close(c)
}

// ended does what is to be done with an ending connection once its replies are written.
func (l *loop) ended(c *loopConn) {
	switch {
	case c.out != nil:
	case c.end == loopFinished:
		l.close(c)
	case c.end == loopHangingUp:
		// Closing with unread input would make the system send a reset, which destroys replies on their way.
		if err := unix.Shutdown(c.fd, unix.SHUT_WR); err != nil {
			l.lose(c, err)
			return
		}
		c.end = loopLingering
		l.lingering = append(l.lingering, loopLinger{c, time.Now().Add(l.cfg.Linger)})
	}
}

// discard reads what a lingering peer still sends, until its end, and reports whether there was any.
func (l *loop) discard(c *loopConn) bool {
	n, err := reactor.Read(c.fd, l.in)
	if n == 0 && err != unix.EAGAIN {
		l.close(c)
	}
	return n > 0
}

// close ends a connection for good. What is already closed stays closed.
func (l *loop) close(c *loopConn) {
	if c.fd < 0 {
		return
	}
	l.poller.Forget(c.fd)
	unix.Close(c.fd)
	l.conns[c.fd] = nil
	l.open--
	l.cfg.Tally.End(c.read, c.written)
	c.fd, c.out = -1, nil
}

// drain closes the listener and stops reading. What was read has been answered, so that each connection
// owes at most the replies it keeps.
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
	return fmt.Sprintf("servers: %d connections cut off before their replies were written, after %v", e.conns, e.after)
}
