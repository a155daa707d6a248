package verdict

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// RefutedBound is the text of the bound that a run breaks where any of its predictions is refuted.
const RefutedBound = "refuted"

// Bound is what a gate checks figures against. There are three kinds: a change since another run that must not be exceeded
// ("latency.p99>5%"), a value that must hold ("latency.p99<200ms"), and [RefutedBound].
type Bound struct {
	Text   string
	Metric string         // "" of RefutedBound
	Where  map[string]any // fields of the cells it is about, "server" among them; none: every cell

	Relative bool
	Above    bool    // of a change: broken above Limit; otherwise below it
	Limit    float64 // of a change, relative: 0.05
	Expect   spec.Expectation
}

const boundForms = "write METRIC>5% or METRIC<-5% for a change against another run, or what must hold, such as 'latency.p99<200ms' or 'unserved==0'"

// ParseBound reads "latency.p99>5%" (broken where the second run is more than 5 % above the first), "achieved_rate<-5%"
// (more than 5 % below), "latency.p99<200ms" (broken where that does not hold) and "refuted". A bound that ends with
// "where server=epoll, load.idle=0" is about those cells only. A share is a percentage itself: for it "answered>=99%" is
// a value and "answered<-1%" a change.
func ParseBound(s string) (Bound, error) {
	b := Bound{Text: s}
	fail := func(format string, args ...any) (Bound, error) {
		return Bound{}, fmt.Errorf("bound %q: %w", s, fmt.Errorf(format, args...))
	}
	if name, _, _ := strings.Cut(strings.TrimSpace(s), " where "); strings.TrimSpace(name) == RefutedBound {
		if _, where, narrowed := strings.Cut(s, " where "); narrowed {
			cell, err := spec.ParseCell(where)
			if err != nil {
				return fail("%w", err)
			}
			b.Where = cell
		}
		return b, nil
	}
	r, value, err := spec.SplitRequirement(s)
	if value == "" && err != nil {
		return fail("%w; %s", err, boundForms)
	}
	if err != nil {
		return fail("%w", err)
	}
	b.Metric, b.Where = r.Metric, r.Where
	digits, percent := strings.CutSuffix(value, "%")
	if percent && spec.Unit(b.Metric) == "share" { // itself a percentage: a change of it has a sign
		percent = strings.HasPrefix(strings.TrimSpace(digits[1:]), "-")
	}
	if percent && value[0] != '~' {
		b.Relative, b.Above = true, value[0] == '>'
		v, err := strconv.ParseFloat(strings.TrimSpace(digits[1:]), 64)
		switch {
		case err != nil || math.IsInf(v, 0) || value[0] == '=':
			return fail("a percentage follows < or >, such as 'latency.p99>5%%' or 'achieved_rate<-5%%'")
		case !(v > -100):
			return fail("nothing falls by 100 %% or more")
		case b.Above && v < 0 || !b.Above && v > 0:
			return fail("an equal run would fail it; write 'METRIC>5%%' or 'METRIC<-5%%'")
		}
		b.Limit = v / 100
		return b, nil
	}
	if r, err = spec.ParseRequirement(s); err != nil {
		return fail("a percentage follows the metric, or what must hold; %s (%w)", boundForms, err)
	}
	b.Expect = r.Expect
	return b, nil
}

// about reports whether the bound is about a cell.
func (b Bound) about(c result.Cell) bool {
	for field, v := range b.Where {
		if fmt.Sprint(c[field]) != fmt.Sprint(v) {
			return false
		}
	}
	return true
}

// CheckBounds returns an error for the first bound that cannot be asked of one run of e: one that needs a second run, is
// about no cell of e, or is about predictions where e has none.
func CheckBounds(bounds []Bound, e spec.Experiment) error {
	var cells []result.Cell
	for _, c := range layOut(e, nil).cells {
		cells = append(cells, c.ID)
	}
	for _, b := range bounds {
		if b.Relative {
			return fmt.Errorf("bound %q: a percentage is of another run; give a value, such as 'latency.p99<200ms', or use socketbench compare", b.Text)
		}
		if b.Metric == "" {
			if !slices.ContainsFunc(e.Predict, func(p spec.Prediction) bool { return b.about(p.Of) }) {
				return fmt.Errorf("bound %q: %s has no prediction that it could be about; add one to the file, or leave the bound out", b.Text, e.Name)
			}
			continue
		}
		if err := b.somewhere(cells); err != nil {
			return err
		}
	}
	return nil
}

// somewhere returns an error where a bound is about none of the cells.
func (b Bound) somewhere(cells []result.Cell) error {
	if slices.ContainsFunc(cells, b.about) {
		return nil
	}
	known := map[string][]string{}
	for _, c := range cells {
		for field, v := range c {
			if s := fmt.Sprint(v); !slices.Contains(known[field], s) {
				known[field] = append(known[field], s)
			}
		}
	}
	var parts []string
	for _, field := range slices.Sorted(maps.Keys(known)) {
		parts = append(parts, field+"="+strings.Join(known[field], "|"))
	}
	return fmt.Errorf("bound %q is about no cell that was asked for; there are %s", b.Text, strings.Join(parts, ", "))
}
