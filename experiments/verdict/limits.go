package verdict

import (
	"math"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
)

// Limits counts the blocks of a cell in which something held its rate back. No trial is left out for it: the report says
// what limited a figure, and a figure that is only a bound is compared as a bound.
type Limits struct {
	Blocks    int // that have a valid trial
	Saturated int // the server's CPUs were full
	Behind    int // the server answered less than the schedule of an open loop offered, so that a queue grew
	Generator int // the generator of a closed loop had no CPU left
}

// limits counts what limited the trials of a cell, block by block.
func (c *cell) limits() (l Limits) {
	saturated, behind, generator := map[int]bool{}, map[int]bool{}, map[int]bool{}
	blocks := map[int]bool{}
	for _, t := range c.all() {
		blocks[t.Block] = true
		saturated[t.Block] = saturated[t.Block] || t.ServerLimited
		behind[t.Block] = behind[t.Block] || load.FellBehind(t.Metrics)
		generator[t.Block] = generator[t.Block] || t.LowerBound
	}
	count := func(of map[int]bool) (n int) {
		for _, is := range of {
			if is {
				n++
			}
		}
		return n
	}
	return Limits{len(blocks), count(saturated), count(behind), count(generator)}
}

// often reports whether n blocks are more than a third of all: so many that a figure is a bound.
func (l Limits) often(n int) bool { return 3*n > l.Blocks }

// queue reports whether a figure is the time that requests spent in a queue that grew for as long as the window lasted.
func (l Limits) queue(m metric.Metric) bool { return responseTime(m) && l.often(l.Behind) }

// bounds reports whether a figure is a lower bound, an upper bound, or both, where its direction is unknown. With a
// faster generator the rate would be higher, and as the number of clients is the same, each would wait less for its reply.
func (l Limits) bounds(m metric.Metric) (lower, upper bool) {
	switch {
	case l.queue(m):
		return true, false
	case m.Kind != metric.Speed || !l.often(l.Generator):
		return false, false
	case m.Unit == "ns":
		return false, true
	}
	return true, m.Name == metric.Fairness
}

func responseTime(m metric.Metric) bool {
	return m.Family() == metric.Latency || m.Name == metric.WorstConnectionP99
}

// perRequest reports whether a figure is what a request costs. A full CPU changes it: a server that finds several requests
// at each wake-up spends less on each than at part load.
func perRequest(m metric.Metric) bool { return m.Section == metric.Costs }

// openEnds reports which ends of the interval of a ratio are unknown, because one of its figures is a bound. The ratio of
// two queues that both grow has both ends: it says whose grew faster.
func openEnds(m metric.Metric, of, base *cell) (low, high bool) {
	if twoQueues(m, of, base) {
		return false, false
	}
	lowerOf, upperOf := of.Limits.bounds(m)
	lowerBase, upperBase := base.Limits.bounds(m)
	return upperOf || lowerBase, lowerOf || upperBase
}

func twoQueues(m metric.Metric, of, base *cell) bool {
	return of.Limits.queue(m) && base.Limits.queue(m)
}

// openUp widens the interval of a ratio by as much as its two figures may lie beyond what was measured. It does not widen
// that of two growing queues for the requests that they still hold: the ages of these say how long the queues are.
func openUp(low, high *float64, m metric.Metric, of, base *cell) {
	if twoQueues(m, of, base) {
		return
	}
	slackOf, slackBase := slacks(m.Name, of, base)
	*low /= slackBase
	*high *= slackOf
	noLow, noHigh := openEnds(m, of, base)
	if noLow {
		*low = 0
	}
	if noHigh {
		*high = math.Inf(1)
	}
}

// AtLeast reports whether the ratio of a comparison is a lower bound.
func (c Comparison) AtLeast() bool { return c.Low > 0 && math.IsInf(c.High, 1) }

// AtMost reports whether the ratio of a comparison is an upper bound.
func (c Comparison) AtMost() bool { return c.Low <= 0 && !math.IsInf(c.High, 1) && c.Ratio > 0 }

// bound stands before a figure that is a lower or an upper bound.
func (s Summary) bound() string {
	switch {
	case s.LowerBound && s.UpperBound:
		return ""
	case s.LowerBound, s.AtLeast:
		return "at least "
	case s.UpperBound:
		return "at most "
	}
	return ""
}
