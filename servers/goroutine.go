// goroutine: a goroutine for every connection.
//
// How it waits. One goroutine accepts; each connection gets another, whose
// blocking reads and writes are an illusion kept up by the runtime: it parks
// the goroutine, and one poller wakes whichever can go on.
//
// What it costs. A goroutine with its stack and a read buffer for every
// connection, busy or idle, and a wake-up through the scheduler for every read.
// In return the code reads like sequential's: what differs from it is the word
// go. Measured: 8.7 µs of CPU a request with one client, 5.5 with 64; 6.7 KiB
// for an idle connection, 10.4 once it was answered. The limit is package net's:
// a Read tries before it waits, so that a request takes two system calls to
// read, one in vain, and then a wake-up. At 1,000 busy connections 0.71 of the
// efficiency of a loop in C is left. How much the second read takes and how
// much the scheduler was not told apart, but the buffers have no part in it:
// borrow, which shares them, does no better.
//
// Where it breaks. Nothing bounds how many there are: a crowd of idle clients
// is a crowd of stacks and buffers, and an accept loop that never says no turns
// overload into memory.
//
// Watch for. A goroutine needs an owner that waits for it and a way to be told
// to stop; here the drain group is both. A goroutine that nobody can end is a
// leak, however small.

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
