package verdict

import (
	"fmt"
	"math"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
)

// noNoise says why it is unknown how much two equal servers differ.
func (t *table) noNoise() string {
	if t.blocks < 3 {
		return "there is no second A/A pair, so the noise of this run is unknown; --blocks 3 or more"
	}
	return "fewer than two A/A pairs have a figure that counts, so the noise of this run is unknown"
}

// undecided fills in why a comparison is undecided: something limited one of its figures, or its interval is too wide.
func (t *table) undecided(c *Comparison, base int, floor float64) {
	server, why := unbounded(metric.Of(t.metric), &t.cells[t.byKey[c.Of.Key()]], &t.cells[base])
	if why != "" {
		c.Limited, c.Why = server, why
		return
	}
	c.Why = t.doubt(c, base, floor)
}

// doubt says why the interval of a comparison decides nothing: what its interval still allows, and what would narrow it.
func (t *table) doubt(c *Comparison, base int, floor float64) string {
	// bound names the range in which nothing is ranked: the noise of the run, or the 10 % of a run of few blocks.
	bound := fmt.Sprintf("the run's own noise of %.1f %%", 100*math.Expm1(floor))
	if t.blocks < fewBlocks && floor <= math.Log1p(coarse) {
		bound = fmt.Sprintf("the %.0f %% within which %s rank nothing", 100*math.Expm1(floor), unit.Many(t.blocks, "block"))
	}
	more := "more blocks narrow it"
	if t.blocks < fewBlocks {
		more = fmt.Sprintf("--blocks %d narrows it", 2*fewBlocks)
	}
	low, high := math.Log(c.Low), math.Log(c.High)
	i := t.byKey[c.Of.Key()]
	switch {
	case math.IsInf(high, 1) && c.Low <= 0 && t.cells[i].Metrics[t.metric].AtLeast && t.cells[base].Metrics[t.metric].AtLeast:
		return noEnds(&t.cells[i], &t.cells[base])
	case math.IsInf(high, 1) && c.Low <= 0:
		return "one block has no interval; --blocks 3 or more"
	case math.IsInf(high, 1):
		return t.cells[i].noEnd(c.Server)
	case c.Low <= 0:
		return t.cells[base].noEnd(t.exp.Baseline)
	case low < -floor && high > floor:
		return "it may be less or more; " + more
	case inside(c, floor) && t.blocks < fewBlocks && floor <= math.Log1p(coarse):
		return fmt.Sprintf("%s rank nothing within %.0f %%; --blocks %d does", unit.Many(t.blocks, "block"), 100*math.Expm1(floor), fewBlocks)
	case inside(c, floor):
		return "it is within " + bound + ", which is too wide to call two designs equal; more blocks narrow it"
	case low > floor || high < -floor: // so that only the correction for their number keeps it from being ranked
		return "on its own it would be a difference, but among so many comparisons one such is expected by accident"
	}
	return "the interval reaches into " + bound + "; " + more
}

// noEnd says why a figure of the cell has no upper end, as a clause about the server of that name.
func (c *cell) noEnd(name string) string {
	what := "requests unanswered"
	if c.Unanswered.NotSent > 0 {
		what = "clients without an answer"
	}
	return fmt.Sprintf("%s left so many %s that its figure has no upper end", name, what)
}

// noEnds says why two figures have no upper end.
func noEnds(of, base *cell) string {
	a, b := callTwo(of, base)
	return of.noEnd(a) + ", and " + base.noEnd(b)
}

// notAsked says why one of two cells was never run; "" where both were.
func (t *table) notAsked(i, base int) string {
	if why := t.unasked[t.cells[i].ID.Key()]; why != "" {
		return why
	}
	return t.unasked[t.cells[base].ID.Key()]
}

func inside(c *Comparison, bound float64) bool {
	return bounded(math.Log(c.Low), math.Log(c.High), bound)
}

// nobody returns the server among some cells that answered nobody; "" where each answered somebody.
func (t *table) nobody(cells ...int) string {
	for _, k := range cells {
		if t.cells[k].nobody() {
			return t.cells[k].ID.Server()
		}
	}
	return ""
}

// absent says why there is no ratio.
func (t *table) absent(i, base int) string {
	if server := t.nobody(i, base); server != "" {
		return server + " answered nobody here"
	}
	for _, k := range []int{i, base} {
		if c := &t.cells[k]; len(c.trials) == 0 {
			return c.ID.Server() + " has no valid trial here"
		}
	}
	what := phrase(t.metric)
	for _, k := range []int{i, base} {
		c := &t.cells[k]
		switch s, has := c.Metrics[t.metric]; {
		case !has:
			return fmt.Sprintf("%s has no %s here%s", c.ID.Server(), what, c.lack(t.metric))
		case s.N == 0: // only all requests together are enough for the figure
			return fmt.Sprintf("%s has too few requests in a block for its %s; a longer duration has more", c.ID.Server(), what)
		case s.Center == 0:
			return fmt.Sprintf("%s of %s %s 0 here, so that there is no ratio", what, c.ID.Server(), verb(t.metric))
		}
	}
	return fmt.Sprintf("no block has a figure above 0 for %s in both cells", what)
}

// lack is the first reason that a trial gives for having no figure, as the end of a sentence; "" where none gives any. A figure
// that no measurement can be is a reason too.
func (c *cell) lack(name string) string {
	for _, t := range c.trials {
		if why := t.Absent[name]; why != "" {
			return ": " + why
		}
	}
	if s := c.sample(name); s.vacant != "" {
		return fmt.Sprintf(": it is given as %s, which is no measurement", s.vacant)
	}
	return ""
}
