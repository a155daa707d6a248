// pipeline: three goroutines for every connection: read, transform, write.
//
// How it waits. Each stage waits for the one before it, and the first for the peer: while one
// batch of requests is written, the next is worked on and the one after that is read. Staged
// event-driven architecture (SEDA, Welsh 2001) has such stages for the whole server; here each
// connection has its own, as package net only knows blocking writes, and in a stage shared by all
// one client that does not read would hold up everybody.
//
// What it costs. Three goroutines and two hand-overs for every batch. Where the work of a request
// is small the hand-overs are most of the bill; three stages help when each has something to do and
// a CPU to do it on, and at best three times. Measured: 10.0 µs of CPU a request with one client,
// 5.8 with 64; 31 KiB for an idle connection, 48 once it was answered.
//
// Where it breaks. At the slowest stage: it sets the pace, and the queue in front of it is where
// time is lost, once for every stage. A stage has one goroutine, so order needs no thought, and a
// slow request has all later ones of its connection behind it.
//
// Watch for. Channels between stages are bounded, or the difference in speed turns into memory.
// When one stage fails the others must not be left standing before a full channel: after a failed
// write this pipeline runs dry, it takes what comes and writes nothing, until the reader has
// noticed.

package servers

import (
	"context"
	"errors"
	"net"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/patterns/pipeline"
	"socketbench/servers/blocking"
)

// Pipeline serves each connection on three goroutines.
type Pipeline struct{ cfg Config }

// NewPipeline returns the design under cfg.
func NewPipeline(cfg Config) Server { return &Pipeline{cfg.WithDefaults()} }

// Serve accepts, and starts a pipeline for each connection.
func (s *Pipeline) Serve(ctx context.Context, ln net.Listener) error {
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
		go s.converse(open, blocking.NewBatches(conn, s.cfg))
		// endregion
	}
	// endregion

	// region drain
	return open.Wait()
	// endregion
}

// converse builds the pipeline of one connection and waits for its end. The connection's end is the
// last thing that goes through it.
func (s *Pipeline) converse(open *drain.Group, b *blocking.Batches) {
	// region dispatch
	p, last := pipeline.New(context.WithoutCancel(open.Context())), false
	read := pipeline.Source(p, 1, func() (*blocking.Batch, bool) {
		// region read: servers/blocking/batch.go
		if last {
			return nil, false
		}
		next := b.Next()
		last = next.Last != nil
		return next, true
	})
	answered := pipeline.Stage(p, read, 1, func(next *blocking.Batch) (*blocking.Batch, error) {
		next.Answer(open.Context(), s.cfg.Protocol)
		return next, nil // its failure goes on with it: what came before is still written
	})
	pipeline.Sink(p, answered, func(next *blocking.Batch) error {
		// region reply: servers/blocking/batch.go
		b.Take(next)
		return nil
	})
	// endregion
	p.Wait()
	b.End(open)
}
