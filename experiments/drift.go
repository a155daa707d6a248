package experiments

import (
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"socketbench/experiments/host"
)

// How far the halves of a window may lie apart before the trial is warned of, and how many replies
// each must have for that to mean anything.
const (
	driftBound   = 0.15
	driftReplies = 1000
)

// drift warns when the window's second half was not like its first: the warm-up was too short, the
// server fills something up, or something else used the machine.
func (m *measurement) drift() {
	var halves [2]*hdrhistogram.Histogram
	for _, step := range m.load.Log {
		if step.Response == nil {
			continue
		}
		half := 0
		if step.Start+step.Length/2 >= m.window/2 {
			half = 1
		}
		if halves[half] == nil {
			halves[half] = hdrhistogram.Import(step.Response.Export())
		} else {
			halves[half].Merge(step.Response)
		}
	}
	if halves[0] == nil || halves[1] == nil ||
		min(halves[0].TotalCount(), halves[1].TotalCount()) < driftReplies {
		return
	}
	m.drifted("p50", float64(halves[0].ValueAtQuantile(50)), float64(halves[1].ValueAtQuantile(50)))
	if !m.whole || m.middle.At.IsZero() {
		return
	}
	cost := func(from, to host.Usage, replies int64) float64 { return float64(to.CPU-from.CPU) / float64(replies) }
	m.drifted("CPU per request",
		cost(m.from.usage, m.middle, halves[0].TotalCount()),
		cost(m.middle, m.to.usage, halves[1].TotalCount()))
}

func (m *measurement) drifted(what string, first, second float64) {
	if first <= 0 || second <= 0 || math.Abs(math.Log(second/first)) < driftBound {
		return
	}
	show := func(ns float64) string { return fmt.Sprint(time.Duration(ns).Round(100 * time.Nanosecond)) }
	m.warn("%s drifted from %s in the window's first half to %s in its second", what, show(first), show(second))
}
