package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/report/unit"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// ranks is what a family of comparisons comes to. A design that left somebody without an answer is in
// none of the other lists, whatever its figures.
type ranks struct {
	Better, Worse []verdict.Comparison // the strongest first
	Open          []string             // ties and undecided ones
	Failed        []string             // left somebody without an answer
}

func newRanks(g grid, f verdict.Family) (r ranks) {
	for _, c := range f.Comparisons {
		switch {
		case !servesAll(g, c):
			r.Failed = append(r.Failed, c.Server)
		case c.Word == verdict.Faster:
			r.Better = append(r.Better, c)
		case c.Word == verdict.Slower:
			r.Worse = append(r.Worse, c)
		case c.Word != verdict.NotAsked:
			r.Open = append(r.Open, c.Server)
		}
	}
	strength := func(sign int) func(a, b verdict.Comparison) int {
		return func(a, b verdict.Comparison) int { return sign * better(f.Metric) * cmp.Compare(a.Ratio, b.Ratio) }
	}
	slices.SortStableFunc(r.Better, strength(-1))
	slices.SortStableFunc(r.Worse, strength(1))
	return r
}

// servesAll reports whether everybody who asked the compared design got an answer, as far as is known.
func servesAll(g grid, c verdict.Comparison) bool {
	d, _ := g.design(c.Server)
	got, asked, ok := served(g, d, condition{Key: without(c.Of).Key()})
	return !ok || got >= asked
}

// winners says in a sentence each who is better and worse in the figure that the experiment is about: under
// its first condition and under its last.
func winners(a verdict.Analysis, g grid, e spec.Experiment) (out []string) {
	var families []verdict.Family
	for _, f := range a.Families {
		if f.Metric == e.Primary {
			families = append(families, f)
		}
	}
	if len(families) > 2 {
		families = []verdict.Family{families[0], families[len(families)-1]}
	}
	for _, f := range families {
		r := newRanks(g, f)
		var parts []string
		if len(r.Better) > 0 {
			parts = append(parts, and(ratios(r.Better, mostNamed))+" better")
		}
		if len(r.Worse) > 0 {
			parts = append(parts, and(ratios(r.Worse, mostNamed))+" worse")
		}
		switch n := len(r.Open); {
		case n > 0 && n <= mostNamed:
			parts = append(parts, and(r.Open)+" tie or undecided")
		case n > 0:
			parts = append(parts, fmt.Sprintf("%d others tie or undecided", n))
		}
		if len(parts) == 0 {
			continue
		}
		name := metricName(f.Metric)
		where := describe(f.Where)
		if where != "" {
			where = ", " + where
		}
		out = append(out, strings.ToUpper(name[:1])+name[1:]+" against "+f.Baseline+where+": "+strings.Join(parts, "; ")+".")
	}
	return out
}

// mostNamed is how many designs a sentence names before it counts the rest.
const mostNamed = 4

// ratios names the designs of list with their ratios, and counts those beyond most.
func ratios(list []verdict.Comparison, most int) (out []string) {
	for i, c := range list {
		if i == most-1 && len(list) > most {
			return append(out, fmt.Sprintf("%d more", len(list)-i))
		}
		out = append(out, c.Server+" ("+unit.Format("x", c.Ratio)+")")
	}
	return out
}
