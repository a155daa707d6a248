package limit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/limit"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func Example() {
	gate := limit.New(2)
	gate.Enter(context.Background())
	gate.Enter(context.Background())

	// The third waits until one of them leaves, or its context ends.
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	fmt.Println(gate.Enter(ctx))

	gate.Leave()
	fmt.Println(gate.Enter(context.Background()))
	// Output:
	// context canceled
	// <nil>
}

func TestGateNeverLetsInMoreThanItsPermits(t *testing.T) {
	const permits = 3
	gate := limit.New(permits)
	var mu sync.Mutex
	inside, most := 0, 0
	change := func(by int) {
		mu.Lock()
		defer mu.Unlock()
		inside += by
		most = max(most, inside)
	}
	var all sync.WaitGroup
	for range 200 {
		all.Go(func() {
			require.NoError(t, gate.Enter(t.Context()))
			change(1)
			change(-1)
			gate.Leave()
		})
	}
	all.Wait()
	require.LessOrEqual(t, most, permits)
	require.Zero(t, inside)
}

// A caller that gave up waiting must not have taken a permit.
func TestGateKeepsThePermitOfAWaiterThatGaveUp(t *testing.T) {
	gate := limit.New(1)
	require.NoError(t, gate.Enter(t.Context()))
	ctx, cancel := context.WithCancel(t.Context())
	gaveUp := make(chan error, 1)
	go func() { gaveUp <- gate.Enter(ctx) }()
	cancel()
	require.ErrorIs(t, <-gaveUp, context.Canceled)
	gate.Leave()
	require.NoError(t, gate.Enter(t.Context()))
}

func BenchmarkGate(b *testing.B) {
	gate := limit.New(1)
	for b.Loop() {
		gate.Enter(b.Context())
		gate.Leave()
	}
}
