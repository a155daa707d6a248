package experiments

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/reason"
	"socketbench/experiments/result"
)

// A system clock that is set while a run lasts changes what is recorded of when, is told, and changes
// nothing that is measured; nor does it harm what is resumed.
func TestClockThatJumps(t *testing.T) {
	for _, by := range []time.Duration{time.Hour, -48 * time.Hour} {
		t.Run(fmt.Sprint(by), func(t *testing.T) {
			p := small(t, "goroutine")
			armed, set := false, false
			clock := func() time.Time {
				if set {
					return systemTime().Add(by)
				}
				set = armed // for the next who reads it
				return systemTime()
			}
			began := time.Now()
			var last Ended
			dir := t.TempDir() + "/results"
			r, err := run(t, p, func(o *Options) {
				o.Dir, o.clock = dir, clock
				o.Emit = func(e Event) {
					switch e := e.(type) {
					case Started:
						armed = armed || e.Number == 2
					case Ended:
						last = e
					}
				}
			})
			require.NoError(t, err)
			took := time.Since(began)
			require.True(t, set)
			require.Len(t, r.Trials, len(p.Trials))

			warned := 0
			var sum float64
			for _, trial := range r.Trials {
				require.True(t, trial.Valid || trial.Reasons.Has(reason.Pause), trial.Reasons)
				require.Positive(t, trial.Seconds)
				sum += trial.Seconds
				require.Less(t, time.Duration(trial.Metrics["latency.max"]), took)
				require.Less(t, time.Duration(trial.Raw["window_ns"]), took)
				if strings.Contains(trial.Reasons.String(), fmt.Sprintf("the system's clock was set by %v", by)) {
					warned++
				}
			}
			require.Equal(t, 1, warned, "the trial during which it was set, and no other")
			require.LessOrEqual(t, sum, took.Seconds())
			require.LessOrEqual(t, last.Wall, took)
			require.Greater(t, last.Overhead, 0.0)
			require.Less(t, last.Overhead, 1.0)
			require.WithinDuration(t, time.Now().Add(by), r.Manifest.Finished, time.Minute)

			// Resumed before it was begun, as the clock shows: nothing is missing, and nothing is lost.
			again, err := run(t, p, func(o *Options) { o.Dir, o.Resume, o.clock = dir, true, clock })
			require.NoError(t, err)
			require.Equal(t, orders(r.Trials), orders(again.Trials))
		})
	}
}

func orders(trials []result.Trial) (list []int) {
	for _, t := range trials {
		list = append(list, t.Order)
	}
	return list
}

func TestJump(t *testing.T) {
	at := time.Unix(1000, 0)
	require.Zero(t, jump(at, at.Add(3*time.Second), 3*time.Second))
	require.Zero(t, jump(at, at.Add(3*time.Second+200*time.Millisecond), 3*time.Second), "read late")
	require.Equal(t, time.Hour, jump(at, at.Add(time.Hour+time.Second), time.Second))
	require.Equal(t, -time.Hour, jump(at, at.Add(time.Second-time.Hour), time.Second))
}
