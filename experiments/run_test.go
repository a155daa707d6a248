package experiments

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
	"socketbench/experiments/metric"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// run measures a plan. It runs no trial again, because how often that is depends on what else the machine does.
func run(t *testing.T, p plan.Plan, change func(*Options)) (result.Run, error) {
	o := Options{Plan: p, Registry: registry(), Dir: filepath.Join(t.TempDir(), "results"), once: true}
	if change != nil {
		change(&o)
	}
	return Run(t.Context(), o)
}

func TestRunMeasuresEveryTrialOfThePlan(t *testing.T) {
	p := small(t, "sequential", "goroutine")
	var events []Event
	r, err := run(t, p, func(o *Options) { o.Emit = func(e Event) { events = append(events, e) } })
	require.NoError(t, err)
	require.Len(t, r.Trials, len(p.Trials))
	for i, trial := range r.Trials {
		planned := p.Trials[i]
		require.Equal(t, planned.Order, trial.Order)
		require.Equal(t, planned.Block, trial.Block)
		require.Equal(t, planned.Label, trial.Label)
		require.Equal(t, p.Cells[planned.Cell].ID.Key(), trial.Cell.Key())
		require.Empty(t, trial.Stderr)
		m := trial.Metrics
		for _, name := range []string{"wrong", "duplicate", "lost"} {
			require.Zero(t, m[name], "%s of %s", name, trial.Cell.Key())
		}
		if trial.Cell.Server() == "sequential" && trial.Cell["load.mute"] != 0.0 {
			require.Zero(t, m["served"], "a sequential server cannot serve beside a silent client")
			require.Positive(t, m["unserved"])
			require.NotContains(t, m, "cpu_per_request", "nothing was asked successfully, so nothing has a cost")
			continue
		}
		if m["completed"] == 0 { // in the fifth of a second that a trial takes, a machine may stand still
			require.True(t, trial.Reasons.Has(reason.Pause), trial.Reasons)
			continue
		}
		require.Positive(t, m["served"])
		if runtime.GOOS == "linux" {
			for _, name := range []string{"cpu_per_request", "server_cpu", "rss_peak", "threads_peak", "goroutines_peak", "drain",
				"reads_per_request", "writes_per_request", "switches_per_request"} {
				require.Contains(t, m, name)
			}
			require.Positive(t, m["cpu_per_request"])
			require.Positive(t, trial.Raw["cpu_ns"])
		}
		require.NotContains(t, m, "rss_per_connection", "four connections are too few to tell")
		h, err := r.Histograms(trial)
		require.NoError(t, err)
		require.Positive(t, h.Response.TotalCount())
	}
	for name := range r.Trials[0].Metrics {
		if !strings.HasPrefix(name, "errors.") {
			_, known := metric.Find(name)
			require.True(t, known, "metric %q is not in metric.All", name)
		}
	}
	require.Equal(t, 2, r.Manifest.Blocks)
	require.False(t, r.Manifest.Finished.IsZero())
	require.NotEmpty(t, r.Manifest.Spec)
	require.Equal(t, p.Hash, r.Manifest.PlanHash)

	// The stream: what is planned, each trial from its start to its end, the end, what follows from it.
	require.IsType(t, Planned{}, events[0])
	require.IsType(t, Ended{}, events[len(events)-2])
	told, ok := events[len(events)-1].(Verdict)
	require.True(t, ok)
	require.Len(t, told.Analysis.Cells, len(p.Cells))
	require.Len(t, told.Run.Trials, len(p.Trials))
	next, open := 0, false
	for _, e := range events[1 : len(events)-2] {
		switch e := e.(type) {
		case Started:
			require.False(t, open)
			require.Equal(t, next, e.Trial.Order)
			open = true
		case Waiting:
			require.True(t, open)
		case Progress:
			require.True(t, open)
		case Finished:
			require.True(t, open)
			require.Equal(t, next, e.Result.Order)
			open, next = false, next+1
		default:
			t.Fatalf("unexpected event %T", e)
		}
	}
	require.Equal(t, len(p.Trials), next)
}

// A server that breaks is a result with what it said, and the run goes on.
func TestBrokenServersAreResults(t *testing.T) {
	p := small(t, "goroutine", "dies", "leaks", "fails", "gone {port}")
	if runtime.GOOS != "linux" {
		p = small(t, "goroutine", "dies", "leaks", "fails")
	}
	r, err := run(t, p, nil)
	require.NoError(t, err)
	require.Len(t, r.Trials, len(p.Trials))
	for _, trial := range r.Trials {
		why := trial.Reasons.String()
		switch trial.Cell.Server() {
		case "goroutine":
			require.NotContains(t, why, "died")
			require.Empty(t, trial.Fault)
		case "dies":
			require.False(t, trial.Valid)
			require.Contains(t, why, "the server died (exit status 2)")
			require.Contains(t, trial.Stderr, "the server gave up")
			require.Equal(t, "died (exit status 2)", trial.Fault.String())
		case "leaks":
			require.Contains(t, why, "warning: 1 goroutine left when Serve had returned")
		case "fails":
			require.Contains(t, why, "warning: drain: 2 connections were cut off")
		default:
			require.False(t, trial.Valid)
			require.Contains(t, why, "ended before it listened")
			require.Contains(t, trial.Stderr, "gone")
			require.Equal(t, reason.NotStarted, trial.Fault.Kind)
		}
	}
}

// A server that answers and then hangs, and one that lies once, are served clients of whom a table could say all: what
// they did is a fault, and the share that was answered says how much of one.
func TestServersThatStopAnsweringOrLie(t *testing.T) {
	p := small(t, "stops", "lies")
	for i := range p.Cells {
		p.Cells[i].Load.Duration, p.Cells[i].Load.Think = 700*time.Millisecond, 10*time.Millisecond
	}
	r, err := run(t, p, nil)
	require.NoError(t, err)
	told := map[string]bool{}
	for _, trial := range r.Trials {
		switch trial.Cell.Server() {
		case "stops":
			if trial.Fault.Kind == "" && trial.Reasons.Has(reason.Pause) { // the machine stood still for so long that it explains the silence
				continue
			}
			require.Equal(t, reason.Stopped, trial.Fault.Kind, trial.Metrics)
			require.Less(t, trial.Metrics["answered"], .5, trial.Metrics)
			require.Positive(t, trial.Metrics["missing"])
		case "lies":
			require.EqualValues(t, 1, trial.Metrics["wrong"])
			require.Contains(t, trial.Reasons.String(), "the first wrong reply, to request ")
		}
		told[trial.Cell.Key()] = true
	}
	a, err := verdict.Judge(r)
	require.NoError(t, err)
	for _, f := range a.Faults {
		require.Contains(t, []string{"stops", "lies"}, f.Cell.Server(), f.Sentence())
	}
	require.Len(t, a.Faults, len(told), "two servers, alone and beside a silent client, as far as the machine let them")
}

// A server that is stopped while its clients go on asking loses nothing that it had read, and one that
// does is told so.
func TestStopUnderLoad(t *testing.T) {
	p := small(t, "goroutine", "sequential", "forgets")
	for i := range p.Cells {
		p.Cells[i].Load.Stop, p.Cells[i].Load.Requests = true, 0
	}
	r, err := run(t, p, nil)
	require.NoError(t, err)
	for _, trial := range r.Trials {
		require.True(t, trial.Valid || trial.Reasons.Has(reason.Pause), trial.Reasons)
		lost, has := trial.Metrics["replies_lost_at_drain"]
		want := 0.0
		switch {
		case trial.Cell.Server() == "forgets":
			want = float64(p.Cells[0].Load.Connections)
		case trial.Cell.Server() == "sequential" && trial.Cell["load.mute"] != 0.0:
			require.False(t, has, "it has read nothing")
			continue
		}
		require.True(t, has, "%s %v %v", trial.Cell.Key(), trial.Reasons, trial.Raw)
		require.Equal(t, want, lost, trial.Cell.Key())
		require.Positive(t, trial.Metrics["drain"])
		require.Zero(t, trial.Metrics["lost"], "what a stopped server has not read, it does not owe")
		require.NotContains(t, trial.Metrics, "errors.closed")
	}
}

func TestServerThatHangsIsAResult(t *testing.T) {
	t.Parallel()
	p := small(t, "hangs")
	p.Trials = p.Trials[:1]
	p.Cells[p.Trials[0].Cell].Config.DrainTimeout = 1 // ns; what remains is the patience of the run
	r, err := run(t, p, nil)
	require.NoError(t, err)
	require.Contains(t, r.Trials[0].Reasons.String(), `no answer to "drain"`)
}

func TestInterruptedRunKeepsWhatWasMeasured(t *testing.T) {
	p := small(t, "goroutine")
	ctx, cancel := context.WithCancel(t.Context())
	o := Options{Plan: p, Registry: registry(), Dir: filepath.Join(t.TempDir(), "results"), once: true}
	finished := 0
	o.Emit = func(e Event) {
		switch e.(type) {
		case Finished:
			finished++
		case Started:
			if finished == 2 {
				cancel()
			}
		}
	}
	r, err := Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, r.Trials, 2)
	require.True(t, r.Manifest.Finished.IsZero())

	o.Resume, o.Emit = true, nil
	r, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.Len(t, r.Trials, len(p.Trials))
	require.Len(t, r.Manifest.Resumed, 1)
	require.False(t, r.Manifest.Finished.IsZero())
}

// Without its own program nothing more can be measured, which is no server's fault: the run ends, and
// goes on where it ended when the program is back.
func TestVanishedBinaryEndsTheRun(t *testing.T) {
	p := small(t, "goroutine")
	self, err := os.Executable()
	require.NoError(t, err)
	copied := filepath.Join(t.TempDir(), "socketbench")
	require.NoError(t, os.Symlink(self, copied))
	dir := filepath.Join(t.TempDir(), "results")
	r, err := run(t, p, func(o *Options) {
		o.Binary, o.Dir = []string{copied}, dir
		o.Emit = func(e Event) {
			if f, ok := e.(Finished); ok && f.Number == 2 {
				os.Remove(copied)
			}
		}
	})
	require.ErrorContains(t, err, copied+": no such file or directory")
	require.Len(t, r.Trials, 2)
	r, err = run(t, p, func(o *Options) { o.Dir, o.Resume = dir, true })
	require.NoError(t, err)
	require.Len(t, r.Trials, len(p.Trials))
}

func TestBlocksEndWhenDecided(t *testing.T) {
	p := small(t, "goroutine")
	p.Experiment.Blocks = 1
	r, err := run(t, p, func(o *Options) {
		o.Decide = func(_ plan.Plan, trials []result.Trial) (bool, string) {
			require.Len(t, trials, len(p.Block(0)))
			return false, "the interval is narrow enough"
		}
	})
	require.NoError(t, err)
	require.Len(t, r.Trials, len(p.Block(0)))
	require.Equal(t, "the interval is narrow enough", r.Manifest.Decision)
	require.Equal(t, 1, r.Manifest.Blocks)
}

func TestProfilesAreNamedAndDoNotCount(t *testing.T) {
	p := small(t, "goroutine")
	p.Trials = p.Trials[:1]
	var told []Profiled
	r, err := run(t, p, func(o *Options) {
		o.Profiles = []string{host.ProfileCPU, host.ProfileTrace}
		o.Emit = func(e Event) {
			if e, ok := e.(Profiled); ok {
				told = append(told, e)
			}
		}
	})
	require.NoError(t, err)
	require.Len(t, r.Trials, 1)
	require.Len(t, told, 2*len(p.Cells))
	require.Len(t, r.Manifest.Profiles, 2*len(p.Cells))
	for _, f := range r.Manifest.Profiles {
		info, err := os.Stat(filepath.Join(r.Dir, profilesDir, f.File))
		require.NoError(t, err)
		require.Positive(t, info.Size(), f.File)
	}
}

func TestOutputThatCannotBeWritten(t *testing.T) {
	p := small(t, "goroutine")
	_, err := run(t, p, func(o *Options) { o.Dir = t.TempDir() })
	require.ErrorContains(t, err, "exists already")
	_, err = run(t, p, func(o *Options) { o.Dir, o.Resume = t.TempDir(), true })
	require.ErrorContains(t, err, "is not a results directory")
	require.False(t, errors.Is(err, context.Canceled))
}
