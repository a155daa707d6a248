package report

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// ranks sorts the designs of a family of comparisons by their verdict. A design that left clients without an answer is
// in Failed only, whatever its figures.
type ranks struct {
	Better, Worse []verdict.Comparison // the largest difference first
	Tie           []string
	Limited       []string // undecided, because the generator limited them or the baseline
	Undecided     []string
	Failed        []string // left clients without an answer
	ByBaseline    bool     // the generator limited the baseline
	Marks         []string // what limited the figures of the others
}

// neither lists the designs of which the run does not say that they are better or worse.
func (r ranks) neither() []string { return slices.Concat(r.Tie, r.Limited, r.Undecided) }

func newRanks(g grid, f verdict.Family) (r ranks) {
	for _, c := range f.Comparisons {
		if c.Ratio > 0 && c.Limited == "" {
			r.mark(c.Marks)
		}
		switch {
		case !servesAll(g, c, f), c.Faulty == c.Server:
			r.Failed = append(r.Failed, c.Server)
		case c.Word == verdict.Faster:
			r.Better = append(r.Better, c)
		case c.Word == verdict.Slower:
			r.Worse = append(r.Worse, c)
		case c.Word == verdict.Tie:
			r.Tie = append(r.Tie, c.Server)
		case c.Faulty != "": // the baseline
			r.Undecided = append(r.Undecided, c.Server)
		case c.Word == verdict.Undecided && c.Limited != "":
			r.Limited = append(r.Limited, c.Server)
			r.ByBaseline = r.ByBaseline || c.Limited == f.Baseline
		case c.Word == verdict.Undecided:
			r.Undecided = append(r.Undecided, c.Server)
		}
	}
	strength := func(sign int) func(a, b verdict.Comparison) int {
		return func(a, b verdict.Comparison) int { return sign * better(f.Metric) * cmp.Compare(a.Ratio, b.Ratio) }
	}
	slices.SortStableFunc(r.Better, strength(-1))
	slices.SortStableFunc(r.Worse, strength(1))
	return r
}

// mark adds what limited a comparison. Each names the server; that of the baseline is in every comparison.
func (r *ranks) mark(marks []string) {
	for _, m := range marks {
		if !slices.Contains(r.Marks, m) {
			r.Marks = append(r.Marks, m)
		}
	}
}

// fairShare is how much a design must have answered, as a share of what the baseline answered, for its other figures to
// be compared. A server that drops most requests answers the others early.
const fairShare = 0.95

// servesAll reports whether the compared design answered every client, as far as is known, and about as much as the
// baseline. A comparison of rates is itself about how much was answered.
func servesAll(g grid, c verdict.Comparison, f verdict.Family) bool {
	where := condition{Key: c.Of.Without("server").Key()}
	d, _ := g.design(c.Server)
	if got, asked, ok := served(g, d, where); ok && got < asked {
		return false
	}
	base, _ := g.design(f.Baseline)
	share, known := g.metric(d, where, metric.Answered)
	of, both := g.metric(base, where, metric.Answered)
	switch f.Metric {
	case metric.AchievedRate, metric.ThroughputBytes, metric.InService:
		return true
	}
	return !known || !both || share.Center >= fairShare*of.Center
}

// winners says which designs are better and worse by the primary metric: one sentence for the first condition, one for
// the last.
func winners(a verdict.Analysis, g grid) (out []string) {
	var families []verdict.Family
	for _, f := range a.Families {
		if f.Metric == a.Experiment.Primary {
			families = append(families, f)
		}
	}
	if len(families) > 2 {
		families = []verdict.Family{families[0], families[len(families)-1]}
	}
	for _, f := range families {
		parts := newRanks(g, f).parts(f)
		if len(parts) == 0 {
			continue
		}
		where := ""
		for _, condition := range []string{verdict.Condition(f.Condition), f.On} {
			if condition != "" {
				where += ", " + condition
			}
		}
		out = append(out, capital(metricName(f.Metric))+" against "+f.Baseline+where+": "+strings.Join(parts, "; ")+".")
	}
	return out
}

// parts are the pieces of that sentence, the decided ones first.
func (r ranks) parts(f verdict.Family) (out []string) {
	if len(r.Better) > 0 {
		out = append(out, unit.Series(ratios(r.Better, mostNamed))+" better")
	}
	if len(r.Worse) > 0 {
		out = append(out, unit.Series(ratios(r.Worse, mostNamed))+" worse")
	}
	rest := func(list []string, how string) {
		switch n := len(list); {
		case n == 0:
		case n <= mostNamed:
			out = append(out, unit.Series(list)+" "+how)
		case n == len(f.Comparisons):
			out = append(out, fmt.Sprintf("all %d %s", n, how))
		case len(out) == 0:
			out = append(out, fmt.Sprintf("%d designs %s", n, how))
		default:
			out = append(out, fmt.Sprintf("%d others %s", n, how))
		}
	}
	rest(r.Tie, "equal")
	limit := "undecided, because the generator limited them"
	switch {
	case r.ByBaseline:
		limit = "undecided, because the generator limited " + f.Baseline
	case len(r.Limited) == 1:
		limit = "undecided, because the generator limited it"
	}
	rest(r.Limited, limit)
	rest(r.Undecided, "undecided")
	if marks := r.marked(); marks != "" {
		out = append(out, marks)
	}
	return out
}

// marked says what else limited figures that are ranked; "" where nothing did. Servers that it limited in as many blocks
// are named together.
func (r ranks) marked() string {
	by := map[string][]string{}
	var order, parts []string
	for _, m := range r.Marks {
		server, what := verdict.SplitMark(m)
		if by[what] == nil {
			order = append(order, what)
		}
		by[what] = append(by[what], server)
	}
	for _, what := range order {
		servers := by[what]
		if n := len(servers); n > mostNamed {
			servers = []string{fmt.Sprintf("%d designs", n)}
		}
		parts = append(parts, unit.Series(servers)+" "+what)
	}
	return strings.Join(parts, ", ")
}

// mostNamed is how many designs a sentence names. It counts the others.
const mostNamed = 4

// ratios names the designs of list with their ratios: at most so many, and counts the others.
func ratios(list []verdict.Comparison, most int) (out []string) {
	for i, c := range list {
		if i == most-1 && len(list) > most {
			return append(out, fmt.Sprintf("%d more", len(list)-i))
		}
		out = append(out, c.Server+" ("+ratioText(c)+")")
	}
	return out
}
