// Package limit is admission control: at most a fixed number hold a permit at once, and the others
// wait in the order in which they came. It uses golang.org/x/sync/semaphore.
package limit

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// Gate hands out permits. Safe for concurrent use.
type Gate struct{ permits *semaphore.Weighted }

// New returns a gate with n permits.
func New(n int) *Gate { return &Gate{semaphore.NewWeighted(int64(n))} }

// Enter takes a permit, and blocks while none is free. If ctx ends first, it returns the error of
// ctx and takes no permit. Callers that wait get permits in the order in which they came.
func (g *Gate) Enter(ctx context.Context) error { return g.permits.Acquire(ctx, 1) }

// Leave returns a permit. The goroutine that calls it need not be the one that called Enter.
func (g *Gate) Leave() { g.permits.Release(1) }
