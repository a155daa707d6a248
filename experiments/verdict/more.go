package verdict

import (
	"fmt"
	"math"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// More decides at the end of a block whether another block is run, from the trials so far. why is the sentence for the
// manifest, empty while the run goes on. Once the plan's least number of blocks and at least 8 are done, a run ends as
// soon as every comparison of the primary metric with the baseline is known to the precision of the experiment. The width
// of intervals decides, and never the outcome of a comparison.
func More(p plan.Plan, trials []result.Trial) (more bool, why string) {
	e := p.Experiment
	j := layOut(e, trials)
	cap := max(e.MaxBlocks, e.Blocks)
	switch {
	case j.blocks < e.Blocks:
		return true, ""
	case e.MaxBlocks <= e.Blocks:
		return false, fmt.Sprintf("%s were asked for", unit.Many(e.Blocks, "block"))
	case j.blocks >= cap:
		return false, fmt.Sprintf("the cap of %s was reached; the widest interval of %s is %s", unit.Many(cap, "block"), e.Primary, j.primary().text())
	case j.blocks < fewBlocks:
		return true, ""
	}
	w := j.primary()
	switch {
	case w.compared == 0:
		return false, fmt.Sprintf("no two cells have a figure for %s, so that more blocks would decide nothing", e.Primary)
	case w.half <= e.Narrow():
		return false, fmt.Sprintf("after %s the widest interval of %s is %s", unit.Many(j.blocks, "block"), e.Primary, w.text())
	}
	return true, ""
}

// width is the width of the widest primary interval.
type width struct {
	half     float64 // relative
	server   string
	compared int
}

func (w width) text() string {
	if w.compared == 0 {
		return "unknown"
	}
	return fmt.Sprintf("±%.1f %% (%s)", 100*w.half, w.server)
}

// primary finds the widest interval of the primary metric against the baseline. Cells without a figure have no interval
// that could become narrower, and do not count.
func (j *judge) primary() (w width) {
	t := j.table(j.exp.Primary)
	j.exp.Conditions(func(condition map[string]any, _ spec.Experiment) bool {
		base, ok := t.find(condition, j.exp.Baseline)
		if !ok {
			return true
		}
		for _, server := range j.exp.Servers {
			i, ok := t.find(condition, server)
			if !ok || server == j.exp.Baseline {
				continue
			}
			e := t.stats.Compare(i, base)
			if e.N < 2 {
				continue
			}
			w.compared++
			if half := math.Expm1(e.Half()); half >= w.half {
				w.half, w.server = half, server+conditionSuffix(t.cells[i].ID)
			}
		}
		return true
	})
	return w
}
