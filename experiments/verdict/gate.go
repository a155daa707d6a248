package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// Gate is what a set of bounds comes to.
type Gate struct {
	Findings []Finding // what is broken first, then what cannot be told, then what holds
	LeftOut  []string  // where a bound was not looked at because neither of two runs has anything there, in sentences
}

// Finding is one bound on one cell.
type Finding struct {
	Bound    string      // as it was written
	Cell     result.Cell // nil where it is about the runs as a whole
	Word     Word        // Holds: within the bound for sure; Refuted: beyond it for sure; Undecided: cannot be told
	Sentence string
	Needs    string // of an undecided one: what it would take to tell
}

// Word is the outcome of the whole gate: Refuted where any bound is, else Undecided where any is, else Holds. A gate
// that has judged nothing is undecided.
func (g Gate) Word() Word {
	switch {
	case g.Count(Refuted) > 0:
		return Refuted
	case g.Count(Undecided) > 0, len(g.Findings) == 0:
		return Undecided
	}
	return Holds
}

// Count says how many findings have the word.
func (g Gate) Count(w Word) (n int) {
	for _, f := range g.Findings {
		if f.Word == w {
			n++
		}
	}
	return n
}

// sorted puts what matters most first.
func sorted(findings []Finding) Gate {
	rank := map[Word]int{Refuted: 0, Undecided: 1, Holds: 2}
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(rank[a.Word], rank[b.Word]) })
	return Gate{Findings: findings}
}

// finding begins one about a cell.
func (b Bound) finding(c result.Cell) Finding {
	return Finding{Bound: b.Text, Cell: c, Word: Undecided}
}

// unknown is a finding that cannot be judged.
func (f Finding) unknown(needs, format string, args ...any) Finding {
	f.Word, f.Needs = Undecided, needs
	f.Sentence = f.Cell.Server() + place(f.Cell) + ": " + fmt.Sprintf(format, args...) + "."
	return f
}

// What a gate asks for where it cannot tell.
const (
	needsSame   = "run the same experiment again, or narrow the bound to what both runs have (where server=...)"
	needsTrials = "mend what made the trials invalid, and measure again (run --resume measures what is missing)"
	needsLonger = "a longer window (--duration) gives every trial a figure"
	needsScope  = "narrow the bound to cells that have the figure (where server=...)"
	needsServed = "judge who was served first (unserved==0), or narrow the bound (where ...)"
	needsServer = "mend the server, and measure again"
	needsBlocks = "run with --blocks 8 or more"
)

// unfit says why a cell's trials are no ground for a judgement; "" if they are one.
func (j *judge) unfit(i int) (why, needs string) {
	c := &j.cells[i]
	if u := j.unasked[c.ID.Key()]; u != "" {
		return "it was not asked: " + u, needsScope
	}
	switch n := len(c.trials); {
	case n == 0 && j.reasons[c.ID.Key()] != "":
		return "none of its trials is valid: " + j.reasons[c.ID.Key()], needsTrials
	case n == 0:
		return "it has no trial", "measure it (run --resume)"
	case 2*n < j.blocks:
		return fmt.Sprintf("it has only %s of %d", unit.Many(n, "valid trial"), j.blocks), needsTrials
	}
	return "", ""
}

// failed says of a cell what its server did in any trial that none may do, such as to die; "" if it did not. Wrong
// replies are a figure of their own.
func (j *judge) failed(i int) string { return j.faults[j.cells[i].ID.Key()] }

// Gate holds a run to bounds on its figures and to its predictions. The error is that of a bound that cannot be asked
// of this run; see [CheckBounds].
func (a Analysis) Gate(bounds []Bound) (Gate, error) {
	if a.laid == nil {
		return Gate{}, fmt.Errorf("verdict: only what Judge returned can be held to a bound")
	}
	if err := CheckBounds(bounds, a.Experiment); err != nil {
		return Gate{}, err
	}
	var list []Finding
	for _, b := range bounds {
		list = append(list, a.laid.hold(b)...)
	}
	return sorted(list), nil
}

// hold judges a bound that needs no second run, cell by cell.
func (j *judge) hold(b Bound) (list []Finding) {
	if b.Metric == "" {
		return j.foretold(b)
	}
	for i := range j.cells {
		if b.about(j.cells[i].ID) {
			list = append(list, j.held(b, i))
		}
	}
	return list
}

// foretold is a finding for each prediction.
func (j *judge) foretold(b Bound) (list []Finding) {
	for _, p := range j.exp.Predict {
		if !b.about(p.Of) {
			continue
		}
		v := j.predict(p)
		f := b.finding(v.Of)
		f.Word, f.Sentence = v.Word, fmt.Sprintf("%s %s", strings.TrimRight(v.Claim, "."), v.Word)+": "+v.Sentence
		if f.Word != Holds && f.Word != Refuted {
			f.Word = Undecided
			f.Needs = "more blocks, or a machine on which it can be asked"
		}
		list = append(list, f)
	}
	return list
}
