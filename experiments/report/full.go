package report

import (
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
)

// fullTables have all figures of all cells.
func fullTables(g grid) (out []table) {
	if len(g.designs) == 0 {
		return nil
	}
	known := make([]string, 0, len(metric.All))
	for _, m := range metric.All {
		known = append(known, m.Name)
	}
	kinds := map[string]bool{} // errors.* have no entry of their own
	for _, c := range g.cells {
		for name := range c.Metrics {
			if strings.HasPrefix(name, "errors.") {
				kinds[name] = true
			}
		}
	}
	known = append(known, sorted(kinds)...)
	for _, section := range metric.Sections {
		t := table{Caption: string(section), Columns: []column{{Head: "design", Text: true}, {Head: "condition", Text: true}, {Head: "trials"}}}
		var zero, metrics []string
		for _, name := range known {
			about := metric.Of(name)
			if about.Section != section || !g.has(name) {
				continue
			}
			if g.allZero(name) {
				zero = append(zero, metricName(name))
				continue
			}
			metrics = append(metrics, name)
			t.Columns = append(t.Columns, column{Head: columnName(name), Tip: about.About})
		}
		var notes []string
		if len(zero) > 0 {
			notes = append(notes, "Zero everywhere: "+strings.Join(zero, ", ")+".")
		}
		if slices.ContainsFunc(metrics, func(name string) bool { return strings.HasSuffix(name, ".max") }) {
			notes = append(notes, "Longest: the median of the trials' longest times. A percentile, which is that of all requests together, may be longer.")
		}
		for _, c := range g.conditions {
			for _, d := range g.designs {
				v, ok := g.at(d, c)
				if !ok || len(metrics) == 0 {
					continue
				}
				row := []tableCell{rowHead(d), plain(c.Label), plain(unit.Count(v.Trials))}
				for _, m := range metrics {
					row = append(row, figureCell(g, d, c, m))
				}
				t.Rows = append(t.Rows, row)
			}
		}
		t.Note = strings.Join(append(notes, notesOfSigns(t)...), " ")
		if !t.empty() || t.Note != "" {
			out = append(out, t.withoutEmpty())
		}
	}
	return out
}

func (g grid) allZero(metric string) bool {
	for _, c := range g.cells {
		if s := c.Metrics[metric]; s.Center != 0 || s.Total != 0 {
			return false
		}
	}
	return true
}

// columnTitle names a figure at the head of a column whose caption does not say what it is about. Response time is what
// a percentile is of where nothing else is said.
func columnTitle(name string) string {
	if strings.HasPrefix(name, "latency.") {
		return metric.Of(name).Spell()
	}
	return metricName(name)
}

// columnName is shorter: it leaves out what the caption says.
func columnName(name string) string {
	if strings.Contains(name, ".") && !strings.HasPrefix(name, "errors.") {
		return metric.Of(name).Spell()
	}
	return strings.NewReplacer(" per request", "", "connections ", "").Replace(metricName(name))
}
