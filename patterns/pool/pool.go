// Package pool is a fixed set of workers behind a bounded queue, on github.com/alitto/pond/v2.
package pool

import (
	"context"

	"github.com/alitto/pond/v2"
)

// Pool runs tasks on at most a fixed number of goroutines: a worker that finds nothing to do ends,
// and the next task starts another. Safe for concurrent use.
type Pool struct{ pond pond.Pool }

// New returns a pool of so many workers and so many waiting tasks, until ctx ends. Both bounds are
// said here because pond's queue has none unless it is told: an unbounded queue turns overload into
// memory.
func New(ctx context.Context, workers, queue int) *Pool {
	return &Pool{pond.NewPool(workers, pond.WithContext(ctx), pond.WithQueueSize(queue))}
}

// Go queues task. While the queue is full it blocks, which is how the pool pushes back. It returns
// an error, and will not run task, once the pool's context has ended. It uses pond's Go, as Submit
// would allocate a future and a context for every task.
func (p *Pool) Go(task func()) error { return p.pond.Go(task) }

// Close blocks until every task that was queued has run and every worker has ended.
func (p *Pool) Close() { p.pond.StopAndWait() }
