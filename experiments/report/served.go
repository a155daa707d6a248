package report

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

func sorted[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// most conditions that the first table has a column for.
const mostConditions = 4

// servedTable says who got an answer, how late, and at what cost.
func servedTable(g grid, e spec.Experiment) table {
	if len(g.designs) == 0 {
		return table{}
	}
	shown, note := g.conditions, ""
	if len(shown) > mostConditions {
		shown = []condition{g.conditions[0], g.conditions[len(g.conditions)/2], g.conditions[len(g.conditions)-1]}
		note = fmt.Sprintf("%d of %d conditions; the others are in the full table.", len(shown), len(g.conditions))
	}
	first := shown[0]
	t := table{Caption: "Who was served", Note: note, Columns: []column{{Head: "design", Text: true}}}
	for _, c := range shown {
		t.Columns = append(t.Columns, column{Head: under("served", c), Text: true,
			Tip: "connections that got at least one answer, of those that asked; the median of the trials"})
	}
	t.Columns = append(t.Columns,
		column{Head: under("p99", first), Tip: "one request in a hundred took longer, from the time it was meant to be sent"},
		column{Head: "at once", Tip: "connections that the design can serve at one time, by what it promises"},
		column{Head: "CPU per request", Tip: "CPU time of the server's processes for one request, " + first.Label})
	most := 0.0
	for _, d := range g.designs {
		if s, ok := g.metric(d, first, "cpu_per_request"); ok {
			most = max(most, s.Center)
		}
	}
	for _, d := range g.designs {
		row := []cell{{Text: d.Name, Class: "name", Tip: d.Idea, Hue: d.Family, Share: -1}}
		for _, c := range shown {
			row = append(row, servedCell(g, d, c))
		}
		p99 := figureCell(g, d, first, "latency.p99")
		cpu := figureCell(g, d, first, "cpu_per_request")
		if s, ok := g.metric(d, first, "cpu_per_request"); ok && most > 0 {
			cpu.Share, cpu.Hue = s.Center/most, d.Family
		}
		t.Rows = append(t.Rows, append(row, p99, plain(atOnce(d, e)), cpu))
	}
	return t
}

// under is the head of a column about a condition: "served alone", "served, 100 connections".
func under(what string, c condition) string {
	switch {
	case c.Label == "":
		return what
	case strings.HasPrefix(c.Label, "alone"), strings.HasPrefix(c.Label, "beside"):
		return what + " " + c.Label
	}
	return what + ", " + c.Label
}

// served returns how many connections of a cell got an answer, and how many asked for one.
func served(g grid, d design, c condition) (got, asked float64, ok bool) {
	s, ok := g.metric(d, c, "served")
	if !ok {
		return 0, 0, false
	}
	u, _ := g.metric(d, c, "unserved")
	return s.Center, s.Center + u.Center, true
}

func servedCell(g grid, d design, c condition) cell {
	got, asked, ok := served(g, d, c)
	if !ok {
		return cell{Text: unit.None, Class: "soft", Tip: "no valid trial", Share: -1}
	}
	of := unit.Tick("count", got) + " of " + unit.Tick("count", asked)
	switch {
	case asked == 0:
		return cell{Text: "nobody asked", Class: "soft", Share: -1}
	case got == 0:
		return cell{Text: "○ none of " + unit.Tick("count", asked), Class: "bad", Share: -1}
	case got < asked:
		return cell{Text: "◐ " + of, Class: "doubt", Share: -1}
	}
	return cell{Text: "● all " + unit.Tick("count", got), Class: "good", Share: -1}
}

// atOnce is how many connections a design promises to serve at one time.
func atOnce(d design, e spec.Experiment) string {
	if d.Entry.Name == "" {
		return unit.None
	}
	n := d.Entry.Traits.Capacity(servers.Config{Workers: e.Config.Workers, MaxConns: e.Config.MaxConns})
	if n == 0 {
		return "all"
	}
	return unit.Count(n)
}

// figureCell writes a metric of a cell.
func figureCell(g grid, d design, c condition, metric string) cell {
	v, ok := g.at(d, c)
	if !ok {
		return cell{Text: unit.None, Class: "soft", Tip: "no valid trial", Share: -1}
	}
	s, ok := v.Metrics[metric]
	if !ok {
		return cell{Text: unit.None, Class: "soft", Tip: "not measured", Share: -1}
	}
	return summaryCell(metric, s)
}

func summaryCell(metric string, s verdict.Summary) cell {
	if s.TooFew {
		return cell{Text: unit.None, Class: "soft", Tip: "fewer than 10 samples lie beyond it", Share: -1}
	}
	out := plain(summaryText(metric, s))
	if s.High > s.Low {
		out.Tip = "95 % interval " + interval(unitOf(metric), s.Low, s.High) + " from " + trials(s.N)
	}
	return out
}

// summaryText writes a figure; >= stands before one that is at least so much.
func summaryText(metric string, s verdict.Summary) string {
	at := ""
	if s.AtLeast || s.LowerBound {
		at = "≥ "
	}
	return at + unit.Format(unitOf(metric), s.Center)
}

func interval(u string, low, high float64) string {
	switch {
	case math.IsInf(high, 1) && low <= 0: // one block, or both sides unanswered
		return "no interval"
	case math.IsInf(high, 1): // of requests that were still unanswered
		return "≥ " + unit.Format(u, low)
	}
	return unit.Format(u, low) + " – " + unit.Format(u, high)
}

func trials(n int) string {
	if n == 1 {
		return "1 trial"
	}
	return unit.Count(n) + " trials"
}

// lead says what happened to those who asked, a sentence for conditions in which the same did.
func lead(g grid) []string {
	type sentence struct {
		first, last string
		words       string
		n           int
	}
	var list []sentence
	for _, c := range g.conditions {
		words := whoServed(g, c)
		switch n := len(list); {
		case words == "":
		case n > 0 && list[n-1].words == words:
			list[n-1].last = c.Label
			list[n-1].n++
		default:
			list = append(list, sentence{c.Label, c.Label, words, 1})
		}
	}
	var out []string
	for _, s := range list {
		where := s.first
		switch {
		case s.n == 2:
			where += " and " + s.last
		case s.n > 2:
			where += " to " + s.last
		}
		if where != "" {
			where = strings.ToUpper(where[:1]) + where[1:] + ": "
		}
		out = append(out, where+s.words)
	}
	return out
}

// whoServed says who served whom under a condition; "" where nobody asked.
func whoServed(g grid, c condition) string {
	var none, some, all, unknown []string
	for _, d := range g.designs {
		got, asked, ok := served(g, d, c)
		switch {
		case !ok:
			unknown = append(unknown, d.Name)
		case asked == 0:
		case got == 0:
			none = append(none, d.Name)
		case got < asked:
			some = append(some, d.Name)
		default:
			all = append(all, d.Name)
		}
	}
	if len(none)+len(some)+len(all) == 0 {
		return ""
	}
	var parts []string
	if len(unknown) > 0 {
		parts = append(parts, "no valid trial of "+and(unknown))
	}
	if len(none) > 0 {
		parts = append(parts, and(none)+" served nobody")
	}
	if len(some) > 0 {
		parts = append(parts, and(some)+" left some without an answer")
	}
	switch {
	case len(all) > 0 && len(all) <= 4 && len(parts) > 0, len(all) == 1:
		parts = append(parts, and(all)+" served everybody")
	case len(all) > 0 && len(parts) > 0:
		parts = append(parts, "the other designs served everybody")
	case len(all) > 0:
		parts = append(parts, "every design served everybody")
	}
	return strings.Join(parts, "; ") + "."
}

// and joins words as people do.
func and(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " and " + words[len(words)-1]
}
