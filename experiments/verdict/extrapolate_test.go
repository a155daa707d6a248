package verdict

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

const beyond = `
servers: [goroutine, epoll, pool]
vary: {load.idle: [1000, 2000, 4000]}
load: {connections: 4, rate: 100, duration: 500ms}
blocks: 3
require: ['rss_peak < 512MiB', 'latency.p99 < 200ms where load.idle=4000']
extrapolate_idle: 50000
`

// grows is a world in which each design has so much memory at first, and so much for each client.
func grows(t testing.TB, file string, base, each map[string]float64) *world {
	w := newWorld(t, file, 1)
	w.luck = make([]float64, len(w.luck))
	w.sd = func(plan.Cell) float64 { return 0.01 }
	w.truth = func(c plan.Cell) map[string]float64 {
		n, _ := Number(c.ID["load.idle"])
		m := map[string]float64{"latency.p99": 20e6, "cpu_per_request": 9000, "served": 4, "unserved": 0, "completed": 50, "disturbers": 1}
		m["rss_peak"] = base[c.Server] + each[c.Server]*n
		return m
	}
	w.spoil = func(t *result.Trial, _ plan.Cell) { t.Metrics["disturbers"] = 1 }
	return w
}

// Memory with more clients than were measured is judged by the line over those that were, and never by them alone: all
// three designs stay far below the bound in the crowds that were measured.
func TestMemoryIsExtrapolated(t *testing.T) {
	const kib, mib = 1 << 10, 1 << 20
	w := grows(t, beyond, map[string]float64{"goroutine": 10 * mib, "epoll": 8 * mib, "pool": 8 * mib}, map[string]float64{"goroutine": 20 * kib, "epoll": 2 * kib, "pool": 10.3 * kib})
	a, err := Judge(w.run(3))
	require.NoError(t, err)
	words := map[string]Word{}
	for _, r := range a.Required {
		words[r.Server] = r.Word
		require.Equal(t, []int{1000, 2000, 4000}, r.Memory.Crowds)
		require.Contains(t, r.Memory.Sentence, "extrapolated by a line over 1,000, 2,000 and 4,000 of them")
		require.Contains(t, r.Each[0].Figure, " extrapolated")
		require.Contains(t, r.Each[0].Sentence, "extrapolated")
		require.NotContains(t, r.Each[1].Figure, "extrapolated")
		require.Less(t, r.Memory.Low, r.Memory.Bytes)
		require.Greater(t, r.Memory.High, r.Memory.Bytes)
	}
	require.Equal(t, map[string]Word{"goroutine": Refuted, "epoll": Holds, "pool": Undecided}, words, "pool takes 511 MiB, which is too near")
}

// A design is named as meeting a bound on its memory only if the whole interval lies below it, whatever it grows like.
func TestNoDesignIsNamedAboveTheIntervalOfItsMemory(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		each := rapid.Float64Range(100, 30_000).Draw(t, "each")
		bend := rapid.Float64Range(0, 3).Draw(t, "bend") // how much more each of the last clients takes than the first
		w := grows(&testing.T{}, beyond, map[string]float64{}, map[string]float64{})
		truth := w.truth
		w.truth = func(c plan.Cell) map[string]float64 {
			m := truth(c)
			n, _ := Number(c.ID["load.idle"])
			m["rss_peak"] = 10<<20 + each*n*(1+bend*n/4000)
			return m
		}
		a, err := Judge(w.run(3))
		require.NoError(t, err)
		for _, r := range a.Required {
			if r.Word == Holds {
				require.Less(t, r.Memory.High, float64(512<<20))
				require.Less(t, 10<<20+each*50_000, float64(512<<20), "the line of the first clients alone")
			}
			if bend > 1 {
				require.Greater(t, r.Memory.High, each*50_000*(1+bend), "memory that bends upwards is not taken for a line")
			}
		}
	})
}

// Smaller crowds that are measured once are enough for the line, and are not short of trials.
func TestSmallerCrowdsNeedFewerBlocks(t *testing.T) {
	const kib = 1 << 10
	w := grows(t, beyond+"extrapolate_blocks: 1\n", map[string]float64{}, map[string]float64{"goroutine": kib, "epoll": kib, "pool": kib})
	first := w.plan.Block(0)
	require.Len(t, first, 3*3+1)
	for b := 1; b < 3; b++ {
		require.Len(t, w.plan.Block(b), 3+1)
		for _, p := range w.plan.Block(b) {
			require.Equal(t, 4000, w.plan.Cells[p.Cell].Load.Idle)
		}
	}
	a, err := Judge(w.run(3))
	require.NoError(t, err)
	for _, r := range a.Required {
		require.Equal(t, Holds, r.Word, r.Server)
		require.Equal(t, []int{1000, 2000, 4000}, r.Memory.Crowds)
	}
	whole := w.spoil
	w.spoil = func(t *result.Trial, c plan.Cell) {
		whole(t, c)
		t.Valid = c.Load.Idle != 4000 || t.Block == 0
	}
	a, err = Judge(w.run(3))
	require.NoError(t, err)
	for _, r := range a.Required {
		require.Contains(t, r.Memory.Sentence, "it has only 1 valid trial of 3")
	}
}

// A crowd that the design did not hold says nothing of a larger one.
func TestACrowdThatWasNotHeldIsNotExtrapolated(t *testing.T) {
	for name, spoil := range map[string]func(t *result.Trial, c plan.Cell){
		"it held only 90 % of 4,000 idle clients": func(t *result.Trial, c plan.Cell) {
			if n, _ := Number(c.ID["load.idle"]); n == 4000 {
				t.Metrics["disturbers"] = 0.9
			}
		},
		"with 2,000 idle clients none of its trials is valid: its trials do not say why": func(t *result.Trial, c plan.Cell) {
			if n, _ := Number(c.ID["load.idle"]); n == 2000 {
				t.Valid = false
			}
		},
		"its memory was not measured in three crowds": func(t *result.Trial, c plan.Cell) { delete(t.Metrics, "rss_peak") },
	} {
		w := grows(t, beyond, map[string]float64{}, map[string]float64{"goroutine": 100, "epoll": 100, "pool": 100})
		whole := w.spoil
		w.spoil = func(t *result.Trial, c plan.Cell) {
			whole(t, c)
			spoil(t, c)
		}
		a, err := Judge(w.run(3))
		require.NoError(t, err)
		for _, r := range a.Required {
			require.Equal(t, Undecided, r.Word, name)
			require.Empty(t, r.Each[0].Figure, "a figure of a smaller crowd is not that of the larger one")
			require.NotEmpty(t, r.Each[0].Needs)
			require.Equal(t, fmt.Sprintf("%s: its memory with 50,000 idle clients cannot be extrapolated: %s.", r.Server, name), r.Memory.Sentence)
		}
	}
}
