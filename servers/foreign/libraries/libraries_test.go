package libraries

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// What one connection asks for is done one after the other, in order, also if it comes while nothing is left to do.
func TestTurns(t *testing.T) {
	var turns Turns
	var order []int // no lock: two at once would be a race
	for round := range 50 {
		done := make(chan struct{})
		for i := range 20 {
			turns.Go(func() { order = append(order, 20*round+i) })
		}
		turns.Go(func() { close(done) })
		<-done
	}
	require.Len(t, order, 1000)
	require.True(t, slices.IsSorted(order))
}
