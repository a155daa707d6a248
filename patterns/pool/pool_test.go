package pool_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"socketbench/patterns/pool"
)

// Both bounds hold, that of running workers and that of waiting tasks, and a full queue blocks Go.
func TestBounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := pool.New(t.Context(), 2, 3)
		var running atomic.Int32
		release := make(chan struct{})
		task := func() {
			running.Add(1)
			<-release
		}
		for range 5 { // two run, three wait
			require.NoError(t, p.Go(task))
		}
		synctest.Wait()
		require.EqualValues(t, 2, running.Load())
		submitted := make(chan error, 1)
		go func() { submitted <- p.Go(task) }()
		synctest.Wait()
		require.Empty(t, submitted, "the queue is full: Go blocks")
		close(release)
		require.NoError(t, <-submitted)
		synctest.Wait()
		require.EqualValues(t, 6, running.Load())
	})
}

func TestTheEndOfTheContextEndsAFullSubmit(t *testing.T) {
	ctx, stop := context.WithCancel(context.Background())
	p := pool.New(ctx, 1, 1)
	release := make(chan struct{})
	defer close(release)
	require.NoError(t, p.Go(func() { <-release }))
	require.NoError(t, p.Go(func() { <-release }))
	submitted := make(chan error, 1)
	go func() { submitted <- p.Go(func() {}) }()
	stop()
	require.Error(t, <-submitted)
}

func Example() {
	p := pool.New(context.Background(), 2, 16)
	var sum atomic.Int64
	var all sync.WaitGroup
	for i := range 10 {
		all.Add(1)
		p.Go(func() {
			defer all.Done()
			sum.Add(int64(i))
		})
	}
	all.Wait()
	p.Close()
	fmt.Println(sum.Load())
	// Output: 45
}
