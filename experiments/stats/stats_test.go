package stats

import (
	"encoding/json"
	"math"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
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
	e := Apart(Mean([]float64{0.7, -1.6, -0.2, -1.2, -0.1, 3.4, 3.7, 0.8, 0, 2}), Mean([]float64{1.9, 0.8, 1.1, 0.1, -0.1, 4.4, 5.5, 1.6, 4.6, 3.4}))
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
	quick, slow := NewHistogram(), NewHistogram()
	quick.Record(1000, 990)
	slow.Record(1_000_000, 10)
	sum := Merge(nil, quick, slow)
	require.EqualValues(t, 990, quick.TotalCount(), "the arguments are not changed")
	require.InDelta(t, 1000, sum.Quantile(0.99), 10, "and not the mean of the two, half a millisecond")
	require.InDelta(t, 1e6, sum.Quantile(0.999), 1e4)
	require.True(t, Enough(sum.TotalCount(), 0.99), "10 of 1,000 lie beyond")
	require.False(t, Enough(sum.TotalCount(), 0.999), "1 of 1,000 does")
	far, any := Farthest(sum.TotalCount())
	require.True(t, any)
	require.InDelta(t, 0.99, far, 1e-12)
	require.Zero(t, Merge().Quantile(0.5))
}

// A histogram is the same wherever it was: merged in any order, cut anywhere, and on the way to another process.
func TestHistogramsMergeAndTravel(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		values := rapid.SliceOfN(rapid.Int64Range(-1, 2*Highest), 1, 200).Draw(t, "values")
		cut := rapid.IntRange(0, len(values)).Draw(t, "cut")
		whole := NewHistogram(values...)
		text, err := json.Marshal(whole)
		require.NoError(t, err)
		merged, err := json.Marshal(Merge(NewHistogram(values[cut:]...), nil, NewHistogram(values[:cut]...)))
		require.NoError(t, err)
		require.Equal(t, string(text), string(merged))
		var arrived Histogram
		require.NoError(t, json.Unmarshal(text, &arrived))
		again, err := json.Marshal(&arrived)
		require.NoError(t, err)
		require.Equal(t, string(text), string(again))
		stored, err := whole.Encode()
		require.NoError(t, err)
		encoded, err := arrived.Encode()
		require.NoError(t, err)
		require.Equal(t, string(stored), string(encoded))
		slices.Sort(values)
		for _, q := range []float64{0.5, 0.9, 0.99, 1} {
			rank := max(1, int(q*float64(len(values))+0.5))
			want := min(max(values[rank-1], 0), Highest)
			require.GreaterOrEqual(t, arrived.Quantile(q), want)
			require.LessOrEqual(t, float64(arrived.Quantile(q)), float64(want)*(1+resolution)+1)
		}
		_ = arrived.UnmarshalJSON(rapid.SliceOf(rapid.Byte()).Draw(t, "garbled")) // an error, and no panic
	})
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

// One bad trial moves neither a comparison nor the scatter of the others, and of a small sample it is not left out unseen.
func TestOneBadTrial(t *testing.T) {
	rows := [][]float64{{100, 102, 99, 101, 100, 98}, {121, 119, 120, 118, 122, 120}, {80, 81, 79, 80, 82, 79}}
	sound := NewTable(rows, nil)
	rows[1][3] *= 1.4
	bad := NewTable(rows, nil)
	require.InDelta(t, sound.Compare(1, 0).Center, bad.Compare(1, 0).Center, 0.02, "the mean would move by 0.056")
	require.Less(t, bad.Compare(1, 0).Half(), 0.1, "that of the mean is 0.144")
	require.InDelta(t, sound.Compare(2, 0).Center, bad.Compare(2, 0).Center, 0.005)
	require.Less(t, bad.Compare(2, 0).Half(), 1.6*sound.Compare(2, 0).Half())

	ten := []float64{10, 11, 9, 10, 12, 10, 9, 11, 10, 40}
	require.InDelta(t, 10.2, Location(ten).Center, 0.7, "the mean is 13.2")
	require.Equal(t, Mean(ten[5:]), Location(ten[5:]), "among five values, nothing tells which is the bad one")
	require.Equal(t, Mean([]float64{7, 7, 7, 7, 7, 7, 9}), Location([]float64{7, 7, 7, 7, 7, 7, 9}), "equal values have no scatter to judge by")
}

// The p-value is below 0.05 exactly where the interval lies outside of the distance.
func TestTheIntervalAndItsPAgree(t *testing.T) {
	for seed := range uint64(300) {
		s := newSimulated(seed, 0.02, 0.02, 0.08)
		s.bad = 0.1
		for range 3 + seed%6 {
			s.block()
		}
		table := NewTable(s.rows, s.seconds)
		for i := 1; i < 3; i++ {
			e := table.Compare(i, 0)
			low, high := e.Interval()
			for _, distance := range []float64{0, 0.01, 0.03} {
				require.Equal(t, low > distance || high < -distance, e.P(distance) < 1-Level, "%+v", e)
			}
		}
	}
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
	h := NewHistogram()
	for i := range int64(1000) {
		h.Record(1000+1000*i, 1)
	}
	few := Unanswered{N: 3, Youngest: 2000}
	require.InEpsilon(t, 500_000, Unanswered{}.Most(0.5, h), resolution, "none is open")
	require.InEpsilon(t, 500_000, Unanswered{N: 3, Youngest: 900_000}.Most(0.5, h), resolution, "all of them lie beyond it anyway")
	require.True(t, math.IsInf(Unanswered{N: 3, Youngest: 900_000}.Most(0.999, h), 1), "it may be one of them")
	require.InEpsilon(t, 503_000, few.Most(0.5, h), resolution, "three values further on")
	require.True(t, AtLeast(500_000, few.Most(0.5, h)))
	require.True(t, math.IsInf(Unanswered{N: 600, Youngest: 1}.Most(0.5, h), 1), "it may be any of them")
	h.Record(500_000, 1_000_000)
	require.False(t, AtLeast(500_000, few.Most(0.5, h)), "three of a million do not move it")
	require.Equal(t, Unanswered{N: 5, Youngest: 7}, Unanswered{N: 2, Youngest: 9}.And(Unanswered{N: 3, Youngest: 7}))
	require.Equal(t, few, Unanswered{}.And(few))
	require.Equal(t, Unanswered{N: 3, Youngest: 2000, NotSent: 5}, few.And(Unanswered{NotSent: 5}))
}

// Requests that were not sent move a percentile up to where it would be, if they had been sent and not answered.
func TestWhatWasNotSentCountsAsLate(t *testing.T) {
	h := NewHistogram()
	for i := range int64(1000) {
		h.Record(1000+1000*i, 1)
	}
	require.InEpsilon(t, 500_000, Unanswered{}.Most(0.5, h), resolution)
	require.InEpsilon(t, 750_000, Unanswered{NotSent: 500}.Most(0.5, h), 2*resolution, "the median of 1,500 is the 750th")
	require.True(t, math.IsInf(Unanswered{NotSent: 500}.Most(0.99, h), 1), "it is one of those")
	require.True(t, math.IsInf(Unanswered{NotSent: 1001}.Most(0.5, h), 1), "most were not sent")
	require.InEpsilon(t, 500_000, Unanswered{NotSent: 0.1}.Most(0.5, h), resolution, "one client of ten thousand does not move the median")
}
