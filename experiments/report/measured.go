package report

import (
	"fmt"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/report/sidebyside"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Measured describes what a run measured of each design, in words to stand beside its code. All figures are from the
// run's first condition, which each of them names.
func Measured(a verdict.Analysis, registry servers.Registry) sidebyside.Facts {
	return measured(newGrid(a.Cells, registry), a.Experiment)
}

// code is that of the designs compared, with what was measured of them: each beside the one it grew from and beside
// the baseline. The design that the baseline itself grew from stands beside it already.
func code(g grid, e spec.Experiment) sidebyside.Fragment {
	var entries []servers.Entry
	for _, d := range g.designs {
		if d.Entry.Name != "" {
			entries = append(entries, d.Entry)
		}
	}
	base, _ := g.design(e.Baseline)
	var pairs []sidebyside.Pair
	for _, d := range entries {
		if d.Name != e.Baseline && d.Name != base.Entry.After {
			pairs = append(pairs, sidebyside.Pair{A: e.Baseline, B: d.Name})
		}
	}
	f, err := sidebyside.NewFragment(entries, measured(g, e), pairs...)
	if err != nil {
		return sidebyside.Fragment{} // a design's file lacks a region, which that design's own test reports
	}
	return f
}

func measured(g grid, e spec.Experiment) sidebyside.Facts {
	facts := sidebyside.Facts{}
	if len(g.conditions) == 0 {
		return facts
	}
	first := g.conditions[0]
	under := ""
	if first.Label != "" {
		under = " (" + first.Label + ")"
	}
	for _, d := range g.designs {
		if d.Entry.Name == "" {
			continue
		}
		facts[d.Name] = map[string]string{}
		for _, m := range metric.All {
			if s, ok := g.metric(d, first, m.Name); ok {
				facts[d.Name][m.Name] = strings.TrimSpace(summaryText(m.Name, s) + " " + metricName(m.Name) + under)
			}
		}
		// Both numbers and no ratio, because a server has some goroutines without any connection.
		if s, ok := g.metric(d, first, metric.GoroutinesPeak); ok {
			if n := first.of(e).Load.Clients(); n > 0 {
				facts[d.Name]["goroutines_per_connection"] = fmt.Sprintf("%s goroutines for %s connections%s",
					summaryText(metric.GoroutinesPeak, s), unit.Count(n), under)
			}
		}
	}
	return facts
}
