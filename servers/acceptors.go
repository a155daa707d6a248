// acceptors: several goroutines accept on one listener.
//
// How it waits. Like goroutine, but with one accept loop per CPU. The kernel has one queue of
// connections for all loops; the first loop to ask gets the next connection.
//
// What it costs. Nothing per request: an accepted connection is served as in goroutine. The idea
// comes from servers whose accept loop does more than accept, such as a handshake, a lookup or a
// log line: several CPUs can share that work. Measured, a request costs as much CPU as in
// goroutine.
//
// Where it breaks. Accepting itself does not get faster. Package net lets one goroutine at a
// time into accept on a listener, with a lock that the others wait for; below it the kernel's
// queue has a lock of its own. Several queues need several sockets: that is reuseport.
//
// Watch for. Several loops on one listener must end together: the first that fails stops the
// others, and its error is the one that counts, not the "closed" that the others then see.

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

// Acceptors accepts on cfg.Workers goroutines and serves each connection on a goroutine of its own.
type Acceptors struct{ cfg Config }

// NewAcceptors returns the design under cfg.
func NewAcceptors(cfg Config) Server { return &Acceptors{cfg.WithDefaults()} }

// Serve accepts on several goroutines and starts another for each connection.
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
