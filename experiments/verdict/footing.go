package verdict

import (
	"cmp"
	"fmt"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/unit"
)

// What a mark says of a server.
const (
	AtSaturation = "at saturation" // of a cost that was measured while the server's CPUs were full
	behind       = "behind its schedule"
	byGenerator  = "limited by the generator"
)

// SplitMark splits a mark of a [Comparison] into the server and what limited it.
func SplitMark(mark string) (server, what string) {
	for _, kind := range []string{AtSaturation, behind, byGenerator} {
		if i := strings.LastIndex(mark, " "+kind); i >= 0 {
			return mark[:i], mark[i+1:]
		}
	}
	return "", mark
}

// Marks says what limited a figure of the cell, and in how many blocks: "at saturation in 3 of 3 blocks". There are none
// where nothing did.
func (c Cell) Marks(name string) (list []string) {
	m, l := metric.Of(name), c.Limits
	add := func(is bool, n int, what string) {
		if is && n > 0 {
			list = append(list, what+" "+l.in(n))
		}
	}
	add(perRequest(m), l.Saturated, AtSaturation)
	add(responseTime(m), l.Behind, behind)
	add(m.Kind == metric.Speed, l.Generator, byGenerator)
	return list
}

// in says in how many blocks.
func (l Limits) in(n int) string { return fmt.Sprintf("in %d of %s", n, unit.Many(l.Blocks, "block")) }

// said says, as a clause about the server of that name, that it fell behind or that the generator limited it; "" where
// neither is of interest for the metric.
func (l Limits) said(m metric.Metric, name string) string {
	switch {
	case responseTime(m) && l.Behind > 0:
		return fmt.Sprintf("%s answered less than was offered %s", name, l.in(l.Behind))
	case m.Kind == metric.Speed && l.Generator > 0:
		return fmt.Sprintf("the generator limited %s %s", name, l.in(l.Generator))
	}
	return ""
}

// bound says why a figure is a bound, as a clause; "" where it is none.
func (l Limits) bound(m metric.Metric, name string) string {
	lower, upper := l.bounds(m)
	switch {
	case l.queue(m):
		return l.said(m, name) + ", so that its times grow with the window"
	case lower && upper:
		return l.said(m, name)
	case lower:
		return l.said(m, name) + ", so that its figure is a lower bound"
	case upper:
		return l.said(m, name) + ", so that its figure is an upper bound"
	}
	return ""
}

// unbounded says why one end or both ends of the interval of a comparison are unknown, and which server the generator
// limited; "" where both ends are known.
func unbounded(m metric.Metric, of, base *cell) (server, why string) {
	if low, high := openEnds(m, of, base); !low && !high {
		return "", ""
	}
	a, b := callTwo(of, base)
	var parts []string
	for _, side := range []struct {
		c    *cell
		name string
	}{{of, a}, {base, b}} {
		if why := side.c.Limits.bound(m, side.name); why != "" {
			parts = append(parts, why)
			if !side.c.Limits.queue(m) {
				server = cmp.Or(server, side.c.ID.Server())
			}
		}
	}
	return server, strings.Join(parts, ", and ")
}

// callTwo names two cells so that a reader can tell them apart: by their servers, or by all that they vary.
func callTwo(of, base *cell) (a, b string) {
	if a, b = of.ID.Server(), base.ID.Server(); a == b {
		return named(of.ID), named(base.ID)
	}
	return a, b
}

// footing says, as a sentence, what limited the figures of a comparison and whether they stand on equal footing; "" where
// nothing limited them.
func footing(m metric.Metric, of, base *cell) string {
	a, b := callTwo(of, base)
	la, lb := of.Limits, base.Limits
	if _, why := unbounded(m, of, base); why != "" {
		return sentenceOf(why)
	}
	if perRequest(m) && la.Saturated+lb.Saturated > 0 {
		return saturation(a, b, la, lb)
	}
	first, second := la.said(m, a), lb.said(m, b)
	switch {
	case first == "" && second == "":
		return ""
	case first == "" || second == "":
		return sentenceOf(first + second)
	case responseTime(m) && la.Behind > 0 && lb.Behind > 0:
		second += ": these are times in queues that grow with the window"
	}
	return sentenceOf(first + ", and " + second)
}

// sentenceOf is a clause as a sentence. One that begins with the name of a server keeps it as it is.
func sentenceOf(clause string) string {
	if first, rest, _ := strings.Cut(clause, " "); first == "the" || first == "it" {
		clause = strings.ToUpper(first[:1]) + first[1:] + " " + rest
	}
	return clause + "."
}

// unequal is why costs at saturation and at part load are not quite the same measure.
const unequal = "the footing is unequal, because a server that finds several requests at each wake-up spends less on each than at part load"

// saturation says which of two were at saturation, and whether they can be compared on equal footing.
func saturation(a, b string, la, lb Limits) string {
	some, other, full, free := a, b, la, lb
	if la.Saturated == 0 {
		some, other, full, free = b, a, lb, la
	}
	switch {
	case free.Saturated == 0:
		return fmt.Sprintf("%s was at saturation %s, and %s in none: %s.", some, full.in(full.Saturated), other, unequal)
	case la.Saturated*lb.Blocks != lb.Saturated*la.Blocks:
		return fmt.Sprintf("%s was at saturation %s, and %s %s: %s.", some, full.in(full.Saturated), other, free.in(free.Saturated), unequal)
	case la.Saturated == la.Blocks:
		return "Both were at saturation in every block."
	}
	return fmt.Sprintf("Both were at saturation %s.", la.in(la.Saturated))
}

// marks are what limited either of two cells in a figure.
func marks(name string, of, base *cell) (list []string) {
	a, b := callTwo(of, base)
	for _, what := range of.Marks(name) {
		list = append(list, a+" "+what)
	}
	for _, what := range base.Marks(name) {
		list = append(list, b+" "+what)
	}
	return list
}

// alone says, as a sentence, what limited one figure of the cell; "" where nothing did.
func (c *cell) alone(m metric.Metric) string {
	l := c.Limits
	said := cmp.Or(l.bound(m, "it"), l.said(m, "it"))
	if perRequest(m) && l.Saturated > 0 {
		said = "it was measured at saturation " + l.in(l.Saturated)
	}
	if said == "" {
		return ""
	}
	return sentenceOf(said)
}

// limited says, as a sentence, what limited the figures of a prediction; "" where nothing did.
func (j *judge) limited(v Prediction) string {
	m, of := metric.Of(v.Metric), &j.cells[j.byKey[v.Of.Key()]]
	if !v.Ratio {
		return of.alone(m)
	}
	return footing(m, of, &j.cells[j.byKey[v.Against.Key()]])
}

// unbounded says why an end of the interval of a prediction is unknown; "" where both ends are known.
func (j *judge) unbounded(v Prediction) (why string) {
	m, of := metric.Of(v.Metric), &j.cells[j.byKey[v.Of.Key()]]
	if v.Ratio {
		_, why = unbounded(m, of, &j.cells[j.byKey[v.Against.Key()]])
		return why
	}
	return of.Limits.bound(m, v.Of.Server())
}
