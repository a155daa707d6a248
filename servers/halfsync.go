//go:build linux

// halfsync: one goroutine waits for all connections, a pool of workers reads and answers them.
//
// How it waits. The asynchronous half, one reactor, in epoll_wait; the synchronous half, the
// workers, for a queue between them (Schmidt's half-sync/half-async). EPOLLONESHOT makes an event a
// loan: the connection is not reported again before its worker has armed it.
//
// What it costs. For every request a hand-off through a channel and one epoll_ctl: more than the
// work itself where that is so small. Measured: 5.2 µs of CPU a request with 64 clients.
//
// Where it breaks. At small work, where epoll alone is faster. At more waiting handlers than
// workers: the queue grows, and the reactor stops when it is full.
//
// Watch for. Level-triggered epoll without the loan hands one connection to two workers, whose
// replies overtake each other. On one CPU the reactor must yield before it waits, or the workers
// stand still until the runtime misses its thread.

package servers

import (
	"context"
	"errors"
	"net"
	"runtime"
	"sync"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/nonblock"
	"socketbench/patterns/reactor"
)

// Halfsync is a reactor on epoll(7) and a pool of workers.
type Halfsync struct{ cfg Config }

// NewHalfsync returns the design under cfg.
func NewHalfsync(cfg Config) Server { return &Halfsync{cfg.WithDefaults()} }

// Serve loops until it was told to stop and every connection has been answered.
func (s *Halfsync) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	l, err := newLoop(ctx, s.cfg, reactor.NewEpoll, raw)
	if err != nil {
		return err
	}
	l.lent = new(loopLent)
	ready := make(chan *loopConn, s.cfg.Queue)
	var workers sync.WaitGroup
	for range s.cfg.pool() {
		workers.Go(func() { s.work(l, ready) })
	}
	// region dispatch
	for l.turn() {
		events, err := l.poller.Wait(l.patience())
		l.fail(err)
		l.takeBack()
		for _, e := range events {
			switch c := l.conn(e.FD); {
			case e.FD == raw.FD:
				l.accept()
			case c == nil: // closed by an event before this one
			case c.end != loopServing:
				l.tend(c)
			case l.borrow(c):
				ready <- c
			}
		}
		runtime.Gosched() // else, on one CPU, the workers wait until the runtime misses this thread
	}
	// endregion
	close(ready)
	workers.Wait()
	return l.free()
}

// region accept: servers/loop.go

// work serves one connection after the other, whichever is ready.
func (s *Halfsync) work(l *loop, ready <-chan *loopConn) {
	in := make([]byte, s.cfg.ReadSize) // a worker's, not a connection's
	out := s.cfg.Protocol.Scratch(in)
	for c := range ready {
		end, err := s.answer(l, c, in, &out)
		l.giveBack(c, end, err)
	}
}

// answer does what c is ready for and returns what is to become of it.
func (s *Halfsync) answer(l *loop, c *loopConn, in []byte, out *[]byte) (loopEnd, error) {
	switch {
	case c.out != nil:
		return loopServing, c.flush()
	case l.stop.Err() != nil: // it was on its way here
		return loopHangingUp, nil
	}
	// region read
	n, err := nonblock.Read(c.fd, in)
	if err == unix.EAGAIN {
		return loopServing, nil
	}
	if err != nil {
		return loopLost, err
	}
	if n == 0 { // the peer has sent everything
		*out, err = c.session.Close((*out)[:0])
		return loopFinished, errors.Join(c.send(*out), err)
	}
	c.read += int64(n)
	// endregion
	// region reply
	for in := in[:n]; len(in) > 0; in = in[n:] {
		*out, n, err = c.session.Feed(l.work, (*out)[:0], in)
		if lost := c.send(*out); lost != nil {
			return loopLost, lost
		}
		if err != nil {
			return loopHangingUp, err
		}
	}
	// endregion
	return loopServing, nil
}

// region drain: servers/lend.go
