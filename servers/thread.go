//go:build unix

// thread: an operating system thread for every connection, blocked in the kernel.
//
// How it waits. In read(2), on a descriptor that blocks, on a goroutine locked to its thread. A Go
// connection would not do: on a locked thread too it waits in the runtime's poller.
//
// What it costs. A thread each, with two stacks, and for every request a switch of context by the
// kernel, where goroutines need a tenth of that. The code is the goroutine design's. Measured: 7.6
// µs of CPU a request with one client, 6.6 with 64, each with a switch, where goroutine has one
// for a hundred.
//
// Where it breaks. At 10,000 threads Go ends the program, so that 9,000 connections are served and
// the next ones wait. Python's threading module is this design.
//
// Watch for. Nothing wakes a blocked read but the peer, a signal or shutdown(2): closing the
// descriptor does not, and its number may be somebody else's when the read returns.

package servers

import (
	"context"
	"errors"
	"net"
	"runtime"

	"socketbench/patterns/drain"
	"socketbench/patterns/limit"
	"socketbench/patterns/listen"
)

// Thread serves each connection on a thread of its own.
type Thread struct{ cfg Config }

// NewThread returns the design under cfg.
func NewThread(cfg Config) Server { return &Thread{cfg.WithDefaults()} }

// threadTraits: Go ends the program at 10,000 threads.
var threadTraits = Traits{MaxConns: 9000, Permits: true, Cores: true}

// Serve accepts, and starts a thread for each connection.
func (s *Thread) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	gate := limit.New(threadTraits.Capacity(s.cfg))
	gate.Enter(ctx) // the first permit is there
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		blocking, err := newThreadConn(conn, min(s.cfg.Linger, s.cfg.DrainTimeout/2))
		if err != nil {
			s.cfg.fault(err)
			continue
		}
		open.Add(blocking)
		// endregion

		// region dispatch
		go func() {
			runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
			defer gate.Leave()
			talk(open, blocking, s.cfg)
		}()
		if gate.Enter(ctx) != nil { // for the next connection, as in limited
			break
		}
		// endregion
	}

	// region read: servers/threadconn.go
	// region reply: talk.go

	// region drain
	return open.Wait()
	// endregion
}
