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

// repeats lists the trials of a block that are to be run again, of those that are measured: the invalid ones first. Both of
// the block's trials and of all trials up to its end they are at most as many as mostAgain allows, so that a busy machine
// does not double a run. All that it looks at is stored: a run that was killed and resumed goes on with the same trials.
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
	invalid := 0
	for _, p := range block {
		t, done := r.done[p.Order]
		c := disturb.Candidate{Order: p.Order, Invalid: done && spoiled(t) && !hopeless[t.Cell.Key()], Beyond: t.Raw["disturbance.beyond_usual"]}
		if done && !t.Again && (c.Invalid || t.Disturbed != "") {
			candidates = append(candidates, c)
			if c.Invalid {
				invalid++
			}
		}
	}
	room := func(share float64) int {
		return min(mostAgain(share, len(block))-here, mostAgain(share, last+1)-repeated)
	}
	chosen := disturb.Choose(candidates, max(room(disturbedShare), min(invalid, room(invalidShare))))
	for _, p := range block {
		if chosen[p.Order] {
			list = append(list, p)
		}
	}
	return list
}

// These shares of the trials may be run again. More of the invalid ones may, because an invalid trial is missing without its
// second run, while one that was disturbed counts all the same. Two whole runs on a restless host had a fifth of their trials
// run again; judged without the second runs beyond these shares, as many of their verdicts were the same.
const (
	invalidShare   = 0.25 // because trials are invalid
	disturbedShare = 0.05 // because they are invalid or were disturbed
)

// mostAgain is a share of n trials, rounded up.
func mostAgain(share float64, n int) int { return int(math.Ceil(share * float64(n))) }

// spoiled reports whether a trial is invalid because of the generator or a pause.
func spoiled(t result.Trial) bool {
	for _, why := range t.Reasons {
		if !why.Warning && (why.Kind == reason.Generator || why.Kind == reason.Pause) {
			return true
		}
	}
	return false
}
