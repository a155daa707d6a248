// sequential: one connection at a time, from accept to close.
//
// How it waits. One goroutine accepts, then reads and answers that connection
// until its peer has gone, and only then accepts the next. Every wait is a
// blocking call, as in the first server of every course.
//
// What it costs. Nothing is shared, nothing is scheduled: one goroutine and one
// buffer in all. Beside a single client it is as fast as any design here that
// reads in the same way. Measured: 9.4 µs of CPU a request, the wake-up
// included, as one client leaves nothing else to do.
//
// Where it breaks. The second client connects, because the kernel completes
// handshakes for the backlog on its own, and its bytes are taken into the
// socket's buffer; but nobody reads them until the first client has gone. A
// client that says nothing stops everyone: head-of-line blocking.
//
// Watch for. connect succeeding is no sign of service. A client that leaves
// must end its conversation and not the server: accept is called again.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/servers/blocking"
)

// Sequential serves one connection after another.
type Sequential struct{ cfg Config }

// NewSequential returns the design under cfg.
func NewSequential(cfg Config) Server { return &Sequential{cfg.WithDefaults()} }

// Serve answers in the goroutine that accepts.
func (s *Sequential) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		open.Add(conn)

		// region dispatch
		blocking.Talk(open, conn, s.cfg)
		// endregion
	}
	// endregion

	// region read: servers/blocking/talk.go
	// region reply: servers/blocking/talk.go

	// region drain
	return open.Wait()
	// endregion
}
