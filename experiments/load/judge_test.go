package load_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
)

// Each reason at its bound, from both sides.
func TestTheGeneratorJudgesItself(t *testing.T) {
	const unknown = -1.0
	open := load.Options{Arrivals: load.Poisson, Rate: 1000, Connections: 4, Duration: time.Second, CPUs: []int{0}}
	spinning, closed := open, load.Options{Connections: 4, Duration: time.Second, CPUs: []int{0}}
	spinning.Spin = true
	patient := spinning
	patient.Late = 2500 * time.Microsecond
	for _, c := range []struct {
		name    string
		o       load.Options
		engine  string
		m       map[string]float64
		busy    float64
		invalid bool
		lower   bool
		reason  string // part of the only one; "": none
	}{
		{name: "on time", o: open, m: map[string]float64{"send_lag.p99": 2e6}, busy: unknown},
		{name: "late", o: open, m: map[string]float64{"send_lag.p99": 2e6 + 1}, busy: unknown, invalid: true, reason: "above 2ms: the generator was late"},
		{name: "late in few requests", o: open, m: map[string]float64{"send_lag.p50": 2e6 + 1}, busy: unknown, invalid: true, reason: "send lag p50"},
		{name: "the median is not asked where there is a p99", o: open, m: map[string]float64{"send_lag.p50": 3e6, "send_lag.p99": 2e6}, busy: unknown},
		{name: "on time, spinning", o: spinning, m: map[string]float64{"send_lag.p99": 200e3}, busy: unknown},
		{name: "late, spinning", o: spinning, m: map[string]float64{"send_lag.p99": 200e3 + 1}, busy: unknown, invalid: true, reason: "above 200µs"},
		{name: "late, where response times are asked roughly", o: patient, m: map[string]float64{"send_lag.p99": 2.5e6}, busy: unknown, reason: "above 200µs: the generator was late, and its lateness is part of the response times; what is required of them is at least 10 times as long"},
		{name: "too late for that, too", o: patient, m: map[string]float64{"send_lag.p99": 2.5e6 + 1}, busy: unknown, invalid: true, reason: "above 2.5ms"},
		{name: "late beside a server that limits", o: open, m: map[string]float64{"send_lag.p99": 1e9}, busy: 0.91, reason: "the server limited this trial"},
		{name: "late beside a server that does not", o: open, m: map[string]float64{"send_lag.p99": 1e9}, busy: 0.90, invalid: true, reason: "late"},
		{name: "no lag in a closed loop", o: closed, m: map[string]float64{"send_lag.p99": 1e9}, busy: unknown},
		{name: "has room", o: open, m: map[string]float64{"client_cpu": 0.90}, busy: unknown},
		{name: "has no room", o: open, m: map[string]float64{"client_cpu": 0.91}, busy: unknown, invalid: true, reason: "no room left"},
		{name: "has no room in a closed loop", o: closed, m: map[string]float64{"client_cpu": 0.91}, busy: unknown, lower: true, reason: "lower bound"},
		{name: "has no room beside a server that limits", o: closed, m: map[string]float64{"client_cpu": 0.99}, busy: 0.95, reason: "the server limited"},
		{name: "keeps up", o: open, m: map[string]float64{"offered_rate": 1000, "achieved_rate": 990, "unanswered": 5}, busy: unknown},
		{name: "falls behind", o: open, m: map[string]float64{"offered_rate": 1000, "achieved_rate": 989, "unanswered": 5}, busy: unknown, reason: "the server fell behind: 989 of 1000"},
		{name: "portable", o: closed, engine: load.EnginePortable, m: map[string]float64{}, busy: unknown, reason: "portable engine"},
		{name: "nobody served", o: closed, m: map[string]float64{"served": 0, "completed": 0, "lost": 3, "errors.refused": 2}, busy: unknown, reason: "2 refused, 3 lost"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, told := c.m["served"]; !told {
				c.m["served"] = 4
			}
			r := load.Result{Engine: c.engine, Metrics: c.m, Setup: load.Setup{Threads: 1, Pinned: true, Spins: c.o.Spin}}
			load.Judge(c.o, &r, c.busy)
			require.Equal(t, !c.invalid, r.Valid, r.Reasons)
			require.Equal(t, c.lower, r.LowerBound)
			if c.reason == "" {
				require.Empty(t, r.Reasons)
				return
			}
			require.Len(t, r.Reasons, 1)
			require.Contains(t, r.Reasons[0].Text, c.reason)
			require.Equal(t, !c.invalid, r.Reasons[0].Warning, "what does not make it invalid is a warning")
		})
	}
}
