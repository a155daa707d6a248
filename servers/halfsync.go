//go:build linux

// halfsync: one goroutine waits for all connections, a pool of workers reads and answers them.
//
// How it waits. The asynchronous half, one reactor, waits in epoll_wait; the synchronous half,
// the workers, at a queue between them (Schmidt's half-sync/half-async). EPOLLONESHOT makes an
// event a loan: the connection is not reported again until its worker has rearmed it.
//
// What it costs. For every request a hand-over through a channel and one epoll_ctl. Measured with
// handlers that compute, a request costs more CPU than in goroutine.
//
// Where it breaks. With small requests the hand-over is for nothing: epoll alone answers earlier.
// If more handlers wait than there are workers, the queue grows, and the reactor stops when it is
// full.
//
// Watch for. Without the loan, level-triggered epoll hands one connection to two workers, whose
// replies overtake each other. On one CPU the reactor must yield before it waits, or the workers
// stand still until the runtime notices that its thread is blocked.

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
	"socketbench/servers/eventloop"
)

// Halfsync is a reactor on epoll(7) and a pool of workers.
type Halfsync struct{ cfg Config }

// NewHalfsync returns the design under cfg.
func NewHalfsync(cfg Config) Server { return &Halfsync{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Halfsync) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go Detach
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	l, err := eventloop.New(ctx, s.cfg, reactor.NewEpoll, raw)
	if err != nil {
		return err
	}
	l.Loans = new(eventloop.Loans)
	ready := make(chan *eventloop.Conn, s.cfg.Queue)
	var workers sync.WaitGroup
	for range s.cfg.Pool() {
		workers.Go(func() { s.work(l, ready) })
	}
	// region dispatch
	for l.Turn() {
		events, err := l.Poller.Wait(l.Patience())
		l.Fail(err)
		l.TakeBack()
		for _, e := range events {
			switch c := l.Conn(e.FD); {
			case e.FD == raw.FD:
				l.Accept()
			case c == nil: // closed by an event before this one
			case c.Phase != eventloop.Serving:
				l.Tend(c)
			case l.Borrow(c):
				ready <- c
			}
		}
		runtime.Gosched() // on one CPU workers would wait until the runtime sees this thread block
	}
	// endregion
	close(ready)
	workers.Wait()
	return l.Free()
}

// region dispatch: patterns/reactor/epoll_linux.go epoll.Wait
// region dispatch: servers/eventloop/loan.go
// region accept: servers/eventloop/loop.go
// region accept: patterns/reactor/epoll_linux.go epoll.Add epoll.control epoll.Forget

// work serves one ready connection after another.
func (s *Halfsync) work(l *eventloop.Loop, ready <-chan *eventloop.Conn) {
	in := make([]byte, s.cfg.ReadSize) // one for each worker, not for each connection
	out := s.cfg.Protocol.Scratch(in)
	for c := range ready {
		end, err := s.answer(l, c, in, &out)
		l.GiveBack(c, end, err)
	}
}

// answer writes kept replies, or reads once and answers. It returns the next phase of c.
func (s *Halfsync) answer(l *eventloop.Loop, c *eventloop.Conn,
	in []byte, out *[]byte) (eventloop.Phase, error) {
	switch {
	case c.Kept != nil:
		return eventloop.Serving, c.Flush()
	case l.Stop.Err() != nil: // the stop came while c was in the queue
		return eventloop.HangingUp, nil
	}
	// region read
	n, err := nonblock.Read(c.FD, in)
	if err == unix.EAGAIN {
		return eventloop.Serving, nil
	}
	if err != nil {
		return eventloop.Lost, err
	}
	if n == 0 { // the peer has sent everything
		*out, err = c.Session.Close((*out)[:0])
		return eventloop.Finished, errors.Join(c.Send(*out), err)
	}
	c.Read += int64(n)
	// endregion
	// region reply
	for in := in[:n]; len(in) > 0; in = in[n:] {
		*out, n, err = c.Session.Feed(l.Work, (*out)[:0], in)
		if lost := c.Send(*out); lost != nil {
			return eventloop.Lost, lost
		}
		if err != nil {
			return eventloop.HangingUp, err
		}
	}
	// endregion
	return eventloop.Serving, nil
}

// region drain: servers/eventloop/loop.go
