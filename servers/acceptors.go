// acceptors: several goroutines accept on one listener.
//
// How it waits. As goroutine does, but with an accept loop for each CPU. Whichever comes first
// gets the connection; the kernel has one queue of them for all.
//
// What it costs. Nothing for a request: once accepted, a connection lives as in goroutine. The idea
// comes from servers whose accept loop does more than accept, such as a handshake, a lookup or a
// line in a log: that work now has several CPUs. Measured: 9.7 µs of CPU a request with one
// client, 4.7 with 64: goroutine's, within the noise.
//
// Where it breaks. Accepting itself does not get faster. Package net lets one goroutine at a time
// into accept on a listener, a lock that the others wait for, and below it the kernel's queue has
// a lock of its own. Several queues need several sockets: that is reuseport.
//
// Watch for. Several owners of one listener must agree on its end: the first that fails stops the
// others, and the error that counts is the first one, not the "closed" that the others see.

package servers

import (
	"context"
	"errors"
	"net"

	"golang.org/x/sync/errgroup"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/servers/blocking"
)

// Acceptors accepts on cfg.Workers goroutines and serves each connection on one of its own.
type Acceptors struct{ cfg Config }

// NewAcceptors returns the design under cfg.
func NewAcceptors(cfg Config) Server { return &Acceptors{cfg.WithDefaults()} }

// Serve accepts on several goroutines, each of which starts one for each connection.
func (s *Acceptors) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	acceptors, ctx := errgroup.WithContext(ctx)
	// endregion
	for range s.cfg.Loops() {
		acceptors.Go(func() error { return s.accept(ctx, ln, open) })
	}
	// region drain
	return errors.Join(acceptors.Wait(), open.Wait())
	// endregion
}

func (s *Acceptors) accept(ctx context.Context, ln net.Listener, open *drain.Group) error {
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return err
		}
		open.Add(conn)

		// region dispatch
		go blocking.Talk(open, conn, s.cfg)
		// endregion
	}
	// endregion

	// region read: servers/blocking/talk.go
	// region reply: servers/blocking/talk.go
	return nil
}
