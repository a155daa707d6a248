package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A clock that the test moves: what counts is the part of a pause that lies in the window or the grace.
func TestPausesOfTheWindowAreKept(t *testing.T) {
	const ms = int64(time.Millisecond)
	window := func() *recorder { return &recorder{start: 100 * ms, end: 600 * ms} }
	for _, c := range []struct {
		name           string
		pauses         [][2]int64 // due and had, ms
		longest, total int64      // ms
	}{
		{"none", nil, 0, 0},
		{"shorter than what is told", [][2]int64{{200, 209}, {300, 309}}, 0, 0},
		{"the shortest that is told", [][2]int64{{200, 210}}, 10, 10},
		{"several", [][2]int64{{200, 220}, {300, 385}, {500, 511}}, 85, 116},
		{"in the warm-up", [][2]int64{{10, 90}}, 0, 0},
		{"out of the warm-up", [][2]int64{{10, 130}}, 30, 30},
		{"beyond the end", [][2]int64{{590, 690}}, 100, 10},
		{"in the grace", [][2]int64{{610, 640}}, 30, 0},
		{"beyond the grace", [][2]int64{{700, 900}}, 0, 0},
		{"over all of it", [][2]int64{{50, 2000}}, 600, 500},
	} {
		t.Run(c.name, func(t *testing.T) {
			b := window()
			for _, p := range c.pauses {
				b.paused(p[0]*ms, p[1]*ms)
			}
			require.Equal(t, c.longest*ms, b.pauses.longest)
			require.Equal(t, c.total*ms, b.pauses.total)
		})
	}
	b := &recorder{start: never, end: never}
	b.paused(0, time.Hour.Nanoseconds())
	require.Zero(t, b.pauses, "before the play nothing is the window's")
}

// What a pause spoils: a hundredth of the window is beyond p99, and in the rate.
func TestPausesAreJudged(t *testing.T) {
	own := []int{0}
	for _, c := range []struct {
		pause, paused time.Duration
		cpus          []int
		valid         bool
		said          string
		late          time.Duration // that the caller allows
	}{
		{0, 0, nil, true, "", 0},
		{12 * time.Millisecond, 12 * time.Millisecond, own, false, "no turn for 12ms of the window's 1s", 0},
		{12 * time.Millisecond, 12 * time.Millisecond, own, true, "no turn for 12ms in one piece", 12 * time.Millisecond},
		{12 * time.Millisecond, 12 * time.Millisecond, own, false, "no turn for 12ms of the window's 1s", 11 * time.Millisecond},
		{12 * time.Millisecond, 60 * time.Millisecond, own, false, "no turn for 60ms of the window's 1s", 12 * time.Millisecond},
		{50 * time.Millisecond, 50 * time.Millisecond, nil, true, "no turn for 50ms in one piece", 0},
		{51 * time.Millisecond, 51 * time.Millisecond, nil, false, "no turn for 51ms of the window's 1s", 0},
		{10 * time.Millisecond, 10 * time.Millisecond, own, true, "no turn for 10ms in one piece", 0},
		{90 * time.Millisecond, 0, own, true, "no turn for 90ms in one piece", 0}, // in the grace
		{1500 * time.Millisecond, time.Second, nil, false, "no turn for 1s of the window's 1s, up to 1.5s in one piece", 0},
	} {
		r := &Result{Pause: c.pause, Paused: c.paused, Setup: Setup{Threads: 1, Pinned: c.cpus != nil}, Metrics: map[string]float64{"served": 4, "unanswered": 3, "offered_rate": 100, "achieved_rate": 100}}
		if !c.valid {
			r.Metrics["achieved_rate"] = 50
		}
		Judge(Options{Arrivals: Poisson, Rate: 100, Duration: time.Second, Late: c.late}, r, -1)
		require.Equal(t, c.valid, r.Valid, "%v", r.Reasons)
		if c.said == "" {
			require.Empty(t, r.Reasons)
			continue
		}
		require.Len(t, r.Reasons, 1, "and nothing of a server that fell behind")
		require.Contains(t, r.Reasons[0].Text, c.said)
	}
}

// A closed loop asks nothing while its generator stands still: the rate of a few hundredths less is the noise of any
// run, and only the requests that were under way are late. What rests on these is withheld, and nothing else.
func TestWhatAPauseSpoilsIsWithheld(t *testing.T) {
	figures := func() map[string]float64 {
		return map[string]float64{"served": 16, "completed": 10_000, "latency.p50": 1, "latency.p90": 1, "latency.p99": 1, "latency.p999": 1,
			"latency.max": 1, "latency.mean": 1, "achieved_rate": 1, "cpu_per_request": 1, "send_lag.p99": 1}
	}
	for _, c := range []struct {
		name   string
		o      Options
		pauses int64
		paused time.Duration
		valid  bool
		left   []string
	}{
		{"no pause", Options{}, 0, 0, true, []string{"latency.p50", "latency.p90", "latency.p99", "latency.p999", "latency.max"}},
		{"one, of 16 requests in 10,000", Options{}, 1, 20 * time.Millisecond, true, []string{"latency.p50", "latency.p90", "latency.p99"}},
		{"two", Options{}, 2, 40 * time.Millisecond, true, []string{"latency.p50", "latency.p90"}},
		{"too much of the window", Options{}, 3, 60 * time.Millisecond, false, []string{"latency.p50", "latency.p90"}},
		{"an open loop", Options{Arrivals: Constant, Rate: 10_000}, 1, 10 * time.Millisecond, true, []string{"latency.p50", "latency.p90"}},
		{"an open loop whose caller allows as much", Options{Arrivals: Constant, Rate: 10_000, Late: 20 * time.Millisecond}, 1, 11 * time.Millisecond, true, []string{"latency.p50", "latency.p90", "latency.p99", "latency.p999", "latency.max"}},
		{"an open loop for longer", Options{Arrivals: Constant, Rate: 10_000}, 1, 11 * time.Millisecond, false, []string{"latency.p50", "latency.p90"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := c.o
			o.Connections, o.Pipeline, o.Duration = 16, 1, time.Second
			r := &Result{Pause: min(c.paused, 20*time.Millisecond), Paused: c.paused, Pauses: c.pauses, Metrics: figures(), Setup: Setup{Threads: 1, Pinned: true}}
			r.withhold(o)
			Judge(o, r, -1)
			require.Equal(t, c.valid, r.Valid, "%v", r.Reasons)
			var left []string
			for _, name := range []string{"latency.p50", "latency.p90", "latency.p99", "latency.p999", "latency.max"} {
				if _, has := r.Metrics[name]; has {
					left = append(left, name)
				}
			}
			require.Equal(t, c.left, left)
			require.Contains(t, r.Metrics, "cpu_per_request")
		})
	}
}
