// sequential: one connection at a time, from accept to close.
//
// How it waits. One goroutine accepts a connection, reads and answers it until the peer closes,
// and only then accepts the next. Every wait is a blocking call, as in the first server of every
// course.
//
// What it costs. One goroutine and one buffer in total; nothing is shared and nothing is
// scheduled. With a single client it makes the same calls as goroutine. Every request includes a
// wake-up, because a single client leaves the server nothing to do in between; measured, it costs
// more CPU than a request of many clients in goroutine.
//
// Where it breaks. The second client connects, because the kernel completes handshakes for the
// backlog by itself, and the kernel takes its bytes into the socket's buffer. Nobody reads them
// until the first client leaves. One silent client stops all others: head-of-line blocking.
//
// Watch for. A successful connect does not mean that the client is served. A client that leaves
// must end its own conversation and not the server: accept is called again.

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
