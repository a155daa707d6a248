package experiments

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/stats"
)

// Three trials of one design are asked for what no single load can show. Each has every metric or says why
// it has not, and together they have all.
func TestTrialsHaveEveryMetricOrSayWhyNot(t *testing.T) {
	p := small(t, "goroutine")
	p.Trials = p.Trials[:1]
	cell := p.Trials[0].Cell
	played := func(change func(*plan.Cell)) result.Trial {
		q := p
		q.Cells = slices.Clone(p.Cells)
		q.Cells[cell].Load.Mute, q.Cells[cell].Load.Requests, q.Cells[cell].Load.Think = 0, 0, 0
		change(&q.Cells[cell])
		r, err := run(t, q, nil)
		require.NoError(t, err)
		require.Len(t, r.Trials, 1)
		return r.Trials[0]
	}
	closed := played(func(c *plan.Cell) {
		c.Load.Pipeline, c.Load.Duration, c.Load.Stop = 16, time.Second, true
	})
	open := played(func(c *plan.Cell) {
		c.Load.Arrivals, c.Load.Rate, c.Load.Connections, c.Config.Protocol.Work.Wait = "poisson", 2000, 200, time.Millisecond
	})
	sessions := played(func(c *plan.Cell) {
		c.Load.Requests, c.Load.Duration, c.Load.Mute = 1, time.Second, 1
	})
	datagrams := played(func(c *plan.Cell) {
		c.Server, c.Transport, c.Load.Arrivals, c.Load.Rate, c.Load.Duration = "udp", "udp", "poisson", 2000, time.Second
	})
	// scarce is what a slow machine may have too few requests or sessions for, or what a pause of it has spoilt.
	scarce := func(name string) bool {
		for _, trial := range []result.Trial{closed, open, sessions} {
			if strings.Contains(trial.Absent[name], "stood still") {
				return true
			}
		}
		family, part, _ := strings.Cut(name, ".")
		switch {
		case family == "connect", family == "first_reply":
			return sessions.Metrics["completed"] < 2000
		case part == "p99", part == "p999", name == "worst_connection_p99":
			return closed.Metrics["completed"] < 50_000
		}
		return false
	}
	for _, m := range metric.All { // whose names and units its own test holds to the design's table
		found := false
		for load, trial := range map[string]result.Trial{"closed": closed, "open": open, "sessions": sessions, "datagrams": datagrams} {
			value, has := trial.Metrics[m.Name]
			why := trial.Absent[m.Name]
			require.Equal(t, has, why == "", "%s of the %s loop: %v, absent: %q", m.Name, load, value, why)
			require.GreaterOrEqual(t, value, 0.0, m.Name)
			found = found || has
		}
		require.True(t, found || scarce(m.Name), "%s: %q, %q, %q", m.Name, closed.Absent[m.Name], open.Absent[m.Name], sessions.Absent[m.Name])
	}
	require.Equal(t, "connections drop nothing (transport: udp)", closed.Absent["dropped_server"])
	require.Equal(t, "a closed loop has no schedule", closed.Absent["offered_rate"])
	require.Equal(t, "requests do not wait in the handler (config.wait)", closed.Absent["in_service"])
	require.Contains(t, closed.Absent["rss_per_connection"], "fewer than 100 connections")
	require.Contains(t, open.Absent["fairness"], "closed loop only")
	require.Contains(t, open.Absent["replies_lost_at_drain"], "load.stop")
	require.InDelta(t, open.Metrics["in_service"], open.Metrics["achieved_rate"]*0.001, 1e-6)
}

// Where nobody is answered there is no figure of an answer, and it says so.
func TestTrialsWithoutAnswersSayWhy(t *testing.T) {
	p := small(t, "sequential")
	i := slices.IndexFunc(p.Trials, func(t plan.Trial) bool { return p.Cells[t.Cell].Load.Mute > 0 })
	p.Trials = p.Trials[i : i+1]
	p.Trials[0].Order = 0
	p.Cells[p.Trials[0].Cell].Load.Engine = load.EnginePortable
	r, err := run(t, p, nil)
	require.NoError(t, err)
	absent := r.Trials[0].Absent
	require.Equal(t, "nobody was answered", absent["cpu_per_request"])
	require.Equal(t, "fewer than 10 samples lie beyond it", absent["service.p50"])
	require.Equal(t, "the portable engine does not measure it", absent["client_cpu"])
}

// A figure that a pause of the generator has spoilt says so, and one that has too few requests says that: whatever else
// is wrong with the trial.
func TestTheReasonForWantIsTheOneThatHolds(t *testing.T) {
	m := measurement{played: load.Options{Connections: 2}, trial: result.Trial{Metrics: map[string]float64{"completed": 500}}}
	m.load = &load.Result{Times: load.Times{Response: stats.NewHistogram(slices.Repeat([]int64{1000}, 500)...)}}
	require.Equal(t, "no connection had 1,000 answers", m.absent("worst_connection_p99"))
	require.Equal(t, "fewer than 10 samples lie beyond it", m.absent("latency.p99"))
	m.load.Spoiled = 0.1
	const still = "the generator stood still meanwhile: the longest times are its own"
	require.Equal(t, still, m.absent("worst_connection_p99"))
	require.Equal(t, still, m.absent("latency.p50"))
	require.Equal(t, still, m.absent("latency.max"))
	require.Equal(t, "fewer than 10 samples lie beyond it", m.absent("latency.p999"))
}
