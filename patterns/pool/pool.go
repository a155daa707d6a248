// Package pool is a fixed set of workers behind a bounded queue, on github.com/alitto/pond/v2.
package pool

import (
	"context"

	"github.com/alitto/pond/v2"
)

// Pool runs tasks on at most a fixed number of goroutines. A worker that finds no task ends, and
// the next task starts another. Safe for concurrent use.
type Pool struct{ pond pond.Pool }

// New returns a pool with at most so many workers and so many waiting tasks, which runs until ctx
// ends. Both bounds are required, because pond's queue is unbounded by default, and an unbounded
// queue turns overload into memory.
func New(ctx context.Context, workers, queue int) *Pool {
	return &Pool{pond.NewPool(workers, pond.WithContext(ctx), pond.WithQueueSize(queue))}
}

// Go queues task. It blocks while the queue is full, which is the pool's back-pressure. Once the
// pool's context has ended it returns an error and does not run task. It uses pond's Go, because
// Submit allocates a future and a context for every task.
func (p *Pool) Go(task func()) error { return p.pond.Go(task) }

// Close blocks until every queued task has run and every worker has ended.
func (p *Pool) Close() { p.pond.StopAndWait() }
