package overnats

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/agent"
	"socketbench/experiments/fleet"
)

// fleetOf is a coordinator with so many agents, all of this process and over its loopback device.
func fleetOf(b *testing.B, n int) (fleet.Hub, []fleet.Agent) {
	k, j := keys(b)
	var names []string
	for i := range n {
		names = append(names, fmt.Sprintf("agent%02d", i))
		work(b, names[i], j, both, here(b))
	}
	h := open(b, k)
	server, loaders := gather(b, h, fleet.Wanted{Server: names[0], Loaders: names[1:]})
	return h, append([]fleet.Agent{server}, loaders...)
}

// How far an offset is off, in halves of its least round trip: both clocks are the same one here, so that every offset is
// an error.
func BenchmarkOffset(b *testing.B) {
	_, agents := fleetOf(b, 1)
	worst, beyond := 0.0, 0
	for b.Loop() {
		o, err := agent.ReadOffset(b.Context(), agents[0])
		require.NoError(b, err)
		off := max(o.Ahead, -o.Ahead)
		worst = max(worst, float64(off)/(float64(o.Trip)/2))
		if off > o.Within {
			beyond++
		}
	}
	b.ReportMetric(worst, "worst/half-trip")
	b.ReportMetric(float64(beyond), "beyond")
}

// How far the first requests of eight agents lie apart, as far as their clocks are known.
func BenchmarkStartSkew(b *testing.B) {
	_, agents := fleetOf(b, 8)
	var skews []time.Duration
	for b.Loop() {
		var ahead []int64
		for _, a := range agents {
			o, err := agent.ReadOffset(b.Context(), a)
			require.NoError(b, err)
			ahead = append(ahead, o.Ahead)
		}
		skews = append(skews, time.Duration(slices.Max(ahead)-slices.Min(ahead)))
	}
	slices.Sort(skews)
	b.ReportMetric(float64(skews[len(skews)/2].Microseconds()), "p50-µs")
	b.ReportMetric(float64(skews[len(skews)*99/100].Microseconds()), "p99-µs")
}

// Whole trials, each with the silence of its window: one message in it would end the benchmark.
func BenchmarkSilentTrials(b *testing.B) {
	h, agents := fleetOf(b, 2)
	for n := 1; b.Loop(); n++ {
		name := agent.Trial{Run: "run", Order: n, Attempt: n, Most: time.Minute}
		play(b, h, agents[0], agents[1], name)
		for _, a := range agents {
			_, err := a.End(b.Context(), name)
			require.NoError(b, err)
		}
	}
}
