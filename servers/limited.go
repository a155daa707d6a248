// limited: a goroutine for every connection, and a bound on how many there are.
//
// How it waits. Like goroutine, but the server takes one of a fixed number of permits before it
// accepts, and the connection returns the permit when it ends. Clients that find no permit wait
// in the kernel's backlog, where a connection costs little and takes nothing from the server.
//
// What it costs. One lock of the semaphore per connection, nothing per request. Memory has a
// bound that can be computed: permits x (stack + buffer). Measured, a request costs as much CPU
// as in goroutine.
//
// Where it breaks. A permit belongs to a connection, and an idle connection keeps it. With as
// many silent clients as permits, nobody else is served. This is the pool's starvation with a
// larger number; only a time limit cures it.
//
// Watch for. Take the permit before accepting: a connection that is accepted and then waits
// holds a descriptor, and its client believes that it is served. The wait for a permit must end
// with the context, or a full server cannot be stopped. The backlog is bounded too, but it
// reports no error when it is full: clients see a slow connect.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/drain"
	"socketbench/patterns/limit"
	"socketbench/patterns/listen"
	"socketbench/servers/blocking"
)

// Limited serves each connection on a goroutine of its own, at most cfg.MaxConns at once.
type Limited struct{ cfg Config }

// NewLimited returns the design under cfg.
func NewLimited(cfg Config) Server { return &Limited{cfg.WithDefaults()} }

// Serve accepts when a permit is free, and starts a goroutine for each connection.
func (s *Limited) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	gate := limit.New(s.cfg.Permits())
	gate.Enter(ctx) // does not block: all permits are free
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		open.Add(conn)

		// region dispatch
		go func() {
			defer gate.Leave()
			blocking.Talk(open, conn, s.cfg)
		}()
		if gate.Enter(ctx) != nil { // for the next connection
			break
		}
		// endregion
	}
	// endregion

	// region read: servers/blocking/talk.go
	// region reply: servers/blocking/talk.go

	// region drain
	return open.Wait()
	// endregion
}
