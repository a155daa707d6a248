package experiments

import (
	"context"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// BenchmarkStretches says what waiting for the usual pace, and running a trial again, are good for: how many words of two
// runs with different seeds are the same, in simulated time on a machine that is far for 5 % of it.
//
//	go test ./experiments -run '^$' -bench Stretches -benchtime 40x
func BenchmarkStretches(b *testing.B) {
	for _, c := range []struct {
		name              string
		far, waits, again bool
	}{
		{"a machine without stretches", false, true, true},
		{"nothing is done", true, false, false},
		{"a second run only", true, false, true},
		{"a wait and a second run", true, true, true},
	} {
		b.Run(c.name, func(b *testing.B) {
			var x verdict.Agreement
			var lasted time.Duration
			far, trials := 0., 0.
			for pair := uint64(0); b.Loop(); pair++ {
				var both []verdict.Analysis
				for seed := 2 * pair; seed < 2*pair+2; seed++ {
					s := stretches(seed, c.far)
					r := s.run(b, c.waits, c.again)
					a, err := verdict.Judge(r)
					require.NoError(b, err)
					both = append(both, a)
					lasted += s.now
					for _, t := range r.Trials {
						if t.Counts() {
							far += t.Raw["far"]
							trials++
						}
					}
				}
				x.Add("", verdict.Agree(both))
			}
			b.ReportMetric(100*float64(x.Same)/float64(x.Verdicts), "%same")
			b.ReportMetric(float64(len(x.Opposite)), "opposite")
			b.ReportMetric(100*far/trials, "%far")
			b.ReportMetric(lasted.Seconds()/float64(2*b.N), "s/run")
			b.ReportMetric(0, "ns/op")
		})
	}
}

// A simulation is a world whose stretches and figures come from a seed. It was measured that a stretch lasts from a part of a
// second up to half a minute, and that a request takes 1.2 to 1.35 times the CPU time in it, by the design.
type simulation struct {
	world
	seed   uint64
	random *rand.Rand
	ends   []time.Duration // of near and far times, in turn
}

func stretches(seed uint64, far bool) *simulation {
	s := &simulation{seed: seed, random: rand.New(rand.NewPCG(seed, 19))}
	at := 0.
	for n := 0; at < 1000; n++ {
		if n%2 == 0 {
			at += 120 * s.random.ExpFloat64()
		} else {
			at += 0.5 * math.Pow(50, s.random.Float64())
		}
		if s.ends = append(s.ends, time.Duration(at*1e9)); !far {
			s.ends = []time.Duration{math.MaxInt64}
			break
		}
	}
	s.far = func(now time.Duration) bool {
		for n, end := range s.ends {
			if now < end {
				return n%2 == 1
			}
		}
		return false
	}
	return s
}

// simulated is the plan of these runs: 8 designs, 2 conditions, an A/A pair, 10 blocks.
func simulated(b *testing.B, seed uint64) plan.Plan {
	e := spec.Experiment{Name: "simulated", Question: "do the words agree?",
		Servers: []string{"sequential", "goroutine", "pool", "poll", "epoll", "select", "leader", "halfsync"}, Baseline: "goroutine",
		Vary: spec.Factors{{Field: "load.mute", Values: []any{0, 1}}}}.WithDefaults()
	e.Blocks, e.MaxBlocks = 10, 10
	e.Load.Warmup, e.Load.Duration = 100*time.Millisecond, 450*time.Millisecond
	p, err := plan.New(e, seed, registry())
	require.NoError(b, err)
	return p
}

// run carries out such a plan.
func (s *simulation) run(b *testing.B, waits, again bool) result.Run {
	o, _ := inWorlds(b, &s.world)
	o.Plan, o.once = simulated(b, s.seed), !again
	luck := map[int]float64{}
	o.carryOut = func(ctx context.Context, m *measurement) {
		raw := map[string]float64{"window_ns": 4.5e8}
		if waits {
			m.await(ctx, raw)
		} else {
			paces, _ := m.pace(ctx)
			notePaces(raw, "pace_before_ns.", paces)
		}
		const steps = 50
		s.now += startAndStop
		for range steps { // the share of the window that is far
			s.now += (m.cell.Load.Warmup + m.cell.Load.Duration) / steps
			if s.far(s.now) {
				raw["far"] += 1. / steps
			}
		}
		paces, _ := m.pace(ctx)
		notePaces(raw, "pace_after_ns.", paces)
		if _, known := luck[m.planned.Block]; !known {
			luck[m.planned.Block] = 0.03 * s.random.NormFloat64()
		}
		truth := rand.New(rand.NewPCG(uint64(m.planned.Cell), 7)) // the same in each run
		design, slowed := 0.4*truth.NormFloat64(), 0.2+0.15*truth.Float64()
		figure := func(base, scatter float64) float64 {
			return base * math.Exp(design+luck[m.planned.Block]+scatter*s.random.NormFloat64()) * (1 + slowed*raw["far"])
		}
		m.trial = result.Trial{
			Cell: m.cell.ID, Label: m.planned.Label, Block: m.planned.Block, Order: m.planned.Order, Again: m.again, Valid: true, Raw: raw,
			Metrics: map[string]float64{"served": 16, "completed": 10_000, "cpu_per_request": figure(5000, 0.02),
				"cpu_sys_per_request": figure(4000, 0.03), "latency.p50": figure(30_000, 0.03), "latency.p99": figure(200_000, 0.08)},
		}
	}
	r, err := Run(b.Context(), o)
	require.NoError(b, err)
	return r
}
