package experiments

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// required is a plan of three blocks of 9 trials, of which much is required.
func required(t *testing.T) plan.Plan {
	e := spec.Experiment{Name: "required", Question: "who serves all?", Servers: []string{"sequential", "goroutine", "pool", "poll"},
		Vary: spec.Factors{{Field: "load.mute", Values: []any{0, 1}}}, Require: []string{"unserved == 0", "latency.p99 < 1s"}}.WithDefaults()
	e.Blocks, e.MaxBlocks = 3, 3
	p, err := plan.New(e, 7, registry())
	require.NoError(t, err)
	require.Len(t, p.Block(0), 9)
	return p
}

// A server that has failed what is required for good is in no later block. A run is whole without it, and fails it all the same.
func TestAServerThatFailedForGoodIsNotMeasuredAgain(t *testing.T) {
	p := required(t)
	server := func(order int) string { return p.Cells[p.Trials[order].Cell].ID.Server() }
	first := map[string]int{} // position of each server's first trial
	for order := len(p.Trials) - 1; order >= 0; order-- {
		first[server(order)] = order
	}
	say := func(order int, again bool) told {
		s := in(false, first["poll"])(order, again)
		s.metrics = map[string]float64{"unserved": 0, "latency.p99": 1e6}
		switch {
		case server(order) == "pool" && p.Trials[order].Block == 0, server(order) == "sequential" && p.Trials[order].Block == 1:
			s.metrics["unserved"] = 2
		case order == first["poll"] && !again: // the second run counts
			s.metrics["unserved"] = 2
		case order == first["goroutine"]: // what is invalid says nothing
			s.metrics["unserved"], s.invalid = 2, reason.Settings
		case server(order) == "goroutine":
			s.metrics["latency.p99"] = 5e9 // it may be shorter in other trials
		}
		return s
	}
	o := Options{Settled: verdict.Settled, Decide: verdict.More}
	whole, err := repeated(t, t.Context(), p, o, say)
	require.NoError(t, err)
	have := map[string]map[int]int{}
	for _, trial := range whole.Final() {
		if have[trial.Cell.Server()] == nil {
			have[trial.Cell.Server()] = map[int]int{}
		}
		have[trial.Cell.Server()][trial.Block]++
	}
	require.Equal(t, map[int]int{0: 2}, have["pool"])
	require.Len(t, have["sequential"], 2)
	require.Len(t, have["goroutine"], 3)
	require.Len(t, have["poll"], 3)
	m := whole.Manifest
	require.Equal(t, map[string]int{"pool": 1, "sequential": 2}, m.Settled)
	require.Equal(t, 3, m.Blocks)
	require.Equal(t, len(whole.Final()), m.Planned)
	require.Contains(t, m.Decision, "; not measured after block 1, because more trials would tell nothing that is required: pool; not measured after block 2, ")
	a, err := verdict.Judge(whole)
	require.NoError(t, err)
	for _, r := range a.Required {
		switch r.Server {
		case "pool", "sequential":
			require.Equal(t, verdict.Refuted, r.Each[0].Word, r.Each[0].Sentence)
		default:
			require.Equal(t, verdict.Holds, r.Each[0].Word, r.Each[0].Sentence)
		}
	}
	for end := range len(whole.Trials) {
		ctx, cancel := context.WithCancel(t.Context())
		started := 0
		o := o
		o.Dir = filepath.Join(t.TempDir(), "results")
		o.Emit = func(e Event) {
			if _, ok := e.(Started); ok {
				if started++; started > end {
					cancel()
				}
			}
		}
		_, err := repeated(t, ctx, p, o, say)
		require.ErrorIs(t, err, context.Canceled)
		o.Resume, o.Emit = true, nil
		r, err := repeated(t, t.Context(), p, o, say)
		require.NoError(t, err)
		require.Equal(t, orders(whole.Trials), orders(r.Trials), "ended at run %d", end+1)
		require.Equal(t, m.Settled, r.Manifest.Settled)
		cancel()
	}
}

// A run in which every server has failed ends.
func TestARunEndsWhenAllHaveFailed(t *testing.T) {
	r, err := repeated(t, t.Context(), required(t), Options{Settled: verdict.Settled}, func(int, bool) told {
		return told{metrics: map[string]float64{"unserved": 1}}
	})
	require.NoError(t, err)
	require.Len(t, r.Final(), 9)
	require.Equal(t, 1, r.Manifest.Blocks)
	require.Contains(t, r.Manifest.Decision, "more trials of any design would tell nothing")
}
