package spec

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
)

// A Requirement is what a figure of every design must be: "latency.p99 < 200ms", or "unserved == 0 where load.idle=2000",
// which is about some cells only.
type Requirement struct {
	Text   string
	Metric string
	Where  map[string]any // fields of the cells that it is about, "server" among them; none: every cell
	Expect Expectation
}

// ParseRequirement reads a requirement. It refuses one that asks a metric to be worse, that nothing can
// break, or that nothing can meet.
func ParseRequirement(s string) (Requirement, error) {
	r, value, err := SplitRequirement(s)
	if err != nil {
		return r, err
	}
	unit := Unit(r.Metric)
	if r.Expect, err = ParseExpect(value, unit, false); err != nil {
		return r, err
	}
	if wrong, right := againstTheMetric(r.Metric, r.Expect.Op); wrong {
		return r, fmt.Errorf("a requirement says what must hold, and this one asks %s to be worse; write '%s %s ...'", r.Metric, r.Metric, right)
	}
	most := math.MaxFloat64
	if unit == "share" {
		most = 1
	}
	switch from, to := r.Expect.Range(); {
	case from > most, to < 0, r.Expect.Op == ">" && from == most, r.Expect.Op == "<" && to == 0:
		return r, fmt.Errorf("nothing is %s, so that nothing can meet it", value)
	case r.Expect.Holds(0) && r.Expect.Holds(most):
		return r, fmt.Errorf("everything is %s, so that nothing can break it", value)
	}
	return r, nil
}

// mostLate is how late the generator may be at most. One that is later sends its requests in bursts, which is another load.
const mostLate = 20 * time.Millisecond

// Late is how late the generator may be in e, for load.Options: a tenth of the shortest response time that is required, and at
// most 20 ms. It is 0 if none is, or if e also predicts response times, which ask for more: the engine's own bound holds then.
func (e Experiment) Late() time.Duration {
	for _, p := range e.Predict {
		if metric.Of(p.Metric).Family() == metric.Latency {
			return 0
		}
	}
	shortest := math.Inf(1)
	for _, text := range e.Require {
		r, err := ParseRequirement(text)
		if err == nil && metric.Of(r.Metric).Family() == metric.Latency {
			_, to := r.Expect.Range()
			shortest = min(shortest, to)
		}
	}
	if math.IsInf(shortest, 1) {
		return 0
	}
	return min(mostLate, time.Duration(shortest/load.RequiredOverLate))
}

// SplitRequirement reads everything of a requirement but its value, which begins with an operator.
func SplitRequirement(s string) (r Requirement, value string, err error) {
	r.Text = strings.TrimSpace(s)
	rest, where, narrowed := strings.Cut(r.Text, " where ")
	if narrowed {
		if r.Where, err = ParseCell(where); err != nil {
			return r, "", err
		}
	}
	rest = strings.TrimSpace(rest)
	at := strings.IndexAny(rest, "<>=~")
	if at < 0 {
		return r, "", errors.New("name a metric, an operator and a value with its unit, such as 'latency.p99 < 200ms' or 'unserved == 0'")
	}
	r.Metric = strings.TrimSpace(rest[:at])
	return r, rest[at:], KnownMetric(r.Metric)
}

// againstTheMetric reports whether an operator asks for the worse side of a metric, and returns the one that was meant.
func againstTheMetric(name, op string) (wrong bool, right string) {
	switch m := metric.Of(name); {
	case m.Better < 0 && strings.HasPrefix(op, ">"):
		return true, "<="
	case m.Better > 0 && strings.HasPrefix(op, "<"):
		return true, ">="
	}
	return false, ""
}

// requirementProblems checks what the file requires.
func (e Experiment) requirementProblems() (list problems) {
	for i, text := range e.Require {
		path := fmt.Sprintf("require[%d]", i)
		r, err := ParseRequirement(text)
		if err != nil {
			list.bad(path, "require %q: %v", text, err)
			continue
		}
		for field, v := range r.Where {
			list = append(list, e.whereProblems(path, text, field, v)...)
		}
	}
	return list
}

// whereProblems checks that a requirement is about a cell that there is.
func (e Experiment) whereProblems(path, text, field string, v any) (list problems) {
	values := make([]any, len(e.Servers))
	for i, s := range e.Servers {
		values[i] = s
	}
	for _, f := range append(Factors{{"server", values}}, e.Vary...) {
		if f.Field != field {
			continue
		}
		for _, known := range f.Values {
			if fmt.Sprint(known) == fmt.Sprint(v) {
				return nil
			}
		}
		list.bad(path, "require %q: %s is %s in this experiment", text, field, join(f.Values))
		return list
	}
	list.bad(path, "require %q: %s is not varied in this experiment, so that no cell is told by it", text, field)
	return list
}
