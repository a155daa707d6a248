// The race detector has nothing to say about simulated runs, and makes them ten times as slow.

//go:build !race

package verdict

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/stats"
)

// anywhere returns a spoiler of one metric in one design, in every trial or in one of two.
func anywhere(r *rand.Rand, change func(t *result.Trial, metric string)) func(*result.Trial, plan.Cell) {
	server := []string{"goroutine", "epoll", "deadline"}[r.IntN(3)]
	metric := gated[r.IntN(len(gated))]
	every := 1 + r.IntN(2)
	return func(t *result.Trial, _ plan.Cell) {
		if t.Cell.Server() == server && t.Block%every == 0 {
			change(t, metric)
		}
	}
}

// gated are the metrics that the bounds of the property are about, with what is asked of each.
var gated = []string{"latency.p99", "achieved_rate", "cpu_per_request", "lost", "unserved", "rss_peak"}

var gatedBounds = []string{"latency.p99>20%", "achieved_rate<-20%", "cpu_per_request>20%", "lost>0%", "unserved>0%", "rss_peak>20%"}

// again is a second run, with luck of its own, whose trials change may alter.
func again(w *world, blocks int, change func(*result.Trial, plan.Cell)) result.Run {
	for b := range w.luck {
		w.luck[b] = 0.05 * w.random.NormFloat64()
	}
	w.spoil = change
	return w.run(blocks)
}

var spoilings = []struct {
	name   string
	change func(r *rand.Rand) func(*result.Trial, plan.Cell)
}{
	{"nothing", func(*rand.Rand) func(*result.Trial, plan.Cell) { return func(*result.Trial, plan.Cell) {} }},
	{"gone", func(r *rand.Rand) func(*result.Trial, plan.Cell) {
		return anywhere(r, func(t *result.Trial, metric string) { delete(t.Metrics, metric) })
	}},
	{"zero", func(r *rand.Rand) func(*result.Trial, plan.Cell) {
		return anywhere(r, func(t *result.Trial, metric string) { t.Metrics[metric] = 0 })
	}},
	{"noisy", func(r *rand.Rand) func(*result.Trial, plan.Cell) {
		factor := 2 + 8*r.Float64()
		return anywhere(r, func(t *result.Trial, metric string) {
			if t.Block%2 == 1 {
				t.Metrics[metric] *= factor
			}
		})
	}},
	{"shifted", func(r *rand.Rand) func(*result.Trial, plan.Cell) {
		factor := math.Exp(2*r.Float64() - 1)
		return anywhere(r, func(t *result.Trial, metric string) {
			t.Metrics[metric] = t.Metrics[metric]*factor + 2*factor*float64(t.Block%2)
		})
	}},
	{"invalid", func(r *rand.Rand) func(*result.Trial, plan.Cell) {
		return anywhere(r, func(t *result.Trial, _ string) { t.Valid, t.Reasons = false, reason.List{{Text: "stood still"}} })
	}},
	{"silent", func(r *rand.Rand) func(*result.Trial, plan.Cell) {
		return anywhere(r, func(t *result.Trial, _ string) {
			t.Metrics = map[string]float64{"completed": 0, "served": 0, "unserved": 8, "lost": 0, "wrong": 0, "achieved_rate": 0}
		})
	}},
	{"losing", func(r *rand.Rand) func(*result.Trial, plan.Cell) {
		return anywhere(r, func(t *result.Trial, _ string) { t.Metrics["lost"] = 5 })
	}},
}

// Of hundreds of pairs made from a true one, none passes that a reader of all figures would not pass; of true pairs
// nearly all do, and what is clearly worse is told as worse.
func TestNoPairPassesThatAReaderWouldNotPass(t *testing.T) {
	passed, broken, unknown, true_, truePassed := 0, 0, 0, 0, 0
	for seed := range uint64(240) {
		r := rand.New(rand.NewPCG(seed, 3))
		w := newWorld(t, three, seed)
		w.truth = sound
		sd := 0.01 + 0.04*r.Float64()
		w.sd = func(plan.Cell) float64 { return sd }
		blocks := []int{1, 3, 8, 10}[r.IntN(4)]
		before := w.run(blocks)
		s := spoilings[int(seed)%len(spoilings)]
		after := again(w, blocks, s.change(r))
		what := s.name
		switch r.IntN(8) { // one in eight of another plan, and one in eight without a design
		case 0:
			w2 := newWorld(t, three+"load: {connections: 8}\n", seed)
			after.Manifest.Spec = string(w2.exp.YAML())
			what += ", of another plan"
		case 1:
			w2 := newWorld(t, "servers: [goroutine, deadline]\nblocks: 10\n", seed)
			after.Manifest.Spec = string(w2.exp.YAML())
			after.Trials = slices.DeleteFunc(after.Trials, func(t result.Trial) bool { return t.Cell.Server() == "epoll" })
			what += ", without a design"
		}
		x, err := Compare(before, after, nil)
		require.NoError(t, err)
		for _, text := range gatedBounds {
			b := bounds(t, text)[0]
			g, err := x.Gate([]Bound{b})
			require.NoError(t, err)
			switch g.Word() {
			case Holds:
				passed++
				why := readersDoubt(before, after, b)
				require.Empty(t, why, "seed %d, %s: %s passes, and a reader would not let it: %+v", seed, what, text, g.Findings)
			case Refuted:
				broken++
				if what == "nothing" {
					require.Fail(t, "a true pair is called worse", "%+v", g.Findings[0])
				}
			default:
				unknown++
			}
			if what == "nothing" && blocks >= fewBlocks {
				true_++
				if g.Word() == Holds {
					truePassed++
				}
			}
		}
	}
	t.Logf("%d pass, %d are broken, %d cannot be told; of %d bounds on true pairs of 8 blocks and more %d pass", passed, broken, unknown, true_, truePassed)
	require.Greater(t, true_, 40)
	require.GreaterOrEqual(t, float64(truePassed)/float64(true_), 0.9, "a gate that does not pass what is true is of no use")
}

// readersDoubt is what a reader of all figures, trial by trial, would object to; "" where it is nothing. It is
// written without what the gate is made of, so that the two can disagree.
func readersDoubt(before, after result.Run, b Bound) string {
	if before.Manifest.Spec != after.Manifest.Spec {
		return "the plans differ"
	}
	byCell := func(run result.Run) map[string][]result.Trial {
		m := map[string][]result.Trial{}
		for _, t := range run.Trials {
			m[t.Cell.Key()] = append(m[t.Cell.Key()], t)
		}
		return m
	}
	first, second := byCell(before), byCell(after)
	for _, key := range slices.Sorted(maps.Keys(first)) {
		a, whyA := readFigures(first[key], b.Metric)
		z, whyZ := readFigures(second[key], b.Metric)
		if whyA+whyZ != "" {
			return key + ": " + whyA + whyZ
		}
		limit := func(v float64) float64 { return v * (1 + b.Limit) }
		worse := func(v, than float64) bool {
			if b.Above {
				return v > limit(than)
			}
			return v < limit(than)
		}
		if worse(stats.Median(z), stats.Median(a)) {
			return fmt.Sprintf("%s: the median went from %g to %g", key, stats.Median(a), stats.Median(z))
		}
		if worse(stats.Mean(z).Center, stats.Mean(a).Center) {
			return fmt.Sprintf("%s: the mean went from %g to %g", key, stats.Mean(a).Center, stats.Mean(z).Center)
		}
		worst, beyond := slices.Max(a), 0
		if !b.Above {
			worst = slices.Min(a)
		}
		for _, v := range z {
			if worse(v, worst) {
				beyond++
			}
		}
		if 4*beyond >= len(z) {
			return fmt.Sprintf("%s: %d of %d trials are worse than the worst of the first run by more than the bound", key, beyond, len(z))
		}
		times := b.Metric != "lost" && b.Metric != "unserved" // and costs: of those who were answered
		if times && 2*having(second[key], "lost") > len(z) && having(first[key], "lost") == 0 {
			return key + ": it lost replies"
		}
	}
	return ""
}

// having counts the valid trials with more than none.
func having(trials []result.Trial, metric string) (n int) {
	for _, t := range trials {
		if t.Valid && t.Metrics[metric] > 0 {
			n++
		}
	}
	return n
}

// readFigures reads one metric of one cell, or says why there is nothing to read.
func readFigures(trials []result.Trial, metric string) (values []float64, why string) {
	invalid := 0
	for _, t := range trials {
		v, has := t.Metrics[metric]
		switch {
		case !t.Valid:
			invalid++
		case t.Metrics["completed"] == 0:
			return nil, "a trial answered nobody"
		case !has:
			return nil, "a trial has no figure"
		case v == 0 && metric != "lost" && metric != "unserved":
			return nil, "a figure of 0"
		default:
			values = append(values, v)
		}
	}
	if 2*invalid > len(trials) || len(values) < 2 {
		return nil, "too few trials"
	}
	return values, ""
}

// How often a gate passes: what is true nearly always, where the scatter leaves room for it; what is worse by just the
// bound hardly ever; and what is clearly worse is told as that.
func TestHowOftenAGatePasses(t *testing.T) {
	const pairs = 60
	for _, c := range []struct {
		sd     float64 // of a trial about its block, whose own luck scatters by 0.05
		blocks int
		bound  string
		shift  float64
		holds  [2]float64 // the least and the largest share that may
		broken float64    // the least share that must be
	}{
		{0.02, 10, "cpu_per_request>15%", 1, [2]float64{0.95, 1}, 0},
		{0.05, 10, "cpu_per_request>20%", 1, [2]float64{0.95, 1}, 0},
		{0.05, 8, "cpu_per_request>5%", 1, [2]float64{0, 0.6}, 0}, // too near for so few blocks: it cannot be told
		{0.02, 10, "cpu_per_request>15%", 1.15, [2]float64{0, 0.07}, 0},
		{0.05, 10, "cpu_per_request>20%", 1.20, [2]float64{0, 0.07}, 0},
		{0.02, 10, "cpu_per_request>15%", 1.4, [2]float64{0, 0}, 0.95},
	} {
		held, broken := 0, 0
		for seed := range uint64(pairs) {
			w := newWorld(t, three, 1000+seed)
			w.sd = func(plan.Cell) float64 { return c.sd }
			before := w.run(c.blocks)
			after := again(w, c.blocks, func(t *result.Trial, cell plan.Cell) {
				if cell.Server == "epoll" {
					t.Metrics["cpu_per_request"] *= c.shift
				}
			})
			switch gateOf(t, before, after, c.bound).Word() {
			case Holds:
				held++
			case Refuted:
				broken++
			}
		}
		share := func(n int) float64 { return float64(n) / pairs }
		t.Logf("scatter %g, %d blocks, %s, truly %gx: %d %% hold, %d %% are broken", c.sd, c.blocks, c.bound, c.shift, 100*held/pairs, 100*broken/pairs)
		require.GreaterOrEqual(t, share(held), c.holds[0])
		require.LessOrEqual(t, share(held), c.holds[1])
		require.GreaterOrEqual(t, share(broken), c.broken)
		if c.shift == 1 {
			require.Zero(t, broken, "a true pair is called worse")
		}
	}
}
