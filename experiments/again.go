package experiments

import (
	"math"

	"socketbench/experiments/disturb"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
)

// A trial that the machine disturbed more than is usual in its run is run once more at the end of its block, and so is one
// that is invalid because of the generator or a pause. The second run replaces the first, whatever it shows.

// mark writes into a trial whether the machine disturbed it. Package disturb decides that, and sees the figures of the
// disturbance alone.
func (r *runner) mark(t *result.Trial) {
	r.seen.ComparePaces(t.Raw)
	why, beyond := r.seen.Add(t.Cell.Key(), t.Order, disturb.Read(t.Raw))
	if beyond > 0 {
		t.Raw["disturbance.beyond_usual"] = beyond
	}
	if t.Disturbed = why; why != "" {
		t.Reasons.Warn(reason.Disturbed, "disturbed: %s", why)
	}
}

// repeats lists the trials of a block that are to be run again, of those that are measured. They are at most a quarter of
// the block's trials, and of all trials up to its end, so that a busy machine makes a run longer by a quarter at most. All
// that it looks at is stored: a run that was killed and resumed goes on with the same trials.
func (r *runner) repeats(block []plan.Trial) (list []plan.Trial) {
	if r.once || len(block) == 0 {
		return nil
	}
	last := block[len(block)-1].Order
	repeated, here := 0, 0        // so far in the run, and of them in this block
	hopeless := map[string]bool{} // cells of which a second run was invalid too: they are not invalid by chance
	for order, t := range r.done {
		if !t.Again || order > last {
			continue
		}
		repeated++
		if t.Block == block[0].Block {
			here++
		} else if spoiled(t) {
			hopeless[t.Cell.Key()] = true
		}
	}
	var candidates []disturb.Candidate
	for _, p := range block {
		t, done := r.done[p.Order]
		c := disturb.Candidate{Order: p.Order, Invalid: done && spoiled(t) && !hopeless[t.Cell.Key()], Beyond: t.Raw["disturbance.beyond_usual"]}
		if done && !t.Again && (c.Invalid || t.Disturbed != "") {
			candidates = append(candidates, c)
		}
	}
	most := min(quarter(len(block))-here, quarter(last+1)-repeated)
	chosen := disturb.Choose(candidates, most)
	for _, p := range block {
		if chosen[p.Order] {
			list = append(list, p)
		}
	}
	return list
}

// mostAgain is the share of the trials that may be run again.
const mostAgain = 0.25

// quarter is that share of n trials, rounded up.
func quarter(n int) int { return int(math.Ceil(mostAgain * float64(n))) }

// spoiled reports whether a trial is invalid because of the generator or a pause.
func spoiled(t result.Trial) bool {
	for _, why := range t.Reasons {
		if !why.Warning && (why.Kind == reason.Generator || why.Kind == reason.Pause) {
			return true
		}
	}
	return false
}
