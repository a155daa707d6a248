// Package limit is admission: so many are inside at once and the rest wait at the gate, first come,
// first served, on golang.org/x/sync/semaphore.
package limit

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// Gate hands out permits. Safe for concurrent use.
type Gate struct{ permits *semaphore.Weighted }

// New returns a gate with n permits.
func New(n int) *Gate { return &Gate{semaphore.NewWeighted(int64(n))} }

// Enter takes a permit, and blocks while there is none. It returns the error of ctx, and no permit,
// when ctx ends first. Those who wait are served in the order in which they came.
func (g *Gate) Enter(ctx context.Context) error { return g.permits.Acquire(ctx, 1) }

// Leave gives a permit back. It may be called from another goroutine than Enter was.
func (g *Gate) Leave() { g.permits.Release(1) }
