package report

import (
	"encoding/csv"
	"io"
	"maps"
	"slices"
	"strconv"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// writeCSV writes a row for each trial and metric, with a column for each varied field, as data frames want it. Trials that
// do not count are marked: invalid ones, and those that were run again. How much more load a design takes, where that was
// searched, is a row with the metric "headroom": a multiple of the rate, with the sentence in the column why. A cell that was not asked is a row without a value.
// Where servers have names for their commands, a column has the commands. The column why says why a row does not count. The
// last columns are the conditions of the trial: how many CPUs the server had, and whether these were full or the
// generator's were.
func writeCSV(w io.Writer, p page, in Input) error {
	seen := map[string]bool{}
	cells := make([]result.Cell, 0, len(in.Run.Trials))
	for _, t := range in.Run.Trials {
		cells = append(cells, t.Cell)
	}
	for _, u := range in.Run.Manifest.Unasked {
		cells = append(cells, u.Cell)
	}
	for _, c := range cells {
		for f := range c {
			seen[f] = f != "server"
		}
	}
	var fields []string
	for _, f := range slices.Sorted(maps.Keys(seen)) {
		if seen[f] {
			fields = append(fields, f)
		}
	}
	loads := loadColumns(in.Run.Manifest.Loads, fields)
	out := csv.NewWriter(w)
	commands := in.Analysis.Experiment.Commands
	first := []string{"experiment", "server"}
	if len(commands) > 0 {
		first = append(first, "command")
	}
	head := slices.Concat(first, fields, loads.names, []string{"label", "block", "order", "valid", "metric", "unit", "value", "why", "server_cpus", "at_saturation", "generator_limited"})
	if err := out.Write(head); err != nil {
		return err
	}
	where := func(c result.Cell) []string {
		row := []string{p.Experiment, c.Server()}
		if len(commands) > 0 {
			command, _ := commands.Of(c.Server())
			row = append(row, command)
		}
		for _, f := range fields {
			row = append(row, raw(c[f]))
		}
		own, found := loads.of[c.Without("server").Key()]
		if !found {
			own = make([]string, len(loads.names))
		}
		return append(row, own...)
	}
	cpus := func(c result.Cell) string {
		if n := verdict.ServerCPUs(in.Run.Manifest, c); n > 0 {
			return strconv.Itoa(n)
		}
		return ""
	}
	for _, t := range in.Run.Trials {
		row := append(where(t.Cell), t.Label, strconv.Itoa(t.Block), strconv.Itoa(t.Order), strconv.FormatBool(t.Counts()))
		conditions := []string{cpus(t.Cell), strconv.FormatBool(t.ServerLimited), strconv.FormatBool(t.LowerBound)}
		for _, m := range metricsOf(t) {
			v := strconv.FormatFloat(t.Metrics[m], 'g', -1, 64)
			if err := out.Write(slices.Concat(row, []string{m, unitOf(m), v, t.Reasons.String()}, conditions)); err != nil {
				return err
			}
		}
	}
	for _, r := range in.Analysis.Required {
		if h := r.Headroom; h != nil {
			row := slices.Concat(where(h.Search.Cell), []string{"", "", "", "true", "headroom", "ratio", strconv.FormatFloat(h.Met, 'g', -1, 64), h.Sentence, cpus(h.Search.Cell), "", ""})
			if err := out.Write(row); err != nil {
				return err
			}
		}
	}
	for _, u := range in.Run.Manifest.Unasked {
		if err := out.Write(append(where(u.Cell), "", "", "", "false", "", "", "", u.Why, cpus(u.Cell), "", "")); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// columns are further fields of each condition, by its key.
type columns struct {
	names []string
	of    map[string][]string
}

// loadColumns are the fields that utilizations stand for, with the loads in force, as load.rate.
func loadColumns(loads []result.Frozen, varied []string) columns {
	c := columns{of: map[string][]string{}}
	for _, column := range []struct {
		name string
		of   func(result.Frozen) (share float64, value any)
	}{
		{"load.rate", func(l result.Frozen) (float64, any) { return l.Utilization, l.Rate }},
		{"load.burst.peak", func(l result.Frozen) (float64, any) { return l.BurstUtilization, l.Peak }},
		{"load.think", func(l result.Frozen) (float64, any) { return l.ThinkUtilization, l.Think.String() }},
	} {
		given := func(l result.Frozen) bool { share, _ := column.of(l); return share > 0 }
		if !slices.ContainsFunc(loads, given) || slices.Contains(varied, column.name) {
			continue
		}
		c.names = append(c.names, column.name)
		for _, l := range loads {
			_, value := column.of(l)
			c.of[l.Condition.Key()] = append(c.of[l.Condition.Key()], raw(value))
		}
	}
	return c
}

// metricsOf lists the metrics of a trial: those of metric.All in that order, then the others.
func metricsOf(t result.Trial) []string {
	var list []string
	for _, m := range metric.All {
		if _, ok := t.Metrics[m.Name]; ok {
			list = append(list, m.Name)
		}
	}
	for _, name := range sorted(t.Metrics) {
		if _, known := metric.Find(name); !known {
			list = append(list, name)
		}
	}
	return list
}
