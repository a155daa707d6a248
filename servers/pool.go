// pool: connections queue for a fixed number of workers.
//
// How it waits. One goroutine accepts each connection and puts it into a queue. A worker takes a
// connection from the queue and serves it until the peer closes. The workers block in their
// reads.
//
// What it costs. As many goroutines and buffers as there are workers, however many clients
// connect, and one hand-over per connection (dispatch has two for every batch of requests).
// Measured with a worker for each client, a request costs about as much CPU as in goroutine.
//
// Where it breaks. A worker belongs to a connection, not to a request. With as many silent
// clients as workers, nobody else is served: the other connections are accepted and queued, and
// starve.
//
// Watch for. The workers and the queue both need a bound: with an unbounded queue the memory
// grows without limit as well, only in another place. When the queue is full the accept loop
// stops and the kernel's backlog fills; this is the back-pressure. A stop must reach the
// connections in the queue too: they see an orderly end, not a reset.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/patterns/pool"
	"socketbench/servers/blocking"
)

// Pool serves connections on a fixed number of workers.
type Pool struct{ cfg Config }

// NewPool returns the design under cfg, with cfg.Workers workers and a queue of cfg.Queue
// connections.
func NewPool(cfg Config) Server { return &Pool{cfg.WithDefaults()} }

// Serve accepts, and queues each connection for a worker.
func (s *Pool) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	workers := pool.New(open.Context(), s.cfg.Pool(), s.cfg.Queue)
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		open.Add(conn)

		// region dispatch
		if workers.Go(func() { blocking.Talk(open, conn, s.cfg) }) != nil {
			open.Done(conn) // cut off while the queue was full
		}
		// endregion
	}
	// endregion

	// region read: servers/blocking/talk.go
	// region reply: servers/blocking/talk.go

	// region drain
	if err := open.Wait(); err != nil {
		return err
	}
	workers.Close()
	return nil
	// endregion
}
