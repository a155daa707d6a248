package experiments

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// told is what a trial of these tests says of itself, in place of a measurement.
type told struct {
	others  float64 // share of the server's CPUs that a neighbour used
	invalid reason.Kind
	metrics map[string]float64
}

// repeated runs a plan whose trials are told, and returns what is stored. say is asked with a trial's position in the plan
// and whether it is its second run.
func repeated(t *testing.T, ctx context.Context, p plan.Plan, o Options, say func(order int, again bool) told) (result.Run, error) {
	t.Helper()
	if o.Dir == "" {
		o.Dir = filepath.Join(t.TempDir(), "results")
	}
	o.Plan, o.Registry = p, registry()
	o.carryOut = func(_ context.Context, m *measurement) {
		s := say(m.planned.Order, m.again)
		m.trial = result.Trial{
			Cell: m.cell.ID, Label: m.planned.Label, Block: m.planned.Block, Order: m.planned.Order, Again: m.again, Valid: true,
			Metrics: map[string]float64{"served": 4, "completed": 100, "cpu_per_request": 5000},
			Raw:     map[string]float64{"window_ns": 1e9, "disturbance.server_cpus": s.others},
		}
		for name, v := range s.metrics {
			m.trial.Metrics[name] = v
		}
		if s.invalid != "" {
			m.invalid(s.invalid, "it was spoilt")
		}
	}
	return Run(ctx, o)
}

// blocks is a plan of three blocks of 9 trials, 2 conditions of 4 servers and an A/A pair.
func blocks(t testing.TB) plan.Plan {
	e := spec.Experiment{Name: "blocks", Question: "is it run again?", Servers: []string{"sequential", "goroutine", "pool", "poll"},
		Vary: spec.Factors{{Field: "load.mute", Values: []any{0, 1}}}}.WithDefaults()
	e.Blocks, e.MaxBlocks = 3, 3
	p, err := plan.New(e, 7, registry())
	require.NoError(t, err)
	require.Len(t, p.Block(0), 9)
	return p
}

// seconds lists the positions of the trials that were run twice, in the order in which they were run again.
func seconds(r result.Run) (orders []int) {
	for _, t := range r.Trials {
		if t.Again {
			orders = append(orders, t.Order)
		}
	}
	return orders
}

func quiet(int, bool) told { return told{others: .01} }

// in has a neighbour in some trials, in each of their runs or in the first one only.
func in(both bool, orders ...int) func(int, bool) told {
	return func(order int, again bool) told {
		for _, o := range orders {
			if o == order && (both || !again) {
				return told{others: .4}
			}
		}
		return quiet(order, again)
	}
}

func TestADisturbedTrialIsRunAgainOnceAtTheEndOfItsBlock(t *testing.T) {
	p := blocks(t)
	for _, both := range []bool{false, true} {
		var events []string
		o := Options{Emit: func(e Event) {
			switch e := e.(type) {
			case Finished:
				events = append(events, fmt.Sprint(e.Result.Order, e.Again))
			case Ended:
				require.Equal(t, 27, e.Measured)
				require.Equal(t, 2, e.Again)
			}
		}}
		r, err := repeated(t, t.Context(), p, o, in(both, 11, 23))
		require.NoError(t, err)
		require.Equal(t, []int{11, 23}, seconds(r), "a second run that was disturbed as well (%v) is not run a third time", both)
		require.Equal(t, []string{"17 false", "11 true", "18 false"}, events[17:20])
		require.Equal(t, []string{"26 false", "23 true"}, events[27:29])
		require.Len(t, r.Final(), 27)
		for _, trial := range r.Trials {
			told := trial.Order == 11 || trial.Order == 23
			require.Equal(t, told && !trial.Again, trial.Replaced)
			require.Equal(t, told && (both || !trial.Again), trial.Disturbed != "", trial.Disturbed)
			require.Equal(t, trial.Disturbed != "", trial.Reasons.Has(reason.Disturbed))
			require.True(t, trial.Valid)
			if trial.Disturbed != "" {
				require.Equal(t, "others used 40 % of the server's CPUs, where 1 % is usual in this run", trial.Disturbed)
			}
		}
		require.Equal(t, p.Hash, r.Manifest.PlanHash)
		require.Equal(t, 3, r.Manifest.Blocks)
	}
}

// The second run counts, whatever it shows, and the first is listed with its reason.
func TestTheSecondRunReplacesTheFirst(t *testing.T) {
	p := blocks(t)
	i := 9 // of block 1
	for p.Cells[p.Trials[i].Cell].ID.Server() != "pool" {
		i++
	}
	judged := func(say func(order int, again bool) told) (verdict.Analysis, verdict.Cell) {
		r, err := repeated(t, t.Context(), p, Options{}, say)
		require.NoError(t, err)
		a, err := verdict.Judge(r)
		require.NoError(t, err)
		for _, c := range a.Cells {
			if c.ID.Key() == p.Cells[p.Trials[i].Cell].ID.Key() {
				return a, c
			}
		}
		t.Fatal("the cell is missing")
		return a, verdict.Cell{}
	}
	a, c := judged(func(order int, again bool) told {
		s := in(false, i)(order, again)
		s.metrics = map[string]float64{"completed": map[bool]float64{true: 70, false: 100}[again]}
		return s
	})
	require.Equal(t, 3, c.Trials)
	require.Equal(t, 270.0, c.Metrics["completed"].Total)
	require.Len(t, a.Repeated, 1)
	require.Empty(t, a.Invalid)
	require.Empty(t, a.Warnings)
	require.Contains(t, a.Repeated[0].Reasons[0], "disturbed: others used 40 %")

	a, c = judged(func(order int, again bool) told {
		s := in(false, i)(order, again)
		if again {
			s.invalid = reason.Settings
		}
		return s
	})
	require.Equal(t, 2, c.Trials, "an invalid second run does not bring the first back")
	require.Len(t, a.Invalid, 1)
	require.Len(t, a.Repeated, 1)
}

// What was measured has no part in the decision.
func TestTheDecisionDoesNotSeeTheOutcome(t *testing.T) {
	p := blocks(t)
	var first []int
	for _, metrics := range []map[string]float64{nil, {"cpu_per_request": 1}, {"cpu_per_request": 1e9, "latency.p99": 1e9}, {"served": 0, "completed": 0, "wrong": 5}} {
		r, err := repeated(t, t.Context(), p, Options{}, func(order int, again bool) told {
			s := in(false, 0, 13, 20)(order, again)
			if order == 13 || order == 15 {
				s.metrics = metrics
			}
			return s
		})
		require.NoError(t, err)
		if first == nil {
			first = seconds(r)
		}
		require.Equal(t, []int{0, 20}, seconds(r))
	}
	require.Equal(t, []int{0, 20}, first)
}

func TestOnlyTheGeneratorAndPausesAreRunAgain(t *testing.T) {
	p := blocks(t)
	for kind, want := range map[reason.Kind][]int{
		reason.Generator: {4}, reason.Pause: {4}, reason.Server: nil, reason.Settings: nil, reason.Clients: nil,
	} {
		r, err := repeated(t, t.Context(), p, Options{}, func(order int, again bool) told {
			s := quiet(order, again)
			if order == 4 {
				s.invalid = kind
			}
			return s
		})
		require.NoError(t, err)
		require.Equal(t, want, seconds(r), kind)
	}
	// A generator that cannot drive a cell cannot do it the second time either: that is tried once.
	cell := p.Trials[4].Cell
	r, err := repeated(t, t.Context(), p, Options{}, func(order int, again bool) told {
		s := quiet(order, again)
		if p.Trials[order].Cell == cell {
			s.invalid = reason.Generator
		}
		return s
	})
	require.NoError(t, err)
	for _, order := range seconds(r) {
		require.Zero(t, p.Trials[order].Block)
	}
	require.NotEmpty(t, seconds(r))
}

// However busy the machine is, a run is not doubled: a twentieth of the trials is run again, and a quarter if so many are invalid.
func TestARunInWhichEverythingIsDisturbedIsNotDoubled(t *testing.T) {
	p := blocks(t)
	for name, say := range map[string]func(int, bool) told{
		"invalid": func(int, bool) told { return told{invalid: reason.Pause} },
		"more so": func(order int, _ bool) told { return told{others: float64(order+1) / 30} },
		"late": func(order int, _ bool) told {
			return told{invalid: map[bool]reason.Kind{true: reason.Pause}[order >= 18]}
		},
		"as much":    func(int, bool) told { return told{others: .5} },
		"every time": func(order int, again bool) told { return told{others: map[bool]float64{true: .9}[order%9 > 4]} },
	} {
		r, err := repeated(t, t.Context(), p, Options{}, say)
		require.NoError(t, err)
		again := map[int]int{} // by block
		for _, trial := range r.Trials {
			if trial.Again {
				again[trial.Block]++
			}
		}
		require.LessOrEqual(t, len(seconds(r)), (27+3)/4, name)
		require.NotEmpty(t, again, name)
		for block, n := range again {
			require.LessOrEqual(t, n, 3, "%s: block %d of 9 trials", name, block)
		}
	}
	p.Trials = p.Trials[:1] // blocks of one trial
	for block := 1; block < 8; block++ {
		one := p.Trials[0]
		one.Order, one.Block = block, block
		p.Trials = append(p.Trials, one)
	}
	r, err := repeated(t, t.Context(), p, Options{}, func(int, bool) told { return told{invalid: reason.Pause} })
	require.NoError(t, err)
	require.Len(t, r.Final(), 8)
	require.LessOrEqual(t, len(seconds(r)), 2)
}

// A run that ends at any moment and is resumed has the same trials, run again in the same order.
func TestAnInterruptedRunRunsTheSameTrialsAgain(t *testing.T) {
	p := blocks(t)
	say := func(order int, again bool) told {
		s := in(order == 5, 2, 5, 25, 26)(order, again)
		if slices.Contains([]int{10, 12, 26}, order) && !again {
			s.invalid = reason.Pause
		}
		return s
	}
	whole, err := repeated(t, t.Context(), p, Options{}, say)
	require.NoError(t, err)
	require.Equal(t, []int{5, 10, 12, 26}, seconds(whole))
	type run struct {
		order     int
		again     bool
		disturbed string
	}
	runs := func(r result.Run) (list []run) {
		for _, t := range r.Trials {
			list = append(list, run{t.Order, t.Again, t.Disturbed})
		}
		return list
	}
	for end := range len(whole.Trials) {
		ctx, cancel := context.WithCancel(t.Context())
		started := 0
		o := Options{Dir: filepath.Join(t.TempDir(), "results"), Emit: func(e Event) {
			if _, ok := e.(Started); ok {
				if started++; started > end {
					cancel()
				}
			}
		}}
		r, err := repeated(t, ctx, p, o, say)
		require.ErrorIs(t, err, context.Canceled)
		require.Len(t, r.Trials, end)
		o.Resume, o.Emit = true, nil
		r, err = repeated(t, t.Context(), p, o, say)
		require.NoError(t, err)
		require.Equal(t, runs(whole), runs(r), "ended at run %d", end+1)

		r, err = repeated(t, t.Context(), p, o, func(int, bool) told { panic("nothing is left to measure") })
		require.NoError(t, err)
		require.Len(t, r.Trials, len(whole.Trials))
	}
}

// The trials of another run, put into a directory, are not taken for those that its plan asks for.
func TestTrialsOfAnotherRunAreRefused(t *testing.T) {
	o := Options{Dir: filepath.Join(t.TempDir(), "results")}
	usual := func(int, bool) told { return told{} }
	_, err := repeated(t, t.Context(), blocks(t), o, usual)
	require.NoError(t, err)
	file := filepath.Join(o.Dir, "trials.jsonl")
	whole, err := os.ReadFile(file)
	require.NoError(t, err)
	o.Resume = true
	require.NoError(t, os.WriteFile(file, bytes.ReplaceAll(whole, []byte(`"server":"pool"`), []byte(`"server":"another"`)), 0o600))
	_, err = repeated(t, t.Context(), blocks(t), o, usual)
	require.ErrorContains(t, err, "is of another, and its plan has another there: trials.jsonl is that of another run")
	require.NoError(t, os.WriteFile(file, whole, 0o600))
	_, err = repeated(t, t.Context(), blocks(t), o, usual)
	require.NoError(t, err)
}
