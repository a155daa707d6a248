package report

import (
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
)

// sections are how the full table is cut, so that each part is as wide as a page.
var sections = []struct {
	Caption  string
	Prefixes []string
}{
	{"Answers", []string{"answered", "missing", "served", "unserved", "disturbers", "offered_rate", "achieved_rate", "completed", "unanswered", "lost", "wrong", "duplicate", "throughput_bytes", "in_service", "errors."}},
	{"Response time, from the intended moment of sending", []string{"latency."}},
	{"Service time, from the actual sending; connecting", []string{"service.", "connect.", "first_reply."}},
	{"Cost", []string{"cpu_", "softirq", "server_cpu", "switches", "reads_", "writes_", "gc_"}},
	{"Memory, threads, fairness, end", []string{"rss_", "goroutines", "threads", "fairness", "worst_", "drain", "replies_lost"}},
	{"The generator's own lateness", []string{"send_lag.", "client_cpu"}},
}

// fullTables are all figures of all cells.
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
	for _, section := range sections {
		t := table{Caption: section.Caption, Columns: []column{{Head: "design", Text: true}, {Head: "condition", Text: true}, {Head: "trials"}}}
		var zero, metrics []string
		for _, name := range known {
			if !begins(name, section.Prefixes) || !g.has(name) {
				continue
			}
			if g.allZero(name) {
				zero = append(zero, metricName(name))
				continue
			}
			about, _ := metric.Find(name)
			metrics = append(metrics, name)
			t.Columns = append(t.Columns, column{Head: columnName(name), Tip: about.About})
		}
		if len(zero) > 0 {
			t.Note = "Zero everywhere: " + strings.Join(zero, ", ") + "."
		}
		for _, c := range g.conditions {
			for _, d := range g.designs {
				v, ok := g.at(d, c)
				if !ok || len(metrics) == 0 {
					continue
				}
				row := []cell{{Text: d.Name, Class: "name", Hue: d.Family, Share: -1}, plain(c.Label), plain(unit.Count(v.Trials))}
				for _, m := range metrics {
					row = append(row, figureCell(g, d, c, m))
				}
				t.Rows = append(t.Rows, row)
			}
		}
		if !t.empty() || t.Note != "" {
			out = append(out, t)
		}
	}
	return out
}

func begins(s string, prefixes []string) bool {
	for _, p := range prefixes {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return false
}

func (g grid) allZero(metric string) bool {
	for _, c := range g.cells {
		if s := c.Metrics[metric]; s.Center != 0 || s.Total != 0 {
			return false
		}
	}
	return true
}

// columnTitle names a figure at the head of a column whose table does not say what it is about.
func columnTitle(metric string) string {
	if group, _, _ := strings.Cut(metric, "."); group == "latency" {
		return columnName(metric)
	}
	return metricName(metric)
}

// columnName is short: the caption says what the table is about.
func columnName(name string) string {
	group, _, ok := strings.Cut(name, ".")
	if ok && group == "latency" {
		return metric.Part(name)
	}
	return strings.TrimSuffix(strings.NewReplacer(" response time", "", " per request", "", "connections ", "").Replace(metricName(name)), " time")
}
