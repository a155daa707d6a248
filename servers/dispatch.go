// dispatch: each connection has a reader, requests run on a pool of workers.
//
// How it waits. The reader blocks in read, hands what it read to a pool and reads on. A worker
// makes the replies; the connection's writer takes them up in the order in which their requests
// came, and waits for the one that is next.
//
// What it costs. Two hand-overs for every batch of requests, to a worker and to the writer, each a
// trip through the scheduler; for a handler that only changes letters that is dearer than the
// handler. It pays when the work of requests must have a bound of its own, whoever is connected:
// eight at a time at the database and ten thousand connections. Measured: 10.3 µs of CPU a request
// with one client, 7.6 with 64, where goroutine takes 5.5.
//
// Where it breaks. The queue: when work comes faster than the workers do it, the wait in the queue
// is what clients see, and it hits all of them alike. A request that takes long holds up the later
// ones of its own connection, as replies keep their order, and a worker from everybody.
//
// Watch for. Workers finish in any order: writing from a worker mixes up the replies, and a client
// that does not read would hold a worker for good. The pool is given whole batches, as a hand-over
// for every request in them would cost more; the queue is bounded, and a full one stops the readers
// and never the accept loop.

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
	// What is queued is answered also when the server is told to stop.
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

// dispatchTask is a batch that a worker has or will have; done is ready when it is answered.
type dispatchTask struct {
	*blocking.Batch
	done chan struct{}
}

// read hands over what it reads, and leaves word of it with the writer, in order.
func (s *Dispatch) read(work context.Context, b *blocking.Batches, workers *pool.Pool,
	order chan<- dispatchTask) {
	// region read: servers/blocking/batch.go
	for last := false; !last; {
		task := dispatchTask{b.Next(), make(chan struct{})}
		last = task.Last != nil // asked now: soon the batch is another's
		order <- task
		// region dispatch
		workers.Go(func() { // cannot fail: the pool is closed last
			task.Answer(work, s.cfg.Protocol)
			close(task.done)
		})
		// endregion
	}
}

// write waits for the oldest task. The last one ends the connection.
func (s *Dispatch) write(open *drain.Group, b *blocking.Batches, order <-chan dispatchTask) {
	// region reply: servers/blocking/batch.go
	for last := false; !last; {
		task := <-order
		<-task.done
		last = b.Take(task.Batch)
	}
	b.End(open)
}
