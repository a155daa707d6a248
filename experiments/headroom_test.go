package experiments

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// multiplied is a plan whose headroom is searched, at 1,000 requests a second.
func multiplied(t testing.TB) plan.Plan {
	e, err := spec.Parse("asked.yaml", []byte(`
name: asked
question: how much more?
servers: [sequential, goroutine, pool]
load: {rate: 1000, connections: 4, warmup: 100ms, duration: 1s}
blocks: 3
require: ['latency.p99 < 200ms', 'unserved == 0']
headroom: true
`), registry())
	require.NoError(t, err)
	p, err := plan.New(e, 7, registry())
	require.NoError(t, err)
	return p
}

// pushes is a run of that plan on a machine where each server carries so many requests a second, and what it played
// after the blocks.
type pushes struct {
	o      Options
	played []plan.Trial // only Seed is filled in
	after  func(n int)  // told of the nth trial of the searches
}

var carried = map[string]float64{"sequential": 1500, "goroutine": 5200, "pool": 400}

func newPushes(t testing.TB) *pushes {
	s := &pushes{after: func(int) {}}
	s.o, _ = inWorlds(t, &world{absent: true, far: from(0, 0)})
	s.o.Plan = multiplied(t)
	s.o.carryOut = func(_ context.Context, m *measurement) {
		offered := m.cell.Load.Rate
		answered := min(offered, carried[m.cell.Server])
		m.trial = result.Trial{
			Cell: m.cell.ID, Label: m.planned.Label, Block: m.planned.Block, Order: m.planned.Order, Again: m.again, Valid: true,
			Metrics: map[string]float64{"offered_rate": offered, "achieved_rate": answered, "completed": answered, "unanswered": offered - answered,
				"served": 4, "unserved": 0, "latency.p99": 5e6, "service.mean": 1e6, "server_cpu": answered / carried[m.cell.Server], "cpu_per_request": 5000},
			Raw: map[string]float64{"window_ns": 1e9},
		}
		if offered > answered {
			m.trial.Metrics["latency.p99"] = 300e6
		}
		if m.uncounted {
			s.played = append(s.played, m.planned)
			s.after(len(s.played))
		}
	}
	return s
}

// After the blocks it is searched how much more load the designs take that meet what is required; that is kept with the run,
// so that a run that is resumed does not search again.
func TestHeadroomIsSearchedAndKept(t *testing.T) {
	s := newPushes(t)
	var said []string
	s.o.Emit = func(e Event) {
		if p, is := e.(Pushed); is {
			said = append(said, p.Sentence)
		}
	}
	run, err := Run(t.Context(), s.o)
	require.NoError(t, err)
	require.Len(t, run.Manifest.Headrooms, 2, "pool cannot carry what is asked")
	a, err := verdict.Judge(run)
	require.NoError(t, err)
	for _, r := range a.Required {
		if r.Server == "pool" {
			require.Nil(t, r.Headroom)
			continue
		}
		h := r.Headroom
		require.NotNil(t, h, r.Server)
		require.LessOrEqual(t, h.Met*1000, carried[r.Server])
		require.Greater(t, h.Failed*1000, carried[r.Server])
		require.LessOrEqual(t, h.Failed, 1.2*h.Met)
		require.Equal(t, "cpu", h.Short.Of)
		require.Contains(t, said, h.Sentence)
		require.LessOrEqual(t, len(h.Search.Pushes), verdict.MostPushes)
	}
	for _, search := range run.Manifest.Headrooms {
		for _, p := range search.Pushes {
			require.Equal(t, threeDigits(p.Times*1000), p.Rate)
			require.Equal(t, p.Rate, p.Metrics["offered_rate"])
		}
	}
	n := len(s.played)
	s.o.Resume = true
	again, err := Run(t.Context(), s.o)
	require.NoError(t, err)
	require.Equal(t, run.Manifest.Headrooms, again.Manifest.Headrooms)
	require.Len(t, s.played, n, "nothing is searched again")
}

// A search that is interrupted goes on where it was, with the same trials.
func TestASearchForHeadroomIsContinued(t *testing.T) {
	whole := newPushes(t)
	want, err := Run(t.Context(), whole.o)
	require.NoError(t, err)
	for stop := 1; stop < len(whole.played); stop++ {
		s := newPushes(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.after = func(n int) {
			if n == stop {
				cancel()
			}
		}
		_, err := Run(ctx, s.o)
		require.ErrorIs(t, err, context.Canceled)
		s.o.Resume = true
		got, err := Run(t.Context(), s.o)
		require.NoError(t, err)
		require.Len(t, s.played, len(whole.played)+1, "the trial under way was given up")
		require.Equal(t, untimed(want.Manifest.Headrooms), untimed(got.Manifest.Headrooms))
	}
	again := newPushes(t)
	_, err = Run(t.Context(), again.o)
	require.NoError(t, err)
	require.Equal(t, whole.played, again.played, "the seed repeats it")
	seeds := map[uint64]bool{}
	for _, p := range whole.played {
		seeds[p.Seed] = true
	}
	require.Len(t, seeds, verdict.MostPushes, "each trial of a search has arrivals of its own")
}

func untimed(list []result.Headroom) []result.Headroom {
	for i := range list {
		list[i].Seconds = 0
	}
	return list
}

// What is wrong with a trial decides what it says: a machine that stood still nothing, a generator that was late that the
// generator is the limit, a server that died that it failed.
func TestWhatATrialOfTheSearchSays(t *testing.T) {
	s := newPushes(t)
	measure := s.o.carryOut
	s.o.carryOut = func(ctx context.Context, m *measurement) {
		measure(ctx, m)
		m.served.Seen.To.Machine.At = time.Second
		if !m.uncounted {
			return
		}
		switch rate := m.cell.Load.Rate; {
		case m.cell.Server == "sequential" && len(s.played) == 1:
			m.invalid(reason.Pause, "the machine stood still")
		case m.cell.Server == "sequential" && rate > 1000:
			m.trial.Metrics["latency.p99"] = 5e6
			m.invalid(reason.Server, "the server died")
			m.fault(reason.Died, "signal: killed")
		case m.cell.Server == "goroutine" && rate > 3000:
			m.invalid(reason.Generator, "it was late")
		}
	}
	run, err := Run(t.Context(), s.o)
	require.NoError(t, err)
	a, err := verdict.Judge(run)
	require.NoError(t, err)
	says := map[string]verdict.Headroom{}
	for _, r := range a.Required {
		if r.Headroom != nil {
			says[r.Server] = *r.Headroom
		}
	}
	require.Contains(t, says["sequential"].Sentence, "it died (signal: killed)")
	require.Equal(t, "the machine stood still", run.Manifest.Headrooms[0].Pushes[0].Spoilt)
	require.Contains(t, says["goroutine"].Sentence, "the generator gives out first")
	require.True(t, says["goroutine"].AtLeast())
}

// A dry run says how long the search may take.
func TestTheSearchForHeadroomIsEstimated(t *testing.T) {
	p := multiplied(t)
	least := time.Duration(verdict.MostPushes*len(p.Cells)) * 1100 * time.Millisecond
	require.Greater(t, EstimateHeadroom(p, registry()), least)
	p.Experiment.Headroom = false
	require.Zero(t, EstimateHeadroom(p, registry()))
}
