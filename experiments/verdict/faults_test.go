package verdict

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
)

// A server that failed in one block of ten is named, with its last words, and none of its figures is ranked.
func TestWhatNoServerMayDo(t *testing.T) {
	w := newWorld(t, three, 1)
	w.truth = figureOf("cpu_per_request", map[string]float64{"goroutine": 4000, "epoll": 2000, "deadline": 1000})
	w.spoil = func(t *result.Trial, c plan.Cell) {
		switch {
		case c.Server == "deadline" && t.Block == 3:
			t.Valid, t.Fault, t.Stderr = false, reason.Fault{Kind: reason.Died, Detail: "signal: killed"}, "panic: boom\n"
		case c.Server == "epoll" && t.Block < 2:
			t.Metrics["wrong"] = 3
		}
	}
	a := w.judge(10)
	require.Len(t, a.Faults, 2)
	said := map[string]Fault{}
	for _, f := range a.Faults {
		said[f.Kind] = f
	}
	require.Equal(t, "deadline died (signal: killed) (block 4).", said["died (signal: killed)"].Sentence())
	require.Equal(t, "panic: boom\n", said["died (signal: killed)"].Words)
	require.Equal(t, "epoll gave 6 wrong replies (blocks 1 and 2).", said["answered wrongly"].Sentence())
	for _, server := range []string{"epoll", "deadline"} {
		c := only(t, a, "cpu_per_request", server)
		require.Equal(t, Undecided, c.Word)
		require.Equal(t, server, c.Faulty)
		require.Contains(t, c.Why, "not ranked")
		require.NotContains(t, c.Why, "(signal,", "a colon in how it died ends nothing")
	}
	for _, c := range a.Cells {
		if c.ID.Server() == "epoll" {
			require.EqualValues(t, 6, c.Metrics["wrong"].Total, "its median is zero")
		}
	}
}

func TestAFaultOfTheBaselineRanksNobody(t *testing.T) {
	w := newWorld(t, three, 1)
	w.truth = figureOf("cpu_per_request", map[string]float64{"goroutine": 4000, "epoll": 2000, "deadline": 1000})
	w.spoil = func(t *result.Trial, c plan.Cell) {
		if c.Server == "goroutine" {
			t.Fault = reason.Fault{Kind: reason.Stopped, Detail: "for 400 ms"}
		}
	}
	c := only(t, w.judge(10), "cpu_per_request", "epoll")
	require.Equal(t, "goroutine", c.Faulty)
	require.Equal(t, "goroutine stopped answering, and nothing is ranked against the figures of such a server", c.Why)
}

// One trial of three in which the server stopped does not vanish in a median.
func TestTheShareIsOfAllTrialsTogether(t *testing.T) {
	w := newWorld(t, three, 1)
	w.truth = func(plan.Cell) map[string]float64 { return map[string]float64{"achieved_rate": 1000} }
	w.spoil = func(t *result.Trial, _ plan.Cell) {
		right := 1000.0
		if t.Block == 1 {
			right = 100
		}
		t.Metrics["answered"], t.Raw = right/1000, map[string]float64{"right": right, "wanted": 1000}
	}
	for _, c := range w.judge(3).Cells {
		n := float64(c.Trials) // the A/A pair has one more a block
		require.InDelta(t, (n-n/3+n/3*.1)/n, c.Metrics["answered"].Center, 1e-9)
		require.LessOrEqual(t, c.Metrics["answered"].Low, c.Metrics["answered"].Center)
		require.LessOrEqual(t, c.Metrics["answered"].High, 1.0)
	}
}

// A reason says what the interval beside it still allows.
func TestAReasonFitsItsInterval(t *testing.T) {
	tab := &table{judge: &judge{blocks: 3}}
	for _, c := range []struct {
		blocks    int
		low, high float64
		floor     float64 // of the log-ratio
		want      string
	}{
		{3, .671, 12.3, .24, "it may be less or more; --blocks 16 narrows it"},
		{12, .671, 12.3, .24, "it may be less or more; more blocks narrow it"},
		{3, .97, 1.02, .0953, "3 blocks rank nothing within 10 %; --blocks 8 does"},
		{3, 1.02, 1.3, .0953, "the interval reaches into the 10 % within which 3 blocks rank nothing; --blocks 16 narrows it"},
		{3, 1.02, 1.4, .24, "the interval reaches into the run's own noise of 27.1 %; --blocks 16 narrows it"},
		{12, .9, 1.1, .24, "it is within the run's own noise of 27.1 %, which is too wide to call two designs equal; more blocks narrow it"},
		{12, 1.5, 1.9, .24, "on its own it would be a difference, but among so many comparisons one such is expected by accident"},
	} {
		tab.blocks = c.blocks
		require.Equal(t, c.want, tab.doubt(&Comparison{Low: c.low, High: c.high}, 0, c.floor))
	}
}

// A figure of a server that answered nobody is made of the ages of requests, and no want of CPUs hides that.
func TestNobodyWasAnsweredIsSaid(t *testing.T) {
	w := newWorld(t, "servers: [goroutine, epoll]\nblocks: 10\npredict:\n"+
		"  - {claim: c, metric: latency.p99, of: {server: epoll}, expect: \"< 1ms\"}\n"+
		"  - {claim: d, metric: latency.p99, of: {server: epoll}, expect: \"< 1ms\", needs: {cpus: \">=64\"}}\n", 1)
	w.truth = func(c plan.Cell) map[string]float64 {
		if c.Server == "epoll" {
			return map[string]float64{"completed": 0, "latency.p99": 1e9}
		}
		return map[string]float64{"completed": 100, "latency.p99": 1e6}
	}
	a := w.judge(10)
	c := only(t, a, "latency.p99", "epoll")
	require.Equal(t, Undecided, c.Word)
	require.Equal(t, "epoll answered nobody here", c.Why)
	require.Contains(t, a.Predictions[0].Sentence, "epoll answered nobody there.")
	require.Equal(t, NotAsked, a.Predictions[1].Word)
	require.Contains(t, a.Predictions[1].Sentence, "epoll answered nobody.")
}

func TestWhyTheNoiseIsUnknown(t *testing.T) {
	require.Contains(t, (&table{judge: &judge{blocks: 2}}).noNoise(), "--blocks 3 or more")
	require.NotContains(t, (&table{judge: &judge{blocks: 6}}).noNoise(), "--blocks", "there were blocks enough")
}

// A claim does not hold by the figures of a server that failed: one that hangs is cheap. What is counted is what it did, and a
// figure that is not as claimed stands.
func TestNoClaimHoldsByAServerThatFailed(t *testing.T) {
	const claims = three + `predict:
  - {claim: cheaper, metric: cpu_per_request, of: {server: epoll}, against: {server: goroutine}, expect: "< 1x"}
  - {claim: costlier, metric: cpu_per_request, of: {server: goroutine}, against: {server: epoll}, expect: "> 1x"}
  - {claim: costlier the other way, metric: cpu_per_request, of: {server: epoll}, against: {server: goroutine}, expect: "> 2x"}
  - {claim: cheap, metric: cpu_per_request, of: {server: epoll}, expect: "< 10us"}
  - {claim: not so cheap, metric: cpu_per_request, of: {server: epoll}, expect: "< 1us"}
  - {claim: some are served, metric: served, of: {server: epoll}, expect: ">= 1"}
  - {claim: of others, metric: cpu_per_request, of: {server: deadline}, against: {server: goroutine}, expect: "< 1x"}
`
	for _, failed := range []bool{false, true} {
		w := newWorld(t, claims, 1)
		w.truth = func(c plan.Cell) map[string]float64 {
			return map[string]float64{"cpu_per_request": map[string]float64{"goroutine": 4000, "epoll": 2000, "deadline": 1000}[c.Server], "served": 8}
		}
		w.spoil = func(t *result.Trial, c plan.Cell) {
			if failed && c.Server == "epoll" && t.Block == 2 {
				t.Fault = reason.Fault{Kind: reason.Stopped, Detail: "for 400 ms"}
			}
		}
		a := w.judge(10)
		words := map[string]Word{}
		for _, p := range a.Predictions {
			words[p.Claim] = p.Word
		}
		want := map[string]Word{"cheaper": Holds, "costlier": Holds, "costlier the other way": Refuted, "cheap": Holds, "not so cheap": Refuted,
			"some are served": Holds, "of others": Holds}
		if failed {
			for _, c := range []string{"cheaper", "costlier", "costlier the other way", "cheap"} {
				want[c] = Undecided
			}
			require.Contains(t, a.Predictions[0].Sentence, "cannot be told: epoll stopped answering, and the figures of such a server decide nothing.")
		}
		require.Equal(t, want, words)
	}
}

// A figure of 0 that no measurement can be makes no claim hold, and no report shows it.
func TestWhatWasNotMeasuredHoldsNothing(t *testing.T) {
	w := newWorld(t, three+`predict:
  - {claim: cheap, metric: cpu_per_request, of: {server: epoll}, expect: "< 10us"}
  - {claim: cheaper, metric: cpu_per_request, of: {server: epoll}, against: {server: goroutine}, expect: "< 1x"}
`, 1)
	w.spoil = func(t *result.Trial, c plan.Cell) {
		if c.Server == "epoll" {
			t.Metrics["cpu_per_request"] = 0
		}
	}
	a := w.judge(10)
	for _, p := range a.Predictions {
		require.Equal(t, Undecided, p.Word, p.Claim)
		require.Contains(t, p.Sentence, "epoll has no CPU per request", p.Claim)
		require.Contains(t, p.Sentence, "given as 0, which is no measurement", p.Claim)
	}
	require.Contains(t, only(t, a, "cpu_per_request", "epoll").Why, "given as 0, which is no measurement")
	for _, c := range a.Cells {
		_, has := c.Metrics["cpu_per_request"]
		require.Equal(t, c.ID.Server() != "epoll", has, c.ID.Server())
	}
}

// Trials of another run in the file are no part of this one, and that is said.
func TestTrialsOfNoCellAreSaid(t *testing.T) {
	run := newWorld(t, three, 1).run(10)
	a, err := Judge(run)
	require.NoError(t, err)
	require.NotContains(t, strings.Join(a.Notes, "\n"), "trials.jsonl")
	run.Trials = append(run.Trials, result.Trial{Cell: result.Cell{"server": "another"}, Valid: true, Metrics: map[string]float64{"cpu_per_request": 1}})
	a, err = Judge(run)
	require.NoError(t, err)
	require.Contains(t, strings.Join(a.Notes, "\n"), "1 trial in trials.jsonl: this experiment has no such cell")
}

// A name with a line end in it stays on its line in a sentence.
func TestASentenceIsOneLine(t *testing.T) {
	run := newWorld(t, "servers: [goroutine, \"a\\nb {port}\"]\nblocks: 10\n", 1).run(10)
	for i := range run.Trials {
		run.Trials[i].Valid = run.Trials[i].Cell.Server() == "goroutine"
	}
	x, err := Compare(run, run, []string{"cpu_per_request"})
	require.NoError(t, err)
	require.NotEmpty(t, x.Warnings)
	require.NotContains(t, strings.Join(x.Warnings, ""), "\n")
	require.Contains(t, strings.Join(x.Warnings, ""), `a\nb {port}`)
}
