package experiments

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/stats"
)

// A window whose replies become slower and slower is warned of with the figures of all replies, also of
// those that were slower than any before.
func TestDriftSeesEveryReply(t *testing.T) {
	step := func(i int, ns int64) load.Interval {
		h := stats.NewHistogram(slices.Repeat([]int64{ns}, driftReplies)...)
		return load.Interval{Start: time.Duration(i) * time.Second, Length: time.Second, Response: h}
	}
	m := measurement{window: 4 * time.Second, load: &load.Result{Log: []load.Interval{
		step(0, 1000), step(1, 1000), step(2, 2000), step(3, 1_000_000),
		{Start: 4 * time.Second, Response: step(4, 9_000_000).Response},
	}}}
	m.drift()
	require.Equal(t, "warning: p50 drifted from 1 µs in the window's first half to 2 µs in its second", m.trial.Reasons.String())

	m.trial.Reasons = nil
	m.load.Log[2] = step(2, 1000)
	m.load.Log[3].Response = stats.Merge(m.load.Log[3].Response, stats.NewHistogram(1_000_000))
	m.drift()
	require.Equal(t, "warning: p50 drifted from 1 µs in the window's first half to 1 ms in its second", m.trial.Reasons.String())
}

// A machine that stood still for most of a window leaves two observations that lie too close together.
func TestObservationsThatAreNotTheWindows(t *testing.T) {
	for elapsed, valid := range map[time.Duration]bool{
		84 * time.Millisecond: false, 376 * time.Millisecond: true, 500 * time.Millisecond: true, 625 * time.Millisecond: true, 900 * time.Millisecond: false,
	} {
		m := measurement{window: 500 * time.Millisecond, trial: result.Trial{Valid: true}}
		m.readInTime(elapsed)
		require.Equal(t, valid, m.trial.Valid, "%v", elapsed)
		if !valid {
			require.Contains(t, m.trial.Reasons[0].Text, "the window was 500ms: the machine, or the process that measures, stood still")
		}
	}
}

// A server that refuses everybody is done with long before its window: no share of the wall time is negative.
func TestATrialLastsNoLongerThanItTook(t *testing.T) {
	m := measurement{cell: plan.Cell{Load: load.Options{Warmup: 300 * time.Millisecond, Duration: 2 * time.Second}}}
	for took, want := range map[float64]time.Duration{0.4: 400 * time.Millisecond, 2.3: 2300 * time.Millisecond, 5: 2300 * time.Millisecond} {
		m.trial.Seconds = took
		require.Equal(t, want, m.lasted())
	}
}
