package experiments

import (
	"math"
	"time"

	"socketbench/experiments/host"
	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
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
	var steps [2][]*stats.Histogram
	var lasted [2]time.Duration // the sum of the lengths of their steps
	for _, step := range m.load.Log {
		if step.Length <= 0 { // what came after the window
			continue
		}
		half := 0
		if step.Start+step.Length/2 >= m.window/2 {
			half = 1
		}
		lasted[half] += step.Length
		steps[half] = append(steps[half], step.Response)
	}
	halves := [2]*stats.Histogram{stats.Merge(steps[0]...), stats.Merge(steps[1]...)}
	if min(halves[0].TotalCount(), halves[1].TotalCount()) < driftReplies {
		return
	}
	m.drifted(metric.LatencyP50, "p50", float64(halves[0].Quantile(.5)), float64(halves[1].Quantile(.5)))
	seen := m.served.Seen
	if !seen.Whole || seen.Middle.At == 0 {
		return
	}
	// No step of the log need end in the middle of the window, and the counters are read a little before or after their
	// moment. So CPU time is divided by the time between its readings, and replies by the length of their steps.
	cost := func(from, to host.Usage, half int) float64 {
		rate := float64(halves[half].TotalCount()) / float64(lasted[half])
		return float64(to.CPU-from.CPU) / float64(to.At-from.At) / rate
	}
	m.drifted(metric.CPUPerRequest, "CPU per request", cost(seen.From.Server, seen.Middle, 0), cost(seen.Middle, seen.To.Server, 1))
}

// readBound is the share of the window by which the time between the two observations of the server may differ.
const readBound = 0.25

// readInTime makes a trial invalid whose server was read over a longer or a shorter time than the window: what it used
// in that time is not what it used for the window's requests. The server is read by its agent, so it was this agent's
// process or the machine that stood still.
func (m *measurement) readInTime(elapsed time.Duration) {
	if off := elapsed - m.window; m.window > 0 && max(off, -off) > time.Duration(readBound*float64(m.window)) {
		m.invalid(reason.Pause, "what the server used was read over %v, where the window was %v: the machine, or the process that measures, stood still",
			elapsed.Round(time.Millisecond), m.window.Round(time.Millisecond))
	}
}

func (m *measurement) drifted(name, what string, first, second float64) {
	if first <= 0 || second <= 0 || math.Abs(math.Log(second/first)) < driftBound {
		return
	}
	m.warn(reason.Drift, "%s drifted from %s in the window's first half to %s in its second",
		what, unit.Tick("ns", first), unit.Tick("ns", second)).RestsOn = name
}
