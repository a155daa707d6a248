// dispatch: each connection has a reader, requests run on a pool of workers.
//
// How it waits. The reader blocks in read, hands each batch of requests to a pool and reads on.
// A worker makes the replies. The connection's writer takes the batches in the order of their
// requests, and waits for the one that is next.
//
// What it costs. Two hand-overs for every batch of requests, to a worker and to the writer, each
// a trip through the scheduler. For a handler that only changes letters they cost more than the
// handler. They pay off if the work needs a bound of its own, however many clients are connected:
// for instance, ten thousand connections that send the database eight requests at a time.
// Measured, the median response time is longer than in goroutine, and a request costs little more
// CPU.
//
// Where it breaks. At the queue: when requests arrive faster than the workers answer them, all
// clients see the time in the queue. A slow request delays the later ones of its own connection,
// because replies keep their order, and it occupies a worker that others need.
//
// Watch for. Workers finish in any order: if a worker wrote its replies itself, replies could
// overtake each other, and a client that does not read would hold the worker for ever. The pool
// gets whole batches, because a hand-over for every single request would cost more. The queue is
// bounded; a full one stops the readers and never the accept loop.

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

// Dispatch answers requests on a fixed number of workers.
type Dispatch struct{ cfg Config }

// NewDispatch returns the design under cfg: cfg.Workers workers and a queue of cfg.Queue batches.
func NewDispatch(cfg Config) Server { return &Dispatch{cfg.WithDefaults()} }

// Serve accepts, and starts a reader and a writer for each connection.
func (s *Dispatch) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	// A stop does not end the pool: the requests in its queue are still answered.
	workers := pool.New(context.WithoutCancel(ctx), s.cfg.Pool(), s.cfg.Queue)
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		open.Add(conn)

		// region dispatch
		b, order := blocking.NewBatches(conn, s.cfg), make(chan dispatchTask, blocking.Ahead)
		go s.read(open.Context(), b, workers, order)
		go s.write(open, b, order)
		// endregion
	}
	// endregion

	// region drain
	if err := open.Wait(); err != nil {
		return err
	}
	workers.Close()
	return nil
	// endregion
}

// dispatchTask is a batch for a worker. The worker closes done when it has made the replies.
type dispatchTask struct {
	*blocking.Batch
	done chan struct{}
}

// read hands each batch to the pool, and tells the writer of it, in order.
func (s *Dispatch) read(work context.Context, b *blocking.Batches, workers *pool.Pool,
	order chan<- dispatchTask) {
	// region read: servers/blocking/batch.go
	for last := false; !last; {
		task := dispatchTask{b.Next(), make(chan struct{})}
		last = task.Last != nil // read here, because others own the batch once it is sent
		order <- task
		// region dispatch
		workers.Go(func() { // cannot fail: the pool is closed after all connections
			task.Answer(work, s.cfg.Protocol)
			close(task.done)
		})
		// endregion
	}
}

// write waits for the oldest task. It ends the connection after the last one.
func (s *Dispatch) write(open *drain.Group, b *blocking.Batches, order <-chan dispatchTask) {
	// region reply: servers/blocking/batch.go
	for last := false; !last; {
		task := <-order
		<-task.done
		last = b.Take(task.Batch)
	}
	b.End(open)
}
