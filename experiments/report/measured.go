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

// Measured puts what a run found of each design into words, to stand beside the code that it comes from.
// All of it is from the run's first condition, which is named.
func Measured(a verdict.Analysis, registry servers.Registry) sidebyside.Facts {
	return measured(newGrid(a.Cells, registry), a.Experiment)
}

// code is that of the designs compared, each beside the baseline too, with what was measured of them.
func code(g grid, e spec.Experiment) sidebyside.Fragment {
	var entries []servers.Entry
	for _, d := range g.designs {
		if d.Entry.Name != "" {
			entries = append(entries, d.Entry)
		}
	}
	var pairs []sidebyside.Pair
	for _, d := range entries {
		if d.Name != e.Baseline {
			pairs = append(pairs, sidebyside.Pair{A: e.Baseline, B: d.Name})
		}
	}
	f, err := sidebyside.NewFragment(entries, measured(g, e), pairs...)
	if err != nil {
		return sidebyside.Fragment{} // a design whose file lacks a region: its own test says so
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
		// Not a ratio: some of the goroutines are there without any connection.
		if s, ok := g.metric(d, first, "goroutines_peak"); ok {
			if n := first.of(e).Load.Clients(); n > 0 {
				facts[d.Name]["goroutines_per_connection"] = fmt.Sprintf("%s goroutines for %s connections%s",
					summaryText("goroutines_peak", s), unit.Count(n), under)
			}
		}
	}
	return facts
}
