//go:build linux

// reuseport: several epoll loops, each with a listener of its own on the same port.
//
// How it waits. Like epoll, in as many loops as there are CPUs. SO_REUSEPORT lets all of them
// bind the port, and the kernel distributes connections by a hash of the addresses and ports of
// both ends.
//
// What it costs. As epoll, once a CPU. There is no acceptor, no hand-over, no lock and no
// wake-up: the loops know nothing of each other. Measured on one CPU, a request costs as much CPU
// as in epoll.
//
// Where it breaks. The hash ignores load, and is uneven if connections are few: all of four may
// fall to one loop. Clients that fall to a slow loop wait, even while other loops are idle.
//
// Watch for. Closing one of the listeners resets the connections that wait in its queue, though
// the others go on. Any process of the same user can bind the port too, and takes a share of the
// traffic. TCP only: a unix socket has one owner.

package servers

import (
	"context"
	"fmt"
	"net"
	"sync"

	"socketbench/servers/address"
	"socketbench/servers/eventloop"
)

// Reuseport is several reactors, each with a listener of its own.
type Reuseport struct{ cfg Config }

// NewReuseport returns the design under cfg.
func NewReuseport(cfg Config) Server { return &Reuseport{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every loop has answered its connections.
func (s *Reuseport) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	listeners := []net.Listener{ln}
	for len(listeners) < s.cfg.Loops() {
		more, err := Listen(ctx, address.Of(ln.Addr()), Traits{ReusePort: true})
		if err != nil {
			for _, ln := range listeners {
				ln.Close()
			}
			return fmt.Errorf("servers: reuseport: listener %d of %d on %v: %w",
				len(listeners)+1, s.cfg.Loops(), ln.Addr(), err)
		}
		listeners = append(listeners, more)
	}
	// endregion
	ctx, stop := context.WithCancel(ctx) // a loop that fails stops the others
	defer stop()
	// region dispatch
	var running sync.WaitGroup
	errs := make([]error, len(listeners))
	for i, ln := range listeners {
		running.Go(func() { defer stop(); errs[i] = (&Epoll{s.cfg}).Serve(ctx, ln) })
	}
	running.Wait()
	// endregion
	return eventloop.Join(errs...)
}

// region accept: servers/eventloop/loop.go
// region read: servers/epoll.go
// region reply: servers/epoll.go
// region drain: servers/eventloop/loop.go
