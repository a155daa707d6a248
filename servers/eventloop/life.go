//go:build unix

package eventloop

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/servers/config"
)

// life is what every loop goes through, whether it waits for readiness or for completion: it serves, is told to
// stop, drains, and cuts off what is left. It keeps the table of connections of type C, and belongs to one
// goroutine.
type life[C any] struct {
	Listener *listen.Raw     // nil where another goroutine accepts
	Stop     context.Context // ends when the server is told to stop
	Work     context.Context // of what clients ask for: ends when they are cut off

	cfg       config.Config
	conns     []*C // by descriptor
	open      int  // how many there are
	lingering []lingerer[C]
	resume    time.Time // when to accept again; zero: accepting
	pause     time.Duration
	draining  bool
	cut       int   // connections cut off before their replies were written
	failed    error // what ended the loop
	release   []func() bool
}

// lingerer is a connection whose replies are written, and until when its peer may still send.
type lingerer[C any] struct {
	conn  *C
	until time.Time
}

const (
	firstPause   = 5 * time.Millisecond // before accepting again when descriptors have run out
	longestPause = 320 * time.Millisecond
)

// begin starts the clock of a drain when stop ends; wake must end the loop's wait.
func (l *life[C]) begin(stop context.Context, cfg config.Config, ln *listen.Raw, wake func()) {
	l.cfg, l.Listener, l.Stop, l.pause = cfg, ln, stop, firstPause
	work, cut := context.WithCancel(context.WithoutCancel(stop))
	timer := time.AfterFunc(math.MaxInt64, cut)
	l.Work = work
	l.release = []func() bool{
		context.AfterFunc(stop, func() { timer.Reset(cfg.DrainTimeout); wake() }),
		context.AfterFunc(work, wake),
		timer.Stop,
	}
}

// Patience is how long the loop may wait before something is due; negative: for ever.
func (l *life[C]) Patience() time.Duration {
	next := l.resume
	if len(l.lingering) > 0 && (next.IsZero() || l.lingering[0].until.Before(next)) {
		next = l.lingering[0].until
	}
	if next.IsZero() {
		return -1
	}
	return max(time.Until(next), 0)
}

// Fail ends the loop unless err is nil.
func (l *life[C]) Fail(err error) { l.failed = errors.Join(l.failed, err) }

// Conn returns the connection that has descriptor fd, or nil.
func (l *life[C]) Conn(fd int) *C {
	if fd >= len(l.conns) {
		return nil
	}
	return l.conns[fd]
}

// enter puts a connection into the table.
func (l *life[C]) enter(fd int, c *C) {
	for fd >= len(l.conns) {
		l.conns = append(l.conns, nil)
	}
	l.conns[fd] = c
	l.open++
}

// leave closes a descriptor, takes its connection out of the table and counts what it has read and written.
func (l *life[C]) leave(fd int, read, written int64) {
	unix.Close(fd)
	l.conns[fd] = nil
	l.open--
	l.cfg.Tally.End(read, written)
}

// refused takes the error of an accept. When descriptors have run out, the loop stops accepting for a while, as the
// next accept would fail too; any other error ends the loop.
func (l *life[C]) refused(err error) (paused bool) {
	if !listen.Exhausted(err) {
		l.Fail(fmt.Errorf("servers: accept: %w", err))
		return false
	}
	l.cfg.Fault(fmt.Errorf("servers: accepting again in %v: %w", l.pause, err))
	l.resume = time.Now().Add(l.pause)
	l.pause = min(2*l.pause, longestPause)
	return true
}

// resumes reports, once, that a pause of accepting is over.
func (l *life[C]) resumes(now time.Time) bool {
	if l.resume.IsZero() || now.Before(l.resume) {
		return false
	}
	l.resume = time.Time{}
	return true
}

// cutsOff takes the error for which a connection is hung up, nil when the server was told to stop. It reports
// whether the connection's work was cut off, so that there is nothing to be written any more.
func (l *life[C]) cutsOff(err error) bool {
	if err != nil && l.Work.Err() != nil {
		l.cut++
		return true
	}
	l.cfg.Fault(err)
	return false
}

// linger tells the peer that this was all, and waits for its end. Closing with unread input would make the system
// send a reset, which destroys replies on their way.
func (l *life[C]) linger(fd int, c *C) error {
	if err := unix.Shutdown(fd, unix.SHUT_WR); err != nil {
		return err
	}
	l.lingering = append(l.lingering, lingerer[C]{c, time.Now().Add(l.cfg.Linger)})
	return nil
}

// overdue calls end for every connection that has lingered long enough, or is gone.
func (l *life[C]) overdue(now time.Time, gone func(*C) bool, end func(*C)) {
	for len(l.lingering) > 0 && (gone(l.lingering[0].conn) || !now.Before(l.lingering[0].until)) {
		end(l.lingering[0].conn)
		l.lingering = l.lingering[1:]
	}
}

// over gives back the clock of the drain and says how the loop went.
func (l *life[C]) over() error {
	if l.cut > 0 {
		l.Fail(&CutOff{l.cut, l.cfg.DrainTimeout})
	}
	return l.failed
}

// stopClock gives back the clock of the drain.
func (l *life[C]) stopClock() {
	for _, release := range l.release {
		release()
	}
}
