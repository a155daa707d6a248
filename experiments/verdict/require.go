package verdict

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"socketbench/experiments/metric"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
)

// Required is what became of the requirements of an experiment for one design, over all of its conditions.
type Required struct {
	Server string
	Word   Word    // Holds: it meets all; Refuted: it fails one; Undecided: it cannot be told of one, and fails none
	Each   []Met   // in the order of the experiment
	Short  Short   // what it runs short of first
	Cost   Summary // CPU a request in its costliest condition, in ns; without trials (N): not known

	Headroom *Headroom     // how much more load it takes; nil: that was not searched
	Memory   *Extrapolated // with more idle clients than were measured; nil: that is not asked
}

// Deciding is the requirement that decides about the design: the first that it fails, or the first that cannot be told. ok
// is false if it meets all.
func (r Required) Deciding() (m Met, ok bool) {
	i := slices.IndexFunc(r.Each, func(m Met) bool { return m.Word == r.Word })
	if r.Word == Holds || i < 0 {
		return Met{}, false
	}
	return r.Each[i], true
}

// Met is what became of one requirement for one design: of the condition in which it fares worst.
type Met struct {
	Finding
	Metric string
	Figure string // its figure there, such as "31.2 ms"; "": it has none
}

// required judges every design by the requirements of the experiment: those that meet all first, the cheapest of them
// before the others, then those of which it cannot be told, then those that fail.
func (j *judge) required() (list []Required, err error) {
	if len(j.exp.Require) == 0 {
		return nil, nil
	}
	var asked []spec.Requirement
	for _, text := range j.exp.Require {
		r, err := spec.ParseRequirement(text)
		if err != nil {
			return nil, fmt.Errorf("verdict: require %q: %w", text, err)
		}
		asked = append(asked, r)
	}
	for _, server := range j.exp.Servers {
		r := Required{Server: server, Word: Holds}
		var cells []int
		for i := range j.cells {
			if j.cells[i].ID.Server() == server {
				cells = append(cells, i)
			}
		}
		r.Memory = j.extrapolated(cells)
		for _, q := range asked {
			m := j.met(q, cells)
			if r.Memory != nil && m.Cell != nil && j.exp.Extrapolates(q) {
				m = r.Memory.metBeyond(q, m)
			}
			r.Each = append(r.Each, m)
		}
		for _, m := range r.Each {
			if urgency(m.Word) < urgency(r.Word) {
				r.Word = m.Word
			}
		}
		for _, i := range cells {
			if cost := j.cells[i].Metrics[metric.CPUPerRequest]; cost.Center > r.Cost.Center {
				r.Cost = cost
			}
		}
		r.Short = j.short(r, cells)
		r.Headroom = j.headroom(server)
		list = append(list, r)
	}
	slices.SortStableFunc(list, func(a, b Required) int {
		return cmp.Or(urgency(b.Word)-urgency(a.Word), cmp.Compare(unknown(a.Cost), unknown(b.Cost)), cmp.Compare(a.Cost.Center, b.Cost.Center))
	})
	return list, nil
}

// urgency orders the outcomes of a requirement, the worst first.
func urgency(w Word) int {
	switch w {
	case Refuted:
		return 0
	case Undecided:
		return 1
	}
	return 2
}

// met judges one requirement in the cells of one design, and returns the worst outcome: the most urgent word, and of
// several cells with that the one whose figure lies worst.
func (j *judge) met(q spec.Requirement, cells []int) (worst Met) {
	b := Bound{Text: q.Text, Metric: q.Metric, Where: q.Where, Expect: q.Expect}
	better := metric.Of(q.Metric).Better
	at := math.Inf(-1)
	found := false
	for _, i := range cells {
		c := &j.cells[i]
		if !b.about(c.ID) {
			continue
		}
		m := Met{Finding: j.unlessLate(b, i, j.held(b, i)), Metric: q.Metric}
		bad := math.Inf(-1)
		if s, has := c.figure(q.Metric); has {
			center := s.Center
			if values := c.sample(q.Metric); counted(q.Metric) && values.known() { // of the worst trial
				if center = values.most(); better > 0 {
					center = values.least()
				}
			}
			m.Figure = s.bound() + unit.Tick(spec.Unit(q.Metric), center)
			if bad = center; better > 0 {
				bad = -bad
			}
		}
		if !found || urgency(m.Word) < urgency(worst.Word) || urgency(m.Word) == urgency(worst.Word) && bad > at {
			worst, at, found = m, bad, true
		}
	}
	if !found {
		worst.Finding = Finding{Bound: q.Text, Word: Holds, Sentence: "It is not about this design."}
	}
	return worst
}

// unlessLate takes back that a bound on response times is failed in a cell, where it would not be without the lateness of the
// generator. That is part of every response time, and much of it is allowed where only a far bound is asked (load.Options.Late).
func (j *judge) unlessLate(b Bound, i int, f Finding) Finding {
	c := &j.cells[i]
	lag, has := c.Metrics[metric.SendLagP99]
	if f.Word != Refuted || !has || metric.Of(b.Metric).Family() != metric.Latency {
		return f
	}
	low, high := c.Metrics[b.Metric].interval()
	_, late := lag.interval()
	if OutcomeOf(b.Expect, max(0, low-late), max(0, high-late)) == Refuted {
		return f
	}
	in := spec.Unit(b.Metric)
	return f.unknown(needsPunctual, "%s is %s, but the generator was up to %s late, which is part of it; %s cannot be told", phrase(b.Metric),
		unit.Tick(in, c.Metrics[b.Metric].Center), unit.Tick(in, late), expected(b.Expect, in))
}

// unknown is 1 for a figure that was never measured, which is not a cheap one.
func unknown(s Summary) int {
	if s.N == 0 {
		return 1
	}
	return 0
}

// Decides says in sentences which designs meet all that is required, which of them is the cheapest, and what decides it.
// list is in the order of Analysis.Required.
func Decides(list []Required) []string {
	var meet []Required
	var names, open []string // of those that meet all, and of those of which it cannot be told
	for _, r := range list {
		switch r.Word {
		case Holds:
			meet, names = append(meet, r), append(names, r.Server)
		case Undecided:
			open = append(open, r.Server)
		}
	}
	var s []string
	switch {
	case len(meet) == 0 && len(open) == 0:
		s = append(s, "No design meets all that is required.")
	case len(meet) == 0:
		s = append(s, "No design is known to meet all that is required.")
	case len(meet) == 1 && len(open) > 0:
		s = append(s, meet[0].Server+" meets all that is required.")
	case len(meet) == 1:
		s = append(s, meet[0].Server+" alone meets all that is required.")
	default:
		s = append(s, unit.Series(names)+" meet all that is required.", cheapest(meet))
	}
	if len(open) > 0 {
		s = append(s, fmt.Sprintf("It cannot be told whether %s would.", unit.Series(open)))
	}
	if len(meet) > 1 && !slices.ContainsFunc(meet, func(r Required) bool { return r.Short.Of != ofBackend }) {
		s = append(s, "Each of them runs short of the backend first: the backend decides how much the service carries, and the design does not.")
	}
	return s
}

// cheapest says which of several designs costs least CPU a request, and which may cost as little.
func cheapest(meet []Required) string {
	first := meet[0]
	if first.Cost.N == 0 {
		return "What they cost was not measured."
	}
	_, most := first.Cost.interval()
	like := []string{first.Server}
	for _, r := range meet[1:] {
		if low, _ := r.Cost.interval(); low <= most {
			like = append(like, r.Server)
		}
	}
	cost := unit.Tick("ns", first.Cost.Center)
	switch {
	case len(like) == 1:
		return fmt.Sprintf("%s costs least, %s of CPU a request.", first.Server, cost)
	case len(like) == len(meet):
		return fmt.Sprintf("Their costs cannot be told apart; %s has the least, %s of CPU a request.", first.Server, cost)
	}
	return fmt.Sprintf("%s cost least, about %s of CPU a request, and cannot be told apart.", unit.Series(like), cost)
}
