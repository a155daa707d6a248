package report

import (
	"math"
	"strings"

	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// figureCell writes a metric of a design under a condition.
func figureCell(g grid, d design, c condition, metric string) tableCell {
	v, ok := g.at(d, c)
	s, measured := v.Metrics[metric]
	switch {
	case !ok:
		return absent("no valid trial")
	case v.NotAsked != "":
		return absent("not asked: " + v.NotAsked)
	case !measured:
		return absent("not measured")
	case s.TooFew:
		return absent(tooFew)
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

// tooFew is why a percentile is not shown.
const tooFew = "fewer than 10 samples lie beyond it"

// summaryText writes a figure. ≥ stands before one that is a lower bound.
func summaryText(metric string, s verdict.Summary) string {
	at := ""
	if s.AtLeast || s.LowerBound {
		at = "≥ "
	}
	return at + unit.Format(unitOf(metric), s.Center)
}

func interval(u string, low, high float64) string {
	switch {
	case math.IsInf(high, 1) && low <= 0: // of one block, or of unanswered requests on both sides
		return "no interval"
	case math.IsInf(high, 1): // of unanswered requests
		return "≥ " + unit.Format(u, low)
	}
	return unit.Format(u, low) + " – " + unit.Format(u, high)
}

func trials(n int) string { return unit.Many(n, "trial") }

// An interval whose ends lie more than a factor of useless apart says nothing; noInterval stands in its place.
const (
	noInterval = "wide"
	useless    = 1000
)

// brackets writes an interval to stand behind its centre. A unit that all three share is written with the centre only.
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
