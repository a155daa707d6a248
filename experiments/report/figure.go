package report

import (
	"math"
	"strings"

	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// figureCell writes a metric of a cell.
func figureCell(g grid, d design, c condition, metric string) cell {
	v, ok := g.at(d, c)
	if !ok {
		return cell{Text: unit.None, Class: "soft", Tip: "no valid trial", Share: -1}
	}
	s, ok := v.Metrics[metric]
	if v.NotAsked != "" {
		return cell{Text: unit.None, Class: "soft", Tip: "not asked: " + v.NotAsked, Share: -1}
	}
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
	if unitOf(metric) == "count" && better(metric) <= 0 && s.Center == 0 && s.Total > 0 { // a few trials of many have it
		out.Text = unit.Tick(unitOf(metric), s.Total) + " in all"
	}
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

func trials(n int) string { return unit.Many(n, "trial") }

// noInterval stands in place of an interval that says nothing, its ends being a factor of more than useless apart.
const (
	noInterval = "wide"
	useless    = 1000
)

// brackets writes an interval behind its centre: in the centre's unit, which is written once.
func brackets(u string, center, low, high float64) string {
	if math.IsInf(high, 1) {
		return interval(u, low, high)
	}
	if low > 0 && high > useless*low {
		return noInterval
	}
	behind := func(s string) string { return s[strings.LastIndexAny(s, "0123456789")+1:] }
	of, from, to := behind(unit.Format(u, center)), unit.Format(u, low), unit.Format(u, high)
	if behind(from) == of && behind(to) == of {
		from, to = strings.TrimSuffix(from, of), strings.TrimSuffix(to, of)
	}
	return from + "–" + to
}
