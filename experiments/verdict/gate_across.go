package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
	"socketbench/experiments/unit"
)

// Gate checks the second run, and what changed since the first, against bounds. Bounds on a value, and [RefutedBound],
// are asked of the second run alone. It returns an error where a bound is about no cell of either run.
func (x Across) Gate(bounds []Bound) (Gate, error) {
	var all []result.Cell
	for _, j := range []*judge{x.a, x.b} {
		for i := range j.cells {
			if id := j.cells[i].ID; j == x.a || !x.a.has(id) {
				all = append(all, id)
			}
		}
	}
	var list []Finding
	var leftOut []string
	for _, b := range bounds {
		switch {
		case b.Metric == "":
			if err := CheckBounds([]Bound{b}, x.b.exp); err != nil {
				return Gate{}, err
			}
			list = append(list, x.b.hold(b)...)
			continue
		case b.somewhere(all) != nil:
			return Gate{}, b.somewhere(all)
		case b.Relative:
			found, left := x.moved(b, all)
			list, leftOut = append(list, found...), append(leftOut, left...)
			continue
		}
		list = append(list, x.b.hold(b)...)
		for _, id := range all {
			if b.about(id) && !x.b.has(id) {
				list = append(list, b.finding(id).unknown(needsSame, "it is not in the second run"))
			}
		}
	}
	g := sorted(list)
	g.LeftOut = leftOut
	return g, nil
}

// moved judges a bound on a change, in each cell that it is about. It leaves out cells in which both runs answered nobody,
// or which neither could be asked: nothing has changed there, and who was served is a metric of its own.
func (x Across) moved(b Bound, all []result.Cell) (list []Finding, leftOut []string) {
	changes := map[string]Change{}
	for _, c := range x.changes(b.Metric) {
		changes[c.Cell.Key()] = c
	}
	for _, id := range all {
		if !b.about(id) {
			continue
		}
		f := b.finding(id)
		i, inA := x.a.byKey[id.Key()]
		k, inB := x.b.byKey[id.Key()]
		switch c, known := changes[id.Key()]; {
		case !inB:
			f = f.unknown(needsSame, "it is not in the second run")
		case !inA:
			f = f.unknown(needsSame, "it is not in the first run, so that there is nothing to hold it against")
		case x.a.unasked[id.Key()] != "" && x.b.unasked[id.Key()] != "":
			leftOut = append(leftOut, fmt.Sprintf("%s: %s was not asked in either run: %s", b.Text, named(id), x.b.unasked[id.Key()]))
			continue
		case !known && x.a.cells[i].nobody() && x.b.cells[k].nobody():
			leftOut = append(leftOut, fmt.Sprintf("%s: %s answered nobody in either run", b.Text, named(id)))
			continue
		case !known && x.Same && x.a.cells[i].Trials > 0:
			leftOut = append(leftOut, fmt.Sprintf("%s: %s has no figure in this run", b.Text, named(id)))
			continue
		default:
			f = x.judged(b, f, c, i, k)
		}
		list = append(list, f)
	}
	if len(changes) == 0 && x.trials() {
		why := "no trial of either run has a figure for it"
		if lack := x.lack(b.Metric); lack != "" {
			why += lack
		}
		return []Finding{{Bound: b.Text, Word: Undecided, Sentence: phrase(b.Metric) + ": " + why + ".", Needs: "name a metric that these runs have (socketbench report DIR --format csv)"}}, nil
	}
	if len(list) == 0 {
		list = append(list, Finding{Bound: b.Text, Word: Undecided, Sentence: phrase(b.Metric) + ": neither run has a figure where the bound looks.", Needs: needsScope})
	}
	return list, leftOut
}

// trials reports whether both runs have a valid trial.
func (x Across) trials() bool {
	valid := func(j *judge) bool { return slices.ContainsFunc(j.cells, func(c cell) bool { return c.Trials > 0 }) }
	return valid(x.a) && valid(x.b)
}

// lack is the first reason that a trial of either run gives for having no figure.
func (x Across) lack(name string) string {
	for _, j := range []*judge{x.a, x.b} {
		for i := range j.cells {
			if why := j.cells[i].lack(name); why != "" {
				return why
			}
		}
	}
	return ""
}

// judged checks one change against a bound.
func (x Across) judged(b Bound, f Finding, c Change, i, k int) Finding {
	ca, cb := &x.a.cells[i], &x.b.cells[k]
	for _, run := range []struct {
		name string
		j    *judge
		i    int
	}{{"first", x.a, i}, {"second", x.b, k}} {
		if why, needs := run.j.unfit(run.i); why != "" {
			return f.unknown(needs, "in the %s run %s", run.name, why)
		}
	}
	if other := slices.DeleteFunc(x.otherQuestion(f.Cell), func(d spec.Difference) bool { return x.harmless(f.Cell, d, b.Metric) }); len(other) > 0 {
		return f.unknown(needsSame, "the runs ask different things of it: %s", written(other))
	}
	if other := otherMachine(x.a.manifest.Host, x.b.manifest.Host); other != "" && !counted(b.Metric) {
		return f.unknown("measure both runs on one machine", "%s", other)
	}
	if cb.silent() > 0 && ca.silent() == 0 {
		if g := b.weigh(c, f); g.Word == Refuted {
			return g
		}
		return f.unknown(needsServed, "in %d of %s of the second run it answered nobody, which it did not in the first", cb.silent(), unit.Many(cb.Trials, "trial"))
	}
	if !x.Same || !c.A.Known || !c.B.Known {
		first, needs := ca.missing(b.Metric)
		second, needsB := cb.missing(b.Metric)
		switch {
		case first != "" && first == second:
			return f.unknown(needs, "in both runs %s", first)
		case first != "":
			return f.unknown(needs, "in the first run %s", first)
		case second != "":
			return f.unknown(needsB, "in the second run %s", second)
		}
	}
	if x.Same {
		f.Word, f.Sentence = Holds, named(f.Cell)+": both are the same run."
		return f
	}
	f = b.weigh(c, f)
	if fault := x.b.failed(k); f.Word == Holds && fault != "" && x.a.failed(i) == "" {
		return f.unknown(needsServer, "in the second run it %s", fault)
	}
	harm := cb.harmed(b.Metric)
	if ca.harmed(b.Metric) != "" {
		harm = ""
	}
	if harm = cmp.Or(harm, newTrouble(b.Metric, ca, cb)); f.Word != Refuted && harm != "" {
		return f.unknown(needsServed, "the second run has %s, which the first has not; what it answered is no measure of the rest", harm)
	}
	return f
}

// weigh compares a change with a bound. A change breaks the bound where its whole interval lies beyond it and the change
// is more than the runs' own noise; it keeps the bound where its whole interval lies within.
func (b Bound) weigh(c Change, f Finding) Finding {
	f.Sentence = c.Sentence
	ranked := c.Word == Faster || c.Word == Slower
	switch {
	case !c.A.Known || !c.B.Known:
		return f
	case c.exact || c.Ratio == 0:
		return b.weighZero(c, f, ranked)
	}
	beyond, within := c.Low > 1+b.Limit, c.High <= 1+b.Limit
	if !b.Above {
		beyond, within = c.High < 1+b.Limit, c.Low >= 1+b.Limit
	}
	switch {
	case within:
		f.Word = Holds
	case beyond && (ranked || c.moved()):
		f.Word = Refuted
	default:
		f.Word = Undecided
		n := min(c.A.N, c.B.N)
		switch {
		case beyond && c.blocks >= fewBlocks:
			f.Needs = fmt.Sprintf("more blocks than the %d that there are, or a quieter machine: the change is within the runs' own noise", c.blocks)
		case c.open != "":
			f.Needs = needsLoad
		case beyond, n < 2:
			f.Needs = needsBlocks
		case math.IsInf(c.Low*c.High, 0) || c.Low <= 0:
			f.Needs = "a longer window (--duration): the figure reaches into requests that were never answered"
			if math.IsInf(c.ratio.Half(), 0) {
				f.Needs = needsBlocks
			}
		default:
			f.Needs = enough(math.Abs(math.Log1p(b.Limit)-c.ratio.Center), c.ratio.SE*math.Sqrt(float64(n)), n, 2, c.blocks)
		}
	}
	return f
}

// moved reports whether a figure changed by more than the noise, where neither more nor less of it is better.
func (c Change) moved() bool {
	return metric.Of(c.Metric).Better == 0 && c.P < 1-stats.Level
}

// weighZero compares counts, and figures that are 0 in some trial. A rise from none has no percentage, so that any rise
// breaks the bound.
func (b Bound) weighZero(c Change, f Finding, ranked bool) Finding {
	limit := 1 + b.Limit
	changed := ranked || metric.Of(c.Metric).Better == 0
	scaled := make([]float64, len(c.sa.values))
	for i, v := range c.sa.values {
		scaled[i] = v * limit
	}
	e := stats.Apart(stats.Mean(c.sb.values), stats.Mean(scaled))
	low, high := e.Interval()
	beyond, within := low > 0, high <= 0
	if !b.Above {
		beyond, within = high < 0, low >= 0
	}
	switch {
	case min(c.A.N, c.B.N) < 2:
		f.Word, f.Needs = Undecided, needsBlocks
	case beyond && changed:
		f.Word = Refuted
	case !c.exact && (c.A.Least <= 0) != (c.B.Least <= 0):
		f.Word, f.Needs = Undecided, "find out which of the runs measured it (socketbench report DIR --format csv)"
		f.Sentence = fmt.Sprintf("%s: %s %s, was %s: of a figure that is 0 in one of the runs there is no percentage.", named(c.Cell), phrase(c.Metric), c.sb.told(c.Metric), c.sa.told(c.Metric))
	case within:
		f.Word = Holds
	case beyond:
		f.Word, f.Needs = Undecided, "a look at the trials in which it differs (trials.jsonl)"
	default:
		n := min(c.A.N, c.B.N)
		f.Word, f.Needs = Undecided, enough(math.Abs(e.Center), e.SE*math.Sqrt(float64(n)), n, 2, c.blocks)
	}
	return f
}
