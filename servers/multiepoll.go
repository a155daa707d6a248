//go:build linux

// multiepoll: an acceptor deals connections out to several reactors, one a CPU.
//
// How it waits. The acceptor waits in an epoll_wait of its own, on the listener alone; each
// reactor waits in another, on its own connections. A connection stays with its reactor until it
// ends.
//
// What it costs. As much as one epoll loop, once for each: the loops share nothing, so there are
// no locks. A new connection changes hands once, through a channel and a wake-up. Measured on one
// CPU, a request costs as much CPU as in epoll.
//
// Where it breaks. The distribution ignores load: connections are dealt in turn, however busy
// they will be. One reactor may get all the busy ones while another sleeps. On one CPU it is
// epoll with extra steps.
//
// Watch for. The hand-over while the server stops: a descriptor that is sent to a reactor and
// never received stays open for ever.

package servers

import (
	"context"
	"net"
	"sync"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/reactor"
	"socketbench/servers/eventloop"
)

// Multiepoll is an acceptor and several reactors on epoll(7).
type Multiepoll struct{ cfg Config }

// NewMultiepoll returns the design under cfg.
func NewMultiepoll(cfg Config) Server { return &Multiepoll{cfg.WithDefaults()} }

// multiepollLoop is one of the reactors.
type multiepollLoop struct {
	*eventloop.Loop
	dealt chan int // accepted descriptors
}

// Serve returns when it is told to stop and every reactor has answered its connections.
func (s *Multiepoll) Serve(ctx context.Context, ln net.Listener) error {
	// region listen: patterns/listen/detach.go Detach
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx) // a loop that fails stops the others
	defer stop()
	acceptor, err := eventloop.New(ctx, s.cfg, reactor.NewEpoll, raw)
	if err != nil {
		return err
	}
	var running sync.WaitGroup
	loops, errs := make([]multiepollLoop, s.cfg.Loops()), make([]error, s.cfg.Loops())
	for i := range loops {
		l, err := eventloop.New(ctx, s.cfg, reactor.NewEpoll, nil)
		if err != nil {
			acceptor.Fail(err)
			loops = loops[:i]
			break
		}
		loops[i] = multiepollLoop{l, make(chan int, eventloop.Accepts)}
		running.Go(func() { defer stop(); errs[i] = s.serve(loops[i]) })
	}
	dealing := s.deal(acceptor, loops)
	stop()
	running.Wait()
	for _, l := range loops {
		for len(l.dealt) > 0 {
			unix.Close(<-l.dealt) // sent after the loop had ended
		}
	}
	return eventloop.Join(append(errs, dealing)...)
}

// deal accepts, and gives each reactor a connection in turn.
func (s *Multiepoll) deal(l *eventloop.Loop, loops []multiepollLoop) error {
	// region accept
	for turn := 0; l.Turn(); {
		events, err := l.Poller.Wait(l.Patience())
		l.Fail(err)
		for range events { // only the listener is watched
			for fd, ok := l.Next(); ok; fd, ok = l.Next() {
				to := loops[turn%len(loops)]
				turn++
				select {
				case to.dealt <- fd:
					to.Poller.Wake()
				case <-l.Stop.Done():
					unix.Close(fd)
				}
			}
		}
	}
	// endregion
	return l.Free()
}

// serve is one reactor.
func (s *Multiepoll) serve(l multiepollLoop) error {
	each := &Epoll{s.cfg}
	// region dispatch
	for l.Turn() {
		events, err := l.Poller.Wait(l.Patience())
		l.Fail(err)
		for _, e := range events {
			switch c := l.Conn(e.FD); {
			case c == nil: // closed by an event before this one
			case c.Kept != nil:
				l.Flush(c)
			case c.Phase != eventloop.Serving:
				l.Discard(c)
			default:
				each.answer(l.Loop, c)
			}
		}
		for len(l.dealt) > 0 {
			l.Add(<-l.dealt)
		}
	}
	// endregion
	return l.Free()
}

// region dispatch: patterns/reactor/epoll_linux.go epoll.Wait
// region read: servers/epoll.go
// region reply: servers/epoll.go
// region drain: servers/eventloop/loop.go
