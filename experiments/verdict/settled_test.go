package verdict

import (
	"maps"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// A server is settled as soon as a count of it is beyond what is required, and the others as soon as the plan's least number of
// blocks is done and what is required of them scatters little, wherever it lies.
func TestSettled(t *testing.T) {
	for _, c := range []struct {
		name  string
		truth map[string]map[string]float64 // what differs, by server
		sd    map[string]float64
		spoil func(*result.Trial)
		want  [][]string // after so many blocks
	}{
		{
			name:  "figures",
			truth: map[string]map[string]float64{"epoll": {"latency.p99": 900e6}, "deadline": {"unserved": 1}}, // epoll fails, and scatters as little
			sd:    map[string]float64{"pool": 1},
			want:  [][]string{{}, {"deadline"}, {"deadline"}, {"deadline", "epoll", "goroutine"}, {"deadline", "epoll", "goroutine"}},
		},
		{
			name: "trials",
			spoil: func(t *result.Trial) {
				switch t.Cell.Server() {
				case "epoll": // none of its trials counts
					t.Valid, t.Metrics["unserved"] = false, 5
				case "pool": // more trials may tell whether that was chance
					t.Metrics["answered"] = map[bool]float64{true: 0.97, false: 1}[t.Block == 1]
				}
			},
			want: [][]string{{}, {}, {}, {"deadline", "goroutine"}, {"deadline", "goroutine"}},
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := newWorld(t, `
servers: [goroutine, epoll, pool, deadline]
vary: {load.idle: [100, 200, 400]}
load: {rate: 1000}
blocks: 3
max_blocks: 6
require: ['latency.p99 < 200ms where load.idle=400', 'unserved == 0 where load.idle=400', 'answered >= 99%', 'rss_peak < 1GiB']
extrapolate_idle: 5000
extrapolate_blocks: 1
`, 1)
			w.truth = func(cell plan.Cell) map[string]float64 {
				m := map[string]float64{"latency.p99": 20e6, "unserved": 0, "served": 64, "rss_peak": 50 << 20, "completed": 500}
				maps.Copy(m, c.truth[cell.Server])
				return m
			}
			w.sd = func(cell plan.Cell) float64 { return max(0.02, c.sd[cell.Server]) }
			w.spoil = func(t *result.Trial, _ plan.Cell) {
				if t.Metrics["answered"] = 1; c.spoil != nil {
					c.spoil(t)
				}
			}
			trials := w.run(5).Trials
			for blocks, want := range c.want {
				before := slices.DeleteFunc(slices.Clone(trials), func(t result.Trial) bool { return t.Block >= blocks })
				require.Equal(t, want, append([]string{}, slices.Sorted(maps.Keys(Settled(w.plan, before)))...), "after %d blocks", blocks)
			}
		})
	}
}

// A cell of a settled server has no more trials than were planned of it.
func TestASettledServerLacksNothing(t *testing.T) {
	w := newWorld(t, "servers: [goroutine, epoll]\nload: {rate: 1000}\nblocks: 6\nrequire: ['unserved == 0']\n", 1)
	w.truth = func(c plan.Cell) map[string]float64 {
		return map[string]float64{"unserved": map[bool]float64{true: 3}[c.Server == "epoll"], "served": 61, "completed": 500}
	}
	run := w.run(6)
	run.Trials = slices.DeleteFunc(run.Trials, func(t result.Trial) bool { return t.Cell.Server() == "epoll" && t.Block > 0 })
	for settled, want := range map[bool]Word{false: Undecided, true: Refuted} {
		if run.Manifest.Settled = nil; settled {
			run.Manifest.Settled = map[string]int{"epoll": 1}
		}
		a, err := Judge(run)
		require.NoError(t, err)
		for _, r := range a.Required {
			if r.Server == "epoll" {
				require.Equal(t, want, r.Word, r.Each[0].Sentence)
			}
		}
	}
}
