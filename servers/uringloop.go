//go:build linux

package servers

import (
	"context"
	"errors"
	"fmt"
	"math"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/proactor"
)

// uringLoop is what the uring design is not about: its connections by descriptor, and how they end.
// It belongs to the thread of the ring.
type uringLoop struct {
	cfg    Config
	ln     *listen.Raw
	ring   *proactor.Ring
	stop   context.Context // ends when the server is told to stop
	work   context.Context // of what clients ask for: ends when they are cut off
	conns  []*uringConn    // by descriptor, which is the token of its operations
	open   int
	linger []uringLinger

	accepting bool
	resume    time.Time // when to accept again; zero: accepting
	pause     time.Duration
	draining  bool
	cutOff    bool
	cut       int
	failed    error
	release   []func() bool
}

type uringLinger struct {
	c     *uringConn
	until time.Time
}

// Tokens that are no descriptor.
const (
	uringAccept = 1<<32 + iota
	uringCancel
)

const uringEntries = 4096 // operations submitted at once; more are submitted in parts

func newUringLoop(
	stop context.Context, cfg Config, ring *proactor.Ring, ln *listen.Raw,
) *uringLoop {
	l := &uringLoop{cfg: cfg, ln: ln, ring: ring, stop: stop, pause: loopPause, accepting: true}
	work, cut := context.WithCancel(context.WithoutCancel(stop))
	timer := time.AfterFunc(math.MaxInt64, cut)
	l.work = work
	l.release = []func() bool{
		context.AfterFunc(stop, func() { timer.Reset(cfg.DrainTimeout); ring.Wake() }),
		context.AfterFunc(work, ring.Wake),
		timer.Stop,
	}
	// Its queue is waited for by the kernel, which a descriptor that does not block would forbid.
	l.fail(unix.SetNonblock(ln.FD, false))
	l.fail(ring.Accept(ln.FD, uringAccept))
	return l
}

// turn does what is due and reports whether there is anything left to wait for.
func (l *uringLoop) turn() bool {
	if l.stop.Err() != nil && !l.draining {
		l.drain()
	}
	if l.draining && !l.cutOff && l.work.Err() != nil {
		l.cutOff = true
		for _, c := range l.conns {
			if c == nil {
				continue
			}
			if c.out != nil {
				l.cut++
			}
			unix.Shutdown(c.fd, unix.SHUT_RDWR) // which ends the operation, which closes it
			c.end = loopLost
		}
	}
	if len(l.linger) > 0 || !l.resume.IsZero() {
		l.due(time.Now())
	}
	return l.failed == nil && (l.open > 0 || l.accepting || !l.draining)
}

// due ends what has lingered long enough and accepts again after a pause.
func (l *uringLoop) due(now time.Time) {
	for len(l.linger) > 0 && (l.linger[0].c.fd < 0 || !now.Before(l.linger[0].until)) {
		if c := l.linger[0].c; c.fd >= 0 {
			c.over = true // where the receive has just completed, there is nothing to cancel
			l.fail(l.ring.Cancel(uint64(c.fd), uringCancel))
		}
		l.linger = l.linger[1:]
	}
	if !l.resume.IsZero() && !now.Before(l.resume) {
		l.resume, l.accepting = time.Time{}, true
		l.fail(l.ring.Accept(l.ln.FD, uringAccept))
	}
}

// patience is how long the loop may wait before something is due; negative: for ever.
func (l *uringLoop) patience() time.Duration {
	next := l.resume
	if len(l.linger) > 0 && (next.IsZero() || l.linger[0].until.Before(next)) {
		next = l.linger[0].until
	}
	if next.IsZero() {
		return -1
	}
	return max(time.Until(next), 0)
}

// conn returns the connection whose operations have that token, or nil.
func (l *uringLoop) conn(token uint64) *uringConn {
	if token >= uint64(len(l.conns)) {
		return nil
	}
	return l.conns[token]
}

// add begins to serve fd.
func (l *uringLoop) add(fd int) {
	// A unix socket has no such option.
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	for fd >= len(l.conns) {
		l.conns = append(l.conns, nil)
	}
	c := &uringConn{fd: fd, session: l.cfg.Protocol.NewSession(), buf: make([]byte, l.cfg.ReadSize)}
	c.reply = l.cfg.Protocol.Scratch(c.buf)
	l.conns[fd] = c
	l.open++
	l.pause = loopPause
	l.next(c)
}

// accepted begins to receive from a new connection.
func (l *uringLoop) accepted(done proactor.Completion) {
	// region accept
	if done.Result >= 0 {
		l.add(done.Result)
	}
	if !done.More {
		l.refused(done.Err())
	}
	// endregion
}

// refused is called when accepting has ended: to be begun again, later where no descriptor is to be
// had.
func (l *uringLoop) refused(err error) {
	l.accepting = false
	switch {
	case l.draining:
		// Not before: an accept that the kernel has not seen yet would find whoever was given the
		// number of the descriptor next.
		l.ln.Close()
	case err == nil, err == unix.EINTR, err == unix.ECONNABORTED:
		l.resume = time.Now()
	case listen.Exhausted(err):
		l.cfg.fault(fmt.Errorf("servers: accepting again in %v: %w", l.pause, err))
		l.resume = time.Now().Add(l.pause)
		l.pause = min(2*l.pause, loopMaxPause)
	default:
		l.fail(fmt.Errorf("servers: accept: %w", err))
	}
}

// fail ends the loop unless err is nil.
func (l *uringLoop) fail(err error) { l.failed = errors.Join(l.failed, err) }

// drain stops accepting and reading. What is being sent is sent to its end.
func (l *uringLoop) drain() {
	// region drain
	l.draining = true
	l.resume = time.Time{}
	if l.accepting {
		l.fail(l.ring.Cancel(uringAccept, uringCancel))
	} else {
		l.ln.Close()
	}
	for _, c := range l.conns {
		if c != nil && c.out == nil && c.end == loopServing {
			l.fail(l.ring.Cancel(uint64(c.fd), uringCancel))
		}
	}
	// endregion
}

// free gives back everything the loop holds and says how it went.
func (l *uringLoop) free() error {
	for _, release := range l.release {
		release()
	}
	l.ring.Close()
	for _, c := range l.conns {
		if c != nil {
			l.close(c)
		}
	}
	l.ln.Close()
	if l.cut > 0 {
		l.fail(&loopCut{l.cut, l.cfg.DrainTimeout})
	}
	return l.failed
}
