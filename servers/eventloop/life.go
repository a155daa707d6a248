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
	"socketbench/servers/upper"
)

// life is the life of a loop, whether it waits for readiness or for completion: it serves, is told
// to stop, drains, and cuts off the connections that are left. It keeps the table of connections of
// type C, and belongs to one goroutine.
type life[C connection] struct {
	Listener *listen.Raw     // nil if another goroutine accepts
	Stop     context.Context // ends when the server is told to stop
	Work     context.Context // of the requests: ends when connections are cut off

	mechanism mechanism[C]
	cfg       config.Config
	conns     []C // by descriptor
	open      int // connections in the table
	lingering []lingerer[C]
	acceptAt  time.Time // when to accept again; zero: the loop accepts
	pause     time.Duration
	accepting bool // an accept is in flight; only in loops by completion
	draining  bool
	cut       int   // connections cut off before their replies were written
	failed    error // why the loop ends
	release   []func() bool
}

// mechanism is what loops by readiness and loops by completion do differently.
type mechanism[C any] interface {
	accept()     // begin to accept, for the first time or after a pause
	drain()      // the server is told to stop: stop accepting and reading
	cutOff()     // the time to drain is over: end all connections
	settle(c C)  // c is to end once its replies are written
	overdue(c C) // c has lingered for long enough
	close(c C)
}

// connection is a pointer to a struct that embeds [State].
type connection interface {
	comparable
	state() *State
}

// State is what every loop knows of a connection.
type State struct {
	FD      int // -1: closed
	Session upper.Session
	Read    int64 // bytes of input
	written int64
	Phase   Phase
}

func (s *State) state() *State { return s }

// lingerer is a connection whose replies are written, and the time until which its peer may send.
type lingerer[C any] struct {
	conn  C
	until time.Time
}

const (
	firstPause   = 5 * time.Millisecond // before accepting again when descriptors have run out
	longestPause = 320 * time.Millisecond
)

// begin starts the life of a loop. When stop ends, wake must end the loop's wait.
func (l *life[C]) begin(
	m mechanism[C], stop context.Context, cfg config.Config, ln *listen.Raw, wake func(),
) {
	l.mechanism, l.cfg, l.Listener, l.Stop, l.pause = m, cfg, ln, stop, firstPause
	work, cut := context.WithCancel(context.WithoutCancel(stop))
	timer := time.AfterFunc(math.MaxInt64, cut)
	l.Work = work
	l.release = []func() bool{
		context.AfterFunc(stop, func() { timer.Reset(cfg.DrainTimeout); wake() }),
		context.AfterFunc(work, wake),
		timer.Stop,
	}
}

// Turn does what is due and reports whether there is anything left to wait for.
func (l *life[C]) Turn() bool {
	if l.Stop.Err() != nil && !l.draining {
		l.draining, l.acceptAt = true, time.Time{}
		l.mechanism.drain()
	}
	if l.draining && l.open > 0 && l.Work.Err() != nil {
		l.mechanism.cutOff()
	}
	if len(l.lingering) > 0 || !l.acceptAt.IsZero() {
		l.due(time.Now())
	}
	return l.failed == nil && (l.open > 0 || l.accepting || !l.draining)
}

// due ends the connections that have lingered long enough, and accepts again after a pause.
func (l *life[C]) due(now time.Time) {
	for len(l.lingering) > 0 {
		first := l.lingering[0]
		open := first.conn.state().FD >= 0
		if open && now.Before(first.until) {
			break
		}
		if open {
			l.mechanism.overdue(first.conn)
		}
		l.lingering = l.lingering[1:]
	}
	if !l.acceptAt.IsZero() && !now.Before(l.acceptAt) {
		l.acceptAt = time.Time{}
		l.mechanism.accept()
	}
}

// Patience is how long the loop may wait before something is due; negative: for ever.
func (l *life[C]) Patience() time.Duration {
	next := l.acceptAt
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

// Conn returns the connection with descriptor fd, or nil.
func (l *life[C]) Conn(fd int) (c C) {
	if fd >= len(l.conns) {
		return c
	}
	return l.conns[fd]
}

// refused handles the error of an accept. When descriptors have run out, the loop stops accepting
// for a while, because the next accept would fail too; any other error ends the loop.
func (l *life[C]) refused(err error) (paused bool) {
	if !listen.Exhausted(err) {
		l.Fail(fmt.Errorf("servers: accept: %w", err))
		return false
	}
	l.cfg.Fault(fmt.Errorf("servers: accepting again in %v: %w", l.pause, err))
	l.acceptAt = time.Now().Add(l.pause)
	l.pause = min(2*l.pause, longestPause)
	return true
}

// enter puts the new connection c, with descriptor fd, into the table.
func (l *life[C]) enter(fd int, c C) {
	*c.state() = State{FD: fd, Session: l.cfg.Protocol.NewSession()}
	for fd >= len(l.conns) {
		l.conns = append(l.conns, *new(C))
	}
	l.conns[fd] = c
	l.open++
}

// leave closes the descriptor of c, takes c out of the table and adds its bytes to the tally.
func (l *life[C]) leave(c C) {
	s := c.state()
	unix.Close(s.FD)
	l.conns[s.FD] = *new(C)
	l.open--
	l.cfg.Tally.End(s.Read, s.written)
	s.FD = -1
}

// Finish ends a connection whose peer has sent everything. err is the error of its last request.
func (l *life[C]) Finish(c C, err error) {
	l.cfg.Fault(err)
	c.state().Phase = Finished
	l.mechanism.settle(c)
}

// HangUp ends a connection whose peer may still be sending, because of err or, if err is nil,
// because the server was told to stop.
func (l *life[C]) HangUp(c C, err error) {
	if err != nil && l.Work.Err() != nil { // the work was cut off, so there is no reply to write
		l.cut++
		l.mechanism.close(c)
		return
	}
	l.cfg.Fault(err)
	c.state().Phase = HangingUp
	l.mechanism.settle(c)
}

// Lose closes a connection that has failed.
func (l *life[C]) Lose(c C, err error) {
	l.cfg.Fault(err)
	l.mechanism.close(c)
}

// settled ends c, whose replies are written, as its phase says. A connection that hangs up shows its
// peer the end of the stream and lingers until the peer ends too: if it were closed with unread
// input, the system would send a reset, which destroys replies on their way.
func (l *life[C]) settled(c C) {
	switch s := c.state(); s.Phase {
	case Serving:
	case HangingUp:
		if err := unix.Shutdown(s.FD, unix.SHUT_WR); err != nil {
			l.Lose(c, err)
			return
		}
		l.lingering = append(l.lingering, lingerer[C]{c, time.Now().Add(l.cfg.Linger)})
		s.Phase = Lingering
	default:
		l.mechanism.close(c)
	}
}

// over frees what every loop holds and returns why the loop ended.
func (l *life[C]) over() error {
	for _, release := range l.release {
		release()
	}
	if l.Listener != nil {
		l.Listener.Close()
	}
	if l.cut > 0 {
		l.Fail(&CutOff{l.cut, l.cfg.DrainTimeout})
	}
	return l.failed
}
