package verdict

import (
	"fmt"
	"slices"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
)

// silent counts the trials in which the server answered nobody.
func (c *cell) silent() int {
	return c.sample(metric.Completed).count(func(v float64) bool { return v == 0 })
}

// nobody reports whether no trial of the cell answered anybody.
func (c *cell) nobody() bool { return c.Trials > 0 && c.silent() == c.Trials }

// harms are counts of clients or requests that were served badly. Times and costs of such a cell are only about the others.
var harms = []string{metric.Unserved, metric.Lost, metric.Wrong, metric.Duplicate}

// almostAll is the share of the requests that must be answered for times and costs to speak of all of them.
const almostAll = 0.99

// harmed names a harm that more than a tenth of the cell's trials show, beside a time or a cost; "" where there is none.
func (c *cell) harmed(name string) string {
	if counted(name) {
		return "" // a count is judged for itself
	}
	for _, harm := range harms {
		if s := c.sample(harm); 10*s.count(some) > c.Trials {
			return fmt.Sprintf("%s: %s", phrase(harm), s.told(harm))
		}
	}
	answered := c.sample(metric.Answered)
	if n := answered.count(func(share float64) bool { return share < almostAll }); 10*n > c.Trials {
		return fmt.Sprintf("%s in which as little as %s of what was asked for was answered", unit.Many(n, "trial"), unit.Percent(answered.least()))
	}
	return ""
}

// some reports whether a count is of anything.
func some(v float64) bool { return v > 0 }

// troubles are counts that may be harmless by themselves: some requests are still open when a window ends.
var troubles = []string{metric.Missing, metric.Unanswered}

// newTrouble names a trouble that most trials of the second cell show and none of the first, beside a time or a cost: the
// second does not do the same work. It is "" where there is none.
func newTrouble(name string, first, second *cell) string {
	if counted(name) {
		return ""
	}
	names := slices.Clone(troubles)
	for _, kind := range load.Faults() {
		names = append(names, "errors."+kind)
	}
	for _, name := range names {
		a, b := first.sample(name), second.sample(name)
		if a.known() && a.most() == 0 && 2*b.count(some) > b.trials {
			return fmt.Sprintf("%s: %s", phrase(name), b.told(name))
		}
	}
	return ""
}
