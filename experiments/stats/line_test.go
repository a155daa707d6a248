package stats

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// Of many lines with scatter, 95 % have the next point in the interval that is predicted for it, far beyond the others too.
func TestALinePredictsWithItsInterval(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	inside, inSlope, runs := 0, 0, 4000
	for range runs {
		var x, y []float64
		for _, clients := range []float64{1000, 2000, 4000} {
			for range 3 {
				x, y = append(x, clients), append(y, 5e6+12_000*clients+2e6*random.NormFloat64())
			}
		}
		l, ok := NewLine(x, y)
		require.True(t, ok)
		next := 5e6 + 12_000*50_000 + 2e6*random.NormFloat64()
		if low, high := l.At(50_000).Interval(); low <= next && next <= high {
			inside++
		}
		if low, high := l.Slope().Interval(); low <= 12_000 && 12_000 <= high {
			inSlope++
		}
	}
	require.InDelta(t, 0.95, float64(inside)/float64(runs), 0.015)
	require.InDelta(t, 0.95, float64(inSlope)/float64(runs), 0.015)
}

func TestALineNeedsThreePlaces(t *testing.T) {
	_, ok := NewLine([]float64{1, 1, 2, 2}, []float64{1, 1, 2, 2})
	require.False(t, ok)
	l, ok := NewLine([]float64{1, 2, 4}, []float64{3, 5, 9})
	require.True(t, ok)
	require.InDelta(t, 21, l.At(10).Center, 1e-9)
	low, high := l.At(10).Interval()
	require.InDelta(t, 0, high-low, 1e-6, "the points lie on the line")
}
