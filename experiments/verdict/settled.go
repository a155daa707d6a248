package verdict

import (
	"maps"
	"math"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
)

// How near its centre the interval of a figure must lie until more trials would tell little of whether it keeps to a bound.
const (
	settledWidth = 1.5   // as a factor
	settledShare = 0.005 // of a share, such as of the requests that are answered, which must be nearly all
)

// Settled names the servers of which more trials would tell nothing that is required by the plan. There are two kinds. One has
// failed for good: the requirement is about a count, and a count is exact in each trial, so that one valid trial beyond it
// breaks it whatever the others show. Of the others the plan's least number of blocks is done, and the interval of every
// other figure that something is required of is narrow. Its width decides, and never on which side of the bound it lies.
func Settled(p plan.Plan, trials []result.Trial) map[string]bool {
	j := layOut(p.Experiment, trials)
	settled := map[string]bool{}
	for _, server := range p.Experiment.Servers {
		settled[server] = j.blocks >= p.Experiment.Blocks
	}
	broken := map[string]bool{}
	for _, text := range p.Experiment.Require {
		r, err := spec.ParseRequirement(text)
		if err != nil {
			continue
		}
		b := Bound{Metric: r.Metric, Where: r.Where, Expect: r.Expect}
		for i := range j.cells {
			c := &j.cells[i]
			server := c.ID.Server()
			switch idle, _ := Number(c.ID[spec.IdlePath]); {
			case !b.about(c.ID):
			case counted(r.Metric):
				if c.sample(r.Metric).count(func(v float64) bool { return !b.Expect.Holds(v) }) > 0 {
					broken[server] = true
				}
			case p.Experiment.Measured(int(idle), j.blocks): // others have no further trial
				settled[server] = settled[server] && c.narrow(r.Metric)
			}
		}
	}
	maps.Copy(settled, broken)
	maps.DeleteFunc(settled, func(_ string, is bool) bool { return !is })
	return settled
}

// narrow reports whether the interval of a metric lies near its centre.
func (c *cell) narrow(name string) bool {
	s := c.sample(name)
	switch {
	case len(s.values) < 2:
		return false
	case spec.Unit(name) == "share":
		return stats.Mean(s.values).Half() <= settledShare
	case !s.positive():
		return s.constant()
	}
	return stats.Mean(s.logs()).Half() <= math.Log(settledWidth)
}
