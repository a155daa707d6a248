package stats

import (
	"math"
	"testing"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"
)

func TestHolm(t *testing.T) {
	// The smallest is multiplied by their number, the next by one less; none falls below one before it.
	got := Holm([]float64{0.03, 0.01, 0.04, 0.2})
	for i, want := range []float64{0.09, 0.04, 0.09, 0.2} {
		require.InDelta(t, want, got[i], 1e-12)
	}
	require.Equal(t, []float64{1, 1}, Holm([]float64{0.9, 0.8}))
	require.Empty(t, Holm(nil))
}

func TestMedianLeavesItsInputAlone(t *testing.T) {
	values := []float64{9, 1, 5, 3}
	require.Equal(t, 4.0, Median(values))
	require.Equal(t, []float64{9, 1, 5, 3}, values)
	require.Equal(t, 5.0, Median([]float64{9, 1, 5}))
	require.True(t, math.IsNaN(Median(nil)))
}

// Gosset's own example: additional hours of sleep after one soporific and another, ten patients.
func TestMeanIsStudents(t *testing.T) {
	e := Mean([]float64{1.2, 2.4, 1.3, 1.3, 0, 1.0, 1.8, 0.8, 4.6, 1.4})
	low, high := e.Interval()
	require.InDelta(t, 1.58, e.Center, 1e-9)
	require.InDelta(t, 0.7001142, low, 1e-6)
	require.InDelta(t, 2.4598858, high, 1e-6)
	require.InDelta(t, 0.002833, e.P(0), 1e-6)
}

func TestApartIsWelchs(t *testing.T) {
	e := Apart([]float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}, []float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4})
	low, high := e.Interval()
	require.InDelta(t, 17.776, e.DF, 1e-3)
	require.InDelta(t, -3.3654832, low, 1e-6)
	require.InDelta(t, 0.2054832, high, 1e-6)
	require.InDelta(t, 0.07939, e.P(0), 1e-5)
}

func TestOneValueHasNoInterval(t *testing.T) {
	require.True(t, math.IsInf(Mean([]float64{3}).Half(), 1))
	require.Equal(t, 1.0, Mean([]float64{3}).P(0))
	require.True(t, math.IsInf(NewTable([][]float64{{1}, {2}}, nil).Compare(0, 1).Half(), 1))
}

func TestPercentilesAreOfTheMergedHistogram(t *testing.T) {
	quick, slow := hdrhistogram.NewPacked(1, 3.6e12, 3), hdrhistogram.NewPacked(1, 3.6e12, 3)
	require.NoError(t, quick.RecordValues(1000, 990))
	require.NoError(t, slow.RecordValues(1_000_000, 10))
	sum := Merge([]*hdrhistogram.PackedHistogram{nil, quick, slow})
	require.EqualValues(t, 990, quick.TotalCount(), "the arguments are not changed")
	require.InDelta(t, 1000, At(sum, 0.99).Value, 10, "and not the mean of the two, half a millisecond")
	require.InDelta(t, 1e6, At(sum, 0.999).Value, 1e4)
	require.False(t, At(sum, 0.99).TooFew, "10 of 1,000 lie beyond")
	require.True(t, At(sum, 0.999).TooFew, "1 of 1,000 does")
	require.Nil(t, Merge(nil))
}

func TestBootstrapNeedsTwenty(t *testing.T) {
	_, _, err := BootstrapMedian(make([]float64, 19))
	require.ErrorContains(t, err, "at least 20")
	values := make([]float64, 20)
	for i := range values {
		values[i] = float64(i)
	}
	low, high, err := BootstrapMedian(values)
	require.NoError(t, err)
	require.Less(t, low, 9.5)
	require.Greater(t, high, 9.5)
	again, _, _ := BootstrapMedian(values)
	require.Equal(t, low, again, "the same values give the same interval")
}

// A trial that is missing takes its block out of its own comparisons and of no others.
func TestMissingTrials(t *testing.T) {
	none := math.NaN()
	table := NewTable([][]float64{{1, 1, 1, 1}, {2, 2, none, 2}, {4, 4, 4, 4}}, nil)
	e := table.Compare(1, 0)
	require.Equal(t, 3, e.N)
	require.InDelta(t, math.Log(2), e.Center, 1e-12)
	require.Equal(t, 4, table.Compare(2, 0).N)
}

// Of a thousand requests some were never answered: what they may change is a lower bound, and nothing else.
func TestWhatOpenRequestsMayChange(t *testing.T) {
	h := hdrhistogram.New(1, 1e9, 3)
	for i := range int64(1000) {
		require.NoError(t, h.RecordValue(1000+1000*i))
	}
	few := Open{N: 3, Youngest: 2000}
	require.InEpsilon(t, 500_000, Open{}.Most(0.5, h.TotalCount(), Reader(h)), figures, "none is open")
	require.InEpsilon(t, 500_000, Open{N: 3, Youngest: 900_000}.Most(0.5, h.TotalCount(), Reader(h)), figures, "all of them lie beyond it anyway")
	require.True(t, math.IsInf(Open{N: 3, Youngest: 900_000}.Most(0.999, h.TotalCount(), Reader(h)), 1), "it may be one of them")
	require.InEpsilon(t, 503_000, few.Most(0.5, h.TotalCount(), Reader(h)), figures, "three values further on")
	require.True(t, AtLeast(500_000, few.Most(0.5, h.TotalCount(), Reader(h))))
	require.True(t, math.IsInf(Open{N: 600, Youngest: 1}.Most(0.5, h.TotalCount(), Reader(h)), 1), "it may be any of them")
	for range 1_000_000 {
		require.NoError(t, h.RecordValue(500_000))
	}
	require.False(t, AtLeast(500_000, few.Most(0.5, h.TotalCount(), Reader(h))), "three of a million do not move it")
	require.Equal(t, Open{N: 5, Youngest: 7}, Open{N: 2, Youngest: 9}.And(Open{N: 3, Youngest: 7}))
	require.Equal(t, few, Open{}.And(few))
}
