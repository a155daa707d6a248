// pipeline: three goroutines for every connection: read, transform, write.
//
// How it waits. Each stage waits for the stage before it, and the first for the peer: while one
// batch of requests is written, the next is transformed and the one after that is read. Staged
// event-driven architecture (SEDA, Welsh 2001) has such stages for the whole server. Here each
// connection has its own, because package net has only blocking writes: in a stage that all
// connections share, one client that does not read would hold up everybody.
//
// What it costs. Three goroutines for every connection and two hand-overs for every batch. Where
// a request is little work, most of the cost is the hand-overs. Three stages help when each has
// work to do and a CPU to do it on, and then at most threefold. Measured, a request costs about
// as much CPU as in goroutine; an idle connection takes 31 KiB, and 48 once it has been answered.
//
// Where it breaks. The slowest stage sets the pace, and requests wait in the queue in front of
// it. A stage is one goroutine, so replies keep their order without further care, and a slow
// request delays all later ones of its connection.
//
// Watch for. Channels between stages must be bounded, or a difference in speed turns into
// memory. When one stage fails, the others must not block for ever on a full channel: after a
// failed write the last stage goes on receiving and drops what it gets, until the reader has
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

// converse builds the pipeline of one connection and waits for its end. The last batch to go
// through says how the connection ended.
func (s *Pipeline) converse(open *drain.Group, b *blocking.Batches) {
	// region dispatch: patterns/pipeline/pipeline.go Stage
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
		return next, nil // a failure travels in the batch, and earlier replies are still written
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
