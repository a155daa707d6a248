package report

import (
	"fmt"
	"math"
	"regexp"
	"strings"
	"sync"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
)

// figureCell writes a metric of a design under a condition.
func figureCell(g grid, d design, c condition, name string) tableCell {
	v, ok := g.at(d, c)
	s, measured := v.Metrics[name]
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
	out := plain(summaryText(name, s))
	if unitOf(name) == "count" && better(name) <= 0 && s.Center == 0 && s.Total > 0 { // a few trials of many have it
		out.Text = unit.Tick(unitOf(name), s.Total) + " in all"
	}
	out.Text += atSaturation(v, name)
	var tips []string
	if s.High > s.Low {
		tips = append(tips, "95 % interval "+interval(unitOf(name), s.Low, s.High)+" from "+trials(s.N))
	}
	out.Tip = strings.Join(append(tips, v.Marks(name)...), "; ")
	return out
}

// saturatedSign follows a cost that was measured while the server's CPUs were full.
const saturatedSign = "†"

// atSaturation is that sign for a figure of a cell, with the number of blocks where it was so in some only: "†1/3".
func atSaturation(c verdict.Cell, name string) string {
	l := c.Limits
	switch {
	case l.Saturated == 0 || metric.Of(name).Section != metric.Costs:
		return ""
	case l.Saturated == l.Blocks:
		return " " + saturatedSign
	}
	return fmt.Sprintf(" %s%d/%d", saturatedSign, l.Saturated, l.Blocks)
}

// notesOfSigns explains the signs of a table, below it.
func notesOfSigns(t table) (notes []string) {
	if t.says(saturatedSign) {
		notes = append(notes, saturatedSign+" at saturation: the server's CPUs were full. A server that finds several requests at each wake-up spends less on each than at part load.")
	}
	if t.any(func(s string) bool { return partlySaturated().MatchString(s) }) {
		notes = append(notes, saturatedSign+"1/3: in 1 of 3 blocks.")
	}
	if t.says(atLeastSign) {
		notes = append(notes, atLeastSign+"at least: some requests or clients still waited for a reply, a queue grew with the window, or the generator had no CPU left.")
	}
	if t.says(atMostSign) {
		notes = append(notes, atMostSign+"at most: the generator had no CPU left.")
	}
	return notes
}

// The signs before a figure that is a lower or an upper bound.
const (
	atLeastSign = "≥ "
	atMostSign  = "≤ "
)

// partlySaturated matches the sign of a cell that was at saturation in some blocks only.
var partlySaturated = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(saturatedSign + `\d+/\d+`) })

// tooFew is why a percentile is not shown.
const tooFew = "fewer than 10 samples lie beyond it"

// summaryText writes a figure. ≥ stands before one that is a lower bound, ≤ before an upper one.
func summaryText(metric string, s verdict.Summary) string {
	at := ""
	switch {
	case s.LowerBound && s.UpperBound:
	case s.AtLeast || s.LowerBound:
		at = atLeastSign
	case s.UpperBound:
		at = atMostSign
	}
	return at + unit.Format(unitOf(metric), s.Center)
}

func interval(u string, low, high float64) string {
	switch {
	case math.IsInf(high, 1) && low <= 0: // of one block, or of unanswered requests on both sides
		return "no interval"
	case math.IsInf(high, 1): // of unanswered requests
		return atLeastSign + unit.Format(u, low)
	case low <= 0 && u == "x": // of a ratio whose figure is an upper bound
		return atMostSign + unit.Format(u, high)
	}
	return unit.Format(u, low) + " – " + unit.Format(u, high)
}

// ratioText writes the ratio of a comparison, which may be a bound.
func ratioText(c verdict.Comparison) string {
	ratio := unit.Format("x", c.Ratio)
	switch {
	case c.AtLeast():
		return atLeastSign + ratio
	case c.AtMost():
		return atMostSign + ratio
	}
	return ratio
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
