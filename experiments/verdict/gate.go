package verdict

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// Gate is the outcome of a set of bounds.
type Gate struct {
	Findings []Finding // the broken ones first, then those that cannot be told, then those that hold
	LeftOut  []string  // sentences about cells that a bound leaves out, because neither run has a figure there
}

// Finding is the outcome of one bound in one cell.
type Finding struct {
	Bound    string      // as it was written
	Cell     result.Cell // nil where it is about the runs as a whole
	Word     Word        // Holds: within the bound for sure; Refuted: beyond it for sure; Undecided: cannot be told
	Sentence string
	Needs    string // what it would take to tell, where Word is Undecided
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

// Count returns how many findings have a word.
func (g Gate) Count(w Word) (n int) {
	for _, f := range g.Findings {
		if f.Word == w {
			n++
		}
	}
	return n
}

// sorted puts the findings that matter most first.
func sorted(findings []Finding) Gate {
	rank := map[Word]int{Refuted: 0, Undecided: 1, Holds: 2}
	slices.SortStableFunc(findings, func(a, b Finding) int { return cmp.Compare(rank[a.Word], rank[b.Word]) })
	return Gate{Findings: findings}
}

// finding begins a finding about a cell.
func (b Bound) finding(c result.Cell) Finding {
	return Finding{Bound: b.Text, Cell: c, Word: Undecided}
}

// unknown is the finding where a bound cannot be judged.
func (f Finding) unknown(needs, format string, args ...any) Finding {
	f.Word, f.Needs = Undecided, needs
	f.Sentence = named(f.Cell) + ": " + fmt.Sprintf(format, args...) + "."
	return f
}

// What a reader can do where a gate cannot tell.
const (
	needsSame     = "run the same experiment again, or narrow the bound to what both runs have (where server=...)"
	needsTrials   = "mend what made the trials invalid, and measure again (run --resume measures what is missing)"
	needsLonger   = "a longer window (--duration) gives every trial a figure"
	needsPunctual = "close what else runs on the generator's machine, or give the generator more CPUs"
	needsScope    = "narrow the bound to cells that have the figure (where server=...)"
	needsServed   = "judge who was served first (unserved==0), or narrow the bound (where ...)"
	needsLoad     = "a load that the server and the generator can carry"
	needsServer   = "mend the server, and measure again"
	needsBlocks   = "run with --blocks 8 or more"
)

// unfit says why a cell has too few valid trials to be judged; "" where it has enough.
func (j *judge) unfit(i int) (why, needs string) {
	c := &j.cells[i]
	if u := j.unasked[c.ID.Key()]; u != "" {
		return "it was not asked: " + u, needsScope
	}
	switch n, planned := len(c.trials), j.planned(i); {
	case n == 0 && j.reasons[c.ID.Key()] != "":
		return "none of its trials is valid: " + j.reasons[c.ID.Key()], needsTrials
	case n == 0:
		return "it has no trial", "measure it (run --resume)"
	case 2*n < planned:
		return fmt.Sprintf("it has only %s of %d", unit.Many(n, "valid trial"), planned), needsTrials
	}
	return "", ""
}

// planned is how many of the blocks measure a cell.
func (j *judge) planned(i int) (blocks int) {
	idle, _ := Number(j.cells[i].ID[spec.IdlePath])
	all := j.blocks
	if most, settled := j.manifest.Settled[j.cells[i].ID.Server()]; settled {
		all = min(all, most)
	}
	for b := range all {
		if j.exp.Measured(int(idle), b) {
			blocks++
		}
	}
	return blocks
}

// failed says what the server of a cell did in any trial that no server may do, such as to die; "" where it did
// nothing of the kind. Wrong replies are not among it: they are a metric.
func (j *judge) failed(i int) string { return j.faults[j.cells[i].ID.Key()] }

// Gate checks a run against bounds on its figures and on its predictions. It returns an error where a bound cannot be
// asked of this run; see [CheckBounds].
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

// hold judges a bound that needs no second run, in each cell that it is about.
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

// foretold returns a finding for each prediction.
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
