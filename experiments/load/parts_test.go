// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// Whatever number of machines and processes play a run, what they tell adds up to what one would have told: every bucket of
// every histogram, every interval of the log, and the counts.
func TestPartsAddUpToTheWhole(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		machines := rapid.IntRange(1, 64).Draw(t, "machines")
		processes := rapid.IntRange(1, 3).Draw(t, "processes")
		o := Options{
			Arrivals: rapid.SampledFrom([]string{Constant, Poisson, Bursts}).Draw(t, "arrivals"), Rate: 3000,
			Seed:        rapid.Uint64().Draw(t, "seed"),
			Connections: rapid.IntRange(1, 200).Draw(t, "connections"), Mute: rapid.IntRange(0, 70).Draw(t, "mute"),
			Warmup: 20 * time.Millisecond, Duration: 250 * time.Millisecond,
		}
		if o.Arrivals == Bursts {
			o.Burst = Burst{Peak: 9000, Width: 20 * time.Millisecond, Period: 50 * time.Millisecond}
		}
		play := func(o Options) *Result {
			r := simulate(t, o, answering(o, func(now int64) time.Duration {
				return 100*time.Microsecond + time.Duration(now%int64(time.Millisecond)) // some are late
			})).run()
			text, err := json.Marshal(r)
			require.NoError(t, err)
			var back Result
			require.NoError(t, json.Unmarshal(text, &back))
			return &back
		}
		whole := play(o)
		parts := make([]*Result, machines)
		for i := range parts {
			own := make([]*Result, processes)
			for k := range own {
				own[k] = play(o.Split(i, machines).Split(k, processes))
			}
			parts[i] = addUp(o.WithDefaults(), own)
		}
		sum := AddUp(o, parts)
		for _, name := range []string{"offered_rate", "achieved_rate", "completed", "unanswered", "served", "unserved", "throughput_bytes", "answered"} {
			require.InDelta(t, whole.Metrics[name], sum.Metrics[name], 1e-6, name)
		}
		require.Equal(t, whole.Disturbers["mute.wanted"], sum.Disturbers["mute.wanted"])
		families := sum.Families()
		for i, f := range whole.Families() {
			require.Equal(t, cells(t, *f.Times), cells(t, *families[i].Times), "family %d", i)
		}
		require.Len(t, sum.Log, len(whole.Log))
		for i := range whole.Log {
			require.Equal(t, cells(t, whole.Log[i].Response), cells(t, sum.Log[i].Response), "interval %d", i)
		}
	})
}

func cells(t require.TestingT, h json.Marshaler) string {
	text, err := h.MarshalJSON()
	require.NoError(t, err)
	return string(text)
}
