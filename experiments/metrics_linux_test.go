package experiments

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// section7 is the design's table of metrics, by unit.
var section7 = map[string]string{
	"requests/s": "offered_rate achieved_rate",
	"count": "completed wrong duplicate lost unanswered served unserved in_service goroutines_peak threads_peak gc_count " +
		"replies_lost_at_drain",
	"ns": "latency.mean latency.p50 latency.p90 latency.p99 latency.p999 latency.max " +
		"service.mean service.p50 service.p90 service.p99 service.p999 service.max " +
		"connect.p50 connect.p99 connect.max first_reply.p50 first_reply.p99 first_reply.max " +
		"send_lag.p50 send_lag.p99 send_lag.p999 send_lag.max " +
		"cpu_per_request cpu_user_per_request cpu_sys_per_request softirq_per_request gc_pause worst_connection_p99 drain",
	"bytes/s": "throughput_bytes",
	"CPUs":    "server_cpu client_cpu",
	"ratio":   "switches_per_request reads_per_request writes_per_request fairness",
	"bytes":   "rss_peak rss_per_connection",
}

// Three trials of one design are asked for what no single load can show. Each has every metric or says why
// it has not, and together they have all.
func TestTrialsHaveEveryMetricOrSayWhyNot(t *testing.T) {
	p := small(t, "goroutine")
	p.Trials = p.Trials[:1]
	cell := p.Trials[0].Cell
	played := func(change func(*plan.Cell)) result.Trial {
		q := p
		q.Cells = slices.Clone(p.Cells)
		q.Cells[cell].Load.Mute, q.Cells[cell].Load.Requests = 0, 0
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
		c.Load.Arrivals, c.Load.Rate, c.Load.Connections, c.Config.Wait = "poisson", 2000, 200, time.Millisecond
	})
	sessions := played(func(c *plan.Cell) {
		c.Load.Requests, c.Load.Duration = 1, time.Second
	})
	// scarce is what a slow machine may have too few requests or sessions for.
	scarce := func(name string) bool {
		family, part, _ := strings.Cut(name, ".")
		switch {
		case family == "connect", family == "first_reply":
			return sessions.Metrics["completed"] < 2000
		case part == "p99", part == "p999", name == "worst_connection_p99":
			return closed.Metrics["completed"] < 50_000
		}
		return false
	}
	for unit, names := range section7 {
		for _, name := range strings.Fields(names) {
			m, known := result.MetricByName(name)
			require.True(t, known, name)
			require.Equal(t, unit, m.Unit, name)
			found := false
			for load, trial := range map[string]result.Trial{"closed": closed, "open": open, "sessions": sessions} {
				value, has := trial.Metrics[name]
				why := trial.Absent[name]
				require.Equal(t, has, why == "", "%s of the %s loop: %v, absent: %q", name, load, value, why)
				require.GreaterOrEqual(t, value, 0.0, name)
				found = found || has
			}
			require.True(t, found || scarce(name), "%s: %q, %q, %q", name, closed.Absent[name], open.Absent[name], sessions.Absent[name])
		}
	}
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
