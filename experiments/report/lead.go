package report

import (
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// lead says which clients were answered. Neighbouring conditions with the same outcome share a sentence.
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
			where = capital(where) + ": "
		}
		out = append(out, where+s.words)
	}
	return out
}

// whoServed says which designs answered which clients under a condition. It is "" where no client asked.
func whoServed(g grid, c condition) string {
	var none, some, all, unknown, unasked, wrong, extra, ended, parts []string
	for _, d := range g.designs {
		got, asked, ok := served(g, d, c)
		share, known := g.metric(d, c, metric.Answered)
		v, _ := g.at(d, c)
		if failed := failedConnections(v); failed != "" {
			ended = append(ended, "connections to "+d.Label+" failed: "+failed)
		}
		switch {
		case v.NotAsked != "":
			unasked = append(unasked, d.Label)
		case !ok:
			unknown = append(unknown, d.Label)
		case asked == 0:
		case got == 0:
			none = append(none, d.Label)
		case got < asked:
			some = append(some, d.Label)
		case v.Metrics[metric.Wrong].Total > 0:
			wrong = append(wrong, d.Label)
		case v.Metrics[metric.Duplicate].Total > 0:
			extra = append(extra, d.Label)
		case v.Metrics[metric.Lost].Total > 0 && (!known || share.Center >= nearlyAll):
			parts = append(parts, d.Label+" lost "+unit.Many(int(v.Metrics[metric.Lost].Total), "reply"))
		case known && share.Center < nearlyAll:
			parts = append(parts, d.Label+" answered "+unit.Format("share", share.Center)+" of what was asked for")
		default:
			all = append(all, d.Label)
		}
	}
	if len(none)+len(some)+len(all)+len(wrong)+len(extra)+len(parts) == 0 {
		return ""
	}
	if len(some) > 0 {
		parts = append([]string{unit.Series(some) + " left some clients without an answer"}, parts...)
	}
	if len(none) > 0 {
		parts = append([]string{unit.Series(none) + " served no client"}, parts...)
	}
	if len(unknown) > 0 {
		parts = append([]string{"no valid trial of " + unit.Series(unknown)}, parts...)
	}
	if len(unasked) > 0 {
		parts = append(parts, unit.Series(unasked)+map[bool]string{true: " was", false: " were"}[len(unasked) == 1]+" not asked")
	}
	if len(wrong) > 0 {
		parts = append(parts, unit.Series(wrong)+" gave wrong replies")
	}
	if len(extra) > 0 {
		parts = append(parts, unit.Series(extra)+" sent replies that nobody asked for")
	}
	switch {
	case len(all) > 0 && len(all) <= 4 && len(parts) > 0, len(all) == 1:
		parts = append(parts, unit.Series(all)+" served all clients")
	case len(all) > 0 && len(parts) > 0:
		parts = append(parts, "the other designs served all clients")
	case len(all) > 0:
		parts = append(parts, "every design served all clients")
	}
	return strings.Join(append(parts, ended...), "; ") + "."
}

// failedConnections counts the connections of a cell that failed, by kind: "72 closed and 3 reset".
func failedConnections(v verdict.Cell) string {
	var kinds []string
	for _, name := range sorted(v.Metrics) {
		if kind, ok := strings.CutPrefix(name, "errors."); ok && v.Metrics[name].Total > 0 {
			kinds = append(kinds, unit.Tick("count", v.Metrics[name].Total)+" "+kind)
		}
	}
	return unit.Series(kinds)
}

// nearlyAll is the share of answered requests above which a sentence says that everything was answered. The table says
// what is missing.
const nearlyAll = 0.995
