package verdict

import (
	"fmt"
	"maps"
	"math"
	"slices"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// predict says what became of a claim. It holds when the whole interval satisfies it, is refuted when
// the whole interval contradicts it, and is undecided otherwise.
func (j *judge) predict(p spec.Prediction) Prediction {
	v := Prediction{
		Claim: p.Claim, Metric: p.Metric, Expect: p.Expect,
		Of: p.Of, Against: p.Against, Ratio: p.Against != nil, Word: Undecided,
	}
	why := j.lacks(p)
	if p.NotAsked != "" {
		why = "Not askable here: " + p.NotAsked + "."
	}
	for _, cell := range []result.Cell{p.Of, p.Against} {
		if u := j.unasked[cell.Key()]; u != "" && why == "" {
			why = "Not askable here: " + u + "."
		}
	}
	if why != "" {
		v.Word, v.Sentence = NotAsked, why
		if i, ok := j.byKey[v.Of.Key()]; ok && j.cells[i].nobody() { // whatever the claim needs, that is known
			v.Sentence += fmt.Sprintf(" %s answered nobody.", named(v.Of))
		}
		return v
	}
	why = j.measured(&v)
	j.conditions(&v)
	if why == "" {
		v.Word = OutcomeOf(p.Expected, v.Low, v.High)
		if no := j.misled(v); v.Word != Undecided && no != "" {
			v.Word, why = Undecided, no
		} else if v.Word == Undecided {
			why = j.doubt(v)
		}
	}
	v.Sentence = j.told(v, p.Expected, why)
	return v
}

// misled says which server of a prediction did what no server may, so that its figures decide nothing; "" if none did. A server
// that hangs is cheap. What is counted is not among them, nor the share that was answered: that is what the server did. A
// figure that is compared with no other, and is not as claimed, stands too.
func (j *judge) misled(v Prediction) string {
	m := metric.Of(v.Metric)
	if m.Counted() || m.Unit == "share" || !v.Ratio && v.Word == Refuted {
		return ""
	}
	for _, id := range []result.Cell{v.Of, v.Against} {
		if i, ok := j.byKey[id.Key()]; ok && j.cells[i].Fault.Kind != "" {
			return fmt.Sprintf("%s %s, and the figures of such a server decide nothing", id.Server(), j.cells[i].Fault.Short())
		}
	}
	return ""
}

// conditions fills in on how many CPUs the figures of a prediction were measured, and what limited them.
func (j *judge) conditions(v *Prediction) {
	of, ok := j.byKey[v.Of.Key()]
	if !ok {
		return
	}
	for _, what := range j.cells[of].Marks(v.Metric) {
		v.Marks = append(v.Marks, v.Of.Server()+" "+what)
	}
	if against, ok := j.byKey[v.Against.Key()]; v.Ratio && ok {
		v.Marks = marks(v.Metric, &j.cells[of], &j.cells[against])
	}
	if v.Ratio && On(j.manifest, v.Of) != On(j.manifest, v.Against) {
		return
	}
	v.On = On(j.manifest, v.Of)
}

// OutcomeOf compares an interval with an expectation: it holds if the whole interval satisfies it, and is refuted if the
// whole interval contradicts it.
func OutcomeOf(e spec.Expectation, low, high float64) Word {
	from, to := e.Range()
	strict := e.Op == ">" || e.Op == "<"
	switch {
	case e.Holds(low) && e.Holds(high), math.IsInf(high, 1) && math.IsInf(to, 1) && e.Holds(low):
		return Holds
	case high < from, low > to, strict && (high == from || low == to):
		return Refuted
	}
	return Undecided
}

// measured fills in the value and its interval, or says why there is none.
func (j *judge) measured(v *Prediction) (why string) {
	of, ok := j.byKey[v.Of.Key()]
	if !ok {
		return "the cell was not run"
	}
	if len(j.cells[of].trials) == 0 {
		return fmt.Sprintf("%s has no valid trial there", v.Of.Server())
	}
	s, has := j.cells[of].figure(v.Metric)
	switch {
	case !has:
		if done, ok := j.cells[of].Metrics[metric.Completed]; ok && done.Center == 0 {
			return fmt.Sprintf("%s answered nobody there, so that it has no %s", v.Of.Server(), phrase(v.Metric))
		}
		return fmt.Sprintf("%s has no %s there%s", v.Of.Server(), phrase(v.Metric), j.cells[of].lack(v.Metric))
	case s.TooFew:
		return fmt.Sprintf("fewer than 10 requests of %s lie beyond this percentile", v.Of.Server())
	case !v.Ratio:
		v.Value = s.Center
		v.Low, v.High = s.interval()
		if s.N < 2 {
			if s.N == 0 {
				return "no trial has enough requests for an interval; --duration makes them longer"
			}
			return "one trial has no interval; --blocks 3 or more"
		}
		return ""
	}
	against, ok := j.byKey[v.Against.Key()]
	if !ok {
		return "the cell to compare with was not run"
	}
	t := j.table(v.Metric)
	c, _ := t.compare(of, against)
	if c.Ratio == 0 {
		return t.absent(of, against)
	}
	if j.cells[against].Metrics[v.Metric].TooFew {
		return fmt.Sprintf("fewer than 10 requests of %s lie beyond this percentile", v.Against.Server())
	}
	v.Value, v.Low, v.High = c.Ratio, c.Low, c.High
	if math.IsInf(c.High, 1) && c.Low == 0 {
		if why := j.unbounded(*v); why != "" {
			return why
		}
		queues := twoQueues(metric.Of(v.Metric), &j.cells[of], &j.cells[against])
		if s.AtLeast && j.cells[against].Metrics[v.Metric].AtLeast && !queues {
			return noEnds(&j.cells[of], &j.cells[against])
		}
		return "one block has no interval; --blocks 3 or more"
	}
	return ""
}

// doubt says why an interval decides nothing.
func (j *judge) doubt(v Prediction) string {
	switch {
	case j.unbounded(v) != "":
		return j.unbounded(v)
	case math.IsInf(v.High, 1):
		return j.cells[j.byKey[v.Of.Key()]].noEnd(named(v.Of))
	case v.Ratio && v.Low <= 0:
		return j.cells[j.byKey[v.Against.Key()]].noEnd(named(v.Against))
	case j.blocks < fewBlocks:
		return fmt.Sprintf("the interval lies on both sides; --blocks %d narrows it", 2*fewBlocks)
	}
	return "the interval lies on both sides; more blocks narrow it"
}

// lacks says what this machine has not got that the claim, or the experiment, needs.
func (j *judge) lacks(p spec.Prediction) string {
	h := j.manifest.Host
	have := map[string]int{"cpus": h.CPUs, "server_cpus": ServerCPUs(j.manifest, p.Of), "client_cpus": len(h.ClientCPUs)}
	for _, k := range []string{"server_cpus", "client_cpus"} {
		if have[k] == 0 { // nothing was placed: all are there for both
			have[k] = h.CPUs
		}
	}
	if n, ok := h.Limits["nofile"]; ok {
		have["nofile"] = int(min(n, 1<<40))
	}
	needs := maps.Clone(j.exp.Needs)
	if needs == nil {
		needs = spec.Needs{}
	}
	maps.Copy(needs, p.Needs)
	for _, what := range slices.Sorted(maps.Keys(needs)) {
		if n, known := have[what]; known && !needs[what].Holds(float64(n)) {
			return fmt.Sprintf("Not askable here: it needs %v %s, and this run had %d.", needs[what], resource(what), n)
		}
	}
	return ""
}

func resource(name string) string {
	switch name {
	case "server_cpus":
		return "CPUs for the server"
	case "client_cpus":
		return "CPUs for the generator"
	case "nofile":
		return "open files per process"
	}
	return "CPUs"
}

// differing are the fields by which two cells differ, other than the server.
func differing(of, against result.Cell) (fields []string) {
	for _, k := range slices.Sorted(maps.Keys(of)) {
		if k != "server" && fmt.Sprint(of[k]) != fmt.Sprint(against[k]) {
			fields = append(fields, k)
		}
	}
	return fields
}
