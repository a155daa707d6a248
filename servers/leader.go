//go:build linux

// leader: workers take turns at waiting; one that gets an event promotes the next and serves it.
//
// How it waits. One goroutine, the leader, waits in epoll_wait; the others, the followers, for a
// lock. When the leader gets an event it releases the lock, which promotes a follower, and serves
// the connection itself (Schmidt's leader/followers). There is no queue and no hand-over: the
// goroutine that learns of a request answers it.
//
// What it costs. For every request an epoll_ctl and a release of the lock, which wakes a
// goroutine: there is no queue, but there are as many wake-ups as in halfsync. Measured with
// handlers that compute, a request costs more CPU than in goroutine.
//
// Where it breaks. All requests go through one lock. When every worker waits in a handler there
// is no leader, and no connection is accepted.
//
// Watch for. The table of connections, the timers and the listener belong to the leader, which
// is the goroutine that holds the lock. A follower that wants a connection closed must ask the
// leader, and wake it.

package servers

import (
	"context"
	"net"
	"sync"

	"socketbench/patterns/listen"
	"socketbench/patterns/reactor"
	"socketbench/servers/eventloop"
)

// Leader is a set of workers that take turns at being the reactor.
type Leader struct{ cfg Config }

// NewLeader returns the design under cfg.
func NewLeader(cfg Config) Server { return &Leader{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Leader) Serve(ctx context.Context, ln net.Listener) error {
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
	// region dispatch
	var seat leaderSeat
	var workers sync.WaitGroup
	for range s.cfg.Pool() {
		workers.Go(func() { s.work(l, &seat) })
	}
	workers.Wait()
	// endregion
	return l.Free()
}

// region dispatch: patterns/reactor/epoll_linux.go epoll.Wait
// region dispatch: servers/eventloop/loan.go
// region accept: servers/eventloop/loop.go
// region accept: patterns/reactor/epoll_linux.go epoll.Add epoll.control epoll.Forget
// region read: servers/halfsync.go
// region reply: servers/halfsync.go
// region drain: servers/eventloop/loop.go

// leaderSeat is held by the leader.
type leaderSeat struct {
	sync.Mutex
	events []reactor.Event // of the last wait, and not served yet
}

// lead waits until a connection is ready and borrows it. It returns nil when none is left.
func (s *Leader) lead(l *eventloop.Loop, seat *leaderSeat) *eventloop.Conn {
	seat.Lock()
	defer seat.Unlock() // promotes a follower
	for {
		for len(seat.events) > 0 {
			e := seat.events[0]
			seat.events = seat.events[1:]
			switch c := l.Conn(e.FD); {
			case e.FD == l.Listener.FD:
				l.Accept()
			case c == nil: // closed by an event before this one
			case c.Phase != eventloop.Serving:
				l.Tend(c)
			case l.Borrow(c):
				return c
			}
		}
		if !l.Turn() {
			return nil
		}
		var err error
		seat.events, err = l.Poller.Wait(l.Patience())
		l.Fail(err)
		l.TakeBack()
	}
}

// work leads, serves the connection that was ready, and leads again, until none is left.
func (s *Leader) work(l *eventloop.Loop, seat *leaderSeat) {
	each := &Halfsync{s.cfg}
	in := make([]byte, s.cfg.ReadSize) // one for each worker, not for each connection
	out := s.cfg.Protocol.Scratch(in)
	for c := s.lead(l, seat); c != nil; c = s.lead(l, seat) {
		end, err := each.answer(l, c, in, &out)
		l.GiveBack(c, end, err)
	}
}
