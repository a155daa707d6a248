package verdict

import (
	"fmt"
	"slices"

	"socketbench/experiments/load"
	"socketbench/experiments/unit"
)

// silent counts the trials in which nobody was answered.
func (c *cell) silent() (n int) {
	for _, t := range c.all() {
		if done, ok := t.Metrics["completed"]; ok && done == 0 {
			n++
		}
	}
	return n
}

// nobody reports whether no trial of the cell answered anybody.
func (c *cell) nobody() bool { return c.Trials > 0 && c.silent() == c.Trials }

// harms are counts beside which a time or a cost is that of those who were served well, and of no others.
var harms = []string{"unserved", "lost", "wrong"}

// almostAll is the share of what was asked for below which times and costs are those of a part.
const almostAll = 0.99

// harmed names the harm that more than a tenth of the cell's trials show; "" if there is none.
func (c *cell) harmed(metric string) string {
	if counted(metric) {
		return "" // a count is judged for itself
	}
	for _, name := range harms {
		n := 0
		for _, t := range c.all() {
			if t.Metrics[name] > 0 {
				n++
			}
		}
		if 10*n > c.Trials {
			return fmt.Sprintf("%s: %s", phrase(name), c.sample(name).told(name))
		}
	}
	n, least := 0, 1.0
	for _, t := range c.all() {
		if share, ok := t.Metrics["answered"]; ok && share < almostAll {
			n, least = n+1, min(least, share)
		}
	}
	if 10*n > c.Trials {
		return fmt.Sprintf("%s in which as little as %s of what was asked for was answered", unit.Many(n, "trial"), unit.Percent(least))
	}
	return ""
}

// troubles are counts that need be no harm by themselves: some requests are still open when a window ends.
var troubles = []string{"missing", "unanswered", "duplicate"}

// newTrouble names what most trials of the second cell show and none of the first, beside which a time or a cost is not
// that of the same work; "" if there is nothing.
func newTrouble(metric string, first, second *cell) string {
	if counted(metric) {
		return ""
	}
	names := slices.Clone(troubles)
	for _, kind := range load.Faults() {
		names = append(names, "errors."+kind)
	}
	for _, name := range names {
		a, b := first.sample(name), second.sample(name)
		n := 0
		for _, v := range b.values {
			if v > 0 {
				n++
			}
		}
		if a.known() && a.most() == 0 && 2*n > b.trials {
			return fmt.Sprintf("%s: %s", phrase(name), b.told(name))
		}
	}
	return ""
}
