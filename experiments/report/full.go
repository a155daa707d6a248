package report

import (
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
)

// sections divide all figures into tables that fit a page. Percentiles of one kind of time have a table of their own,
// whose caption says what they are percentiles of.
var sections = []struct {
	Caption  string
	Prefixes []string
}{
	{"Answers", []string{"answered", "missing", "served", "unserved", "disturbers", "offered_rate", "achieved_rate", "completed", "unanswered", "lost", "wrong", "duplicate", "throughput_bytes", "in_service", "errors."}},
	{"Response time, from the moment at which the schedule wanted the request sent", []string{"latency."}},
	{"Service time, from the moment at which the request was sent", []string{"service."}},
	{"Time to connect", []string{"connect."}},
	{"Time from connecting to the first reply", []string{"first_reply."}},
	{"Cost of a request", []string{"cpu_", "softirq", "switches", "reads_", "writes_"}},
	{"The server's process", []string{"server_cpu", "rss_", "goroutines", "threads", "gc_", "fairness", "worst_", "drain", "replies_lost"}},
	{"The generator: its send lag and its CPU", []string{"send_lag.", "client_cpu"}},
}

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
	for _, section := range sections {
		t := table{Caption: section.Caption, Columns: []column{{Head: "design", Text: true}, {Head: "condition", Text: true}, {Head: "trials"}}}
		var zero, metrics []string
		for _, name := range known {
			begins := func(prefix string) bool { return strings.HasPrefix(name, prefix) }
			if !slices.ContainsFunc(section.Prefixes, begins) || !g.has(name) {
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
				row := []cell{rowHead(d), plain(c.Label), plain(unit.Count(v.Trials))}
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
		return metric.Part(name)
	}
	return metricName(name)
}

// columnName is shorter: it leaves out what the caption says.
func columnName(name string) string {
	if strings.Contains(name, ".") && !strings.HasPrefix(name, "errors.") {
		return metric.Part(name)
	}
	return strings.NewReplacer(" per request", "", "connections ", "").Replace(metricName(name))
}
