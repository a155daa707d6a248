package experiments

import (
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/agent"
	"socketbench/experiments/environ"
	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/servers"
	"socketbench/servers/upper"
)

// What a trial says of its server's work and runtime is so, or the trial is invalid and says what is not.
func TestTrialOfAServerThatDoesOtherWorkIsInvalid(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux: the CPU time of other processes is read from /proc")
	}
	wait := working(upper.Work{Wait: 100 * time.Millisecond})
	slots := working(upper.Work{Wait: 20 * time.Millisecond, Slots: 1})
	cpu := working(upper.Work{CPU: 1_000_000})
	for _, c := range []struct {
		name   string
		config servers.Config
		server string
		gogc   int
		valid  bool
		said   string
	}{
		{name: "waits", config: wait, server: "goroutine", valid: true},
		{name: "does not wait", config: wait, server: "unmoved", said: "the server does not wait as it was told: half of the requests were answered within"},
		{name: "keeps to its slots", config: slots, server: "goroutine", valid: true},
		{name: "ignores its slots", config: slots, server: "greedy", said: "the server does not keep to its slots: it answered"},
		{name: "computes", config: cpu, server: "goroutine", valid: true},
		{name: "does not compute", config: cpu, server: "unmoved", said: "the server does not compute as it was told"},
		{name: "has its gogc", gogc: 50, server: "goroutine", valid: true},
		{name: "has another gogc", gogc: 50, server: "tunes", said: "the server has gogc 400, and was given 50"},
		{name: "chooses what is open", server: "tunes", valid: true, said: "the server has chosen gogc 400 for itself; others have 100"},
		{name: "changes its gogc", server: "retunes", said: "the server changed its gogc in the window, from 1"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := small(t, c.server)
			p.Cells, p.Trials = p.Cells[:1], p.Trials[:1]
			p.Trials[0].Cell = 0
			p.Cells[0].Config, p.Cells[0].GOGC, p.Cells[0].Load.Connections = c.config, c.gogc, 16
			r, err := run(t, p, nil)
			require.NoError(t, err)
			require.Len(t, r.Trials, 1)
			reasons := slices.DeleteFunc(r.Trials[0].Reasons, func(r reason.Reason) bool { return r.Kind == reason.Pause }) // of a busy machine
			said := reasons.String()
			if c.said != "" {
				require.Contains(t, said, c.said)
			} else {
				require.NotContains(t, said, "the server ")
			}
			if !c.valid {
				require.False(t, r.Trials[0].Valid)
			}
		})
	}
}

// Each of the settings, ordered or left open, before the window and at its end.
func TestRuntimeIsAsOrderedAtBothEnds(t *testing.T) {
	usual := host.Tuning{GOMAXPROCS: 2, GOGC: 100}
	for _, c := range []struct {
		name     string
		cell     plan.Cell
		from, to host.Tuning
		want     []string
		invalid  bool
	}{
		{name: "usual", from: usual, to: usual},
		{name: "off, as ordered", cell: plan.Cell{GOGC: -1}, from: host.Tuning{GOMAXPROCS: 2, GOGC: -1}, to: host.Tuning{GOMAXPROCS: 2, GOGC: -1}},
		{name: "ordered", cell: plan.Cell{GOMAXPROCS: 4}, from: usual, to: usual, invalid: true,
			want: []string{"the server has gomaxprocs 2, and was given 4"}},
		{name: "chosen", from: host.Tuning{GOMAXPROCS: 1, GOGC: -1, MemoryLimit: 64}, to: host.Tuning{GOMAXPROCS: 1, GOGC: -1, MemoryLimit: 64},
			want: []string{"warning: the server has chosen gomaxprocs 1 for itself; others have 2",
				"warning: the server has chosen gogc off for itself; others have 100",
				"warning: the server has chosen memory limit 64 for itself; others have off"}},
		{name: "changed", from: usual, to: host.Tuning{GOMAXPROCS: 1, GOGC: -1, MemoryLimit: 64}, invalid: true,
			want: []string{"the server changed its gomaxprocs in the window, from 2 to 1",
				"the server changed its gogc in the window, from 100 to off",
				"the server changed its memory limit in the window, from off to 64"}},
		{name: "unknown"},
	} {
		m := &measurement{cell: c.cell, trial: result.Trial{Valid: true}, serving: agent.Serving{Placement: host.Placement{Server: []int{0, 1}}}}
		m.served.Seen.From = agent.Reading{Told: true, Snapshot: host.Snapshot{Tuning: c.from}}
		m.served.Seen.To = agent.Reading{Told: true, Snapshot: host.Snapshot{Tuning: c.to}}
		m.tuned()
		m.stillTuned()
		require.Equal(t, strings.Join(c.want, "; "), m.trial.Reasons.String(), c.name)
		require.Equal(t, !c.invalid, m.trial.Valid, c.name)
	}
}

// A run that goes on in another environment has figures of both, and says so once.
func TestResumeSaysThatTheEnvironmentIsAnother(t *testing.T) {
	t.Setenv("PYTHONPATH", "/a")
	p := small(t, "goroutine")
	p.Trials = p.Block(0)[:1]
	r, err := run(t, p, nil)
	require.NoError(t, err)
	require.Contains(t, r.Manifest.Environment, environ.Setting{Name: "PYTHONPATH", Value: "/a", Fate: environ.Passed})
	require.Empty(t, otherEnvironment(r.Manifest, r.Manifest.Environment))
	t.Setenv("PYTHONPATH", "/b")
	t.Setenv("GOGC", "off") // reaches no server
	again, err := run(t, p, func(o *Options) { o.Dir, o.Resume = r.Dir, true })
	require.NoError(t, err)
	const said = "one environment: the run was resumed in another, where PYTHONPATH of the environment differs: /a, then /b"
	require.Contains(t, again.Manifest.NotMeasured, said)
	require.Len(t, again.Manifest.NotMeasured, len(r.Manifest.NotMeasured)+1)
	_, now := environ.Clean(os.Environ())
	require.Empty(t, otherEnvironment(again.Manifest, now))
}

// A server whose clock says that it used nothing has no cost of 0.
func TestNoCostIsZero(t *testing.T) {
	require.Empty(t, timesPerRequest(host.Usage{}, 30))
	require.Equal(t, map[string]float64{"cpu_per_request": 100, "cpu_user_per_request": 0, "cpu_sys_per_request": 100},
		timesPerRequest(host.Usage{CPU: 3000, Sys: 3000}, 30))
}
