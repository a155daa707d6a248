// goroutine: a goroutine for every connection.
//
// How it waits. One goroutine accepts, and each connection gets a goroutine of its own. Its
// reads and writes look blocking, but the runtime parks the goroutine, and one poller wakes it
// when the socket is ready.
//
// What it costs. A goroutine with its stack and a read buffer for every connection, busy or idle,
// and a wake-up through the scheduler for every read. In return the code reads like that of
// sequential: only the word go is new. Measured, a request costs more CPU than in epoll, but less
// than twice as much; an idle connection takes some 10 KiB once it has been answered. The limit
// is package net's: Read tries before it waits, so reading a request takes two system calls, of
// which the first finds nothing, and a wake-up. How much of the difference is the second read and
// how much the scheduler was not measured. It is not the buffers, because borrow, which shares
// them, costs as much CPU.
//
// Where it breaks. Nothing bounds the number of goroutines. Many idle clients mean many stacks
// and buffers, and an accept loop that never refuses turns overload into memory.
//
// Watch for. A goroutine needs an owner that waits for it and a way to be told to stop; here the
// drain group is both. A goroutine that nobody can end is a leak, however small.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/servers/blocking"
)

// Goroutine serves each connection on a goroutine of its own.
type Goroutine struct{ cfg Config }

// NewGoroutine returns the design under cfg.
func NewGoroutine(cfg Config) Server { return &Goroutine{cfg.WithDefaults()} }

// Serve accepts, and starts a goroutine for each connection.
func (s *Goroutine) Serve(ctx context.Context, ln net.Listener) error {
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
		go blocking.Talk(open, conn, s.cfg)
		// endregion
	}
	// endregion

	// region read: servers/blocking/talk.go
	// region reply: servers/blocking/talk.go

	// region drain
	return open.Wait()
	// endregion
}
