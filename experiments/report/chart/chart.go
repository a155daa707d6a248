// Package chart draws lines and intervals as SVG. A chart is told everything, positions and words
// alike; it works out nothing but where things stand. Colours are classes ("s-epoll") whose values the
// page sets, so that dark mode, print and choosing series need no second drawing.
package chart

import (
	"fmt"
	"math"
	"sort"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/svg"
)

// Style is the CSS of charts, on top of palette.CSS. A page includes it once.
const Style = `
.chart text{font:12px system-ui,sans-serif;fill:var(--ink)}
.chart .soft{fill:var(--soft)}.chart .axis-title{fill:var(--soft)}
.chart .grid{stroke:var(--rule);stroke-width:1}.chart .minor{stroke:var(--rule);stroke-width:1;opacity:.45}
.chart .base{stroke:var(--soft);stroke-width:1}
.chart .band{fill:var(--floor)}.chart .ref{stroke:var(--soft);stroke-width:1.2;stroke-dasharray:5 3}
.chart .line{fill:none;stroke:var(--c);stroke-width:2;stroke-linejoin:round}
.chart .line.least{stroke-dasharray:1 4;stroke-linecap:round}
.chart .spread{fill:var(--c);opacity:.14;stroke:none}
.chart .dot{fill:var(--c);stroke:var(--paper);stroke-width:1}
.chart .ring{fill:none;stroke:var(--c);stroke-width:1.6}
.chart .hit{fill:transparent;stroke:none}
.chart .bar{fill:var(--c);opacity:.82}.chart .bar.least{opacity:.35}
.chart .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.chart .name{font-weight:600;fill:var(--c)}.chart .row{font-weight:600}
.chart .value{font-variant-numeric:tabular-nums}
`

// Series is one line.
type Series struct {
	Name   string
	Class  string // sets --c and the dash of .line
	Mark   int    // which shape its marks have; the same as that of its Swatch
	Points []Point
}

// Point is one place on a line. Low and High are its interval, both 0 where there is none.
type Point struct {
	X, Y, Low, High float64
	Tip             string // "": part of the line, not marked
	Ring            bool   // the mark is ringed: the reading says what that means
	Least           bool   // the value is at least this: the line is dotted from here
}

// roomy is the width, in pixels, from which there is room for names beside the ends of lines.
const roomy = 560

// Rule is a line across the chart at a value of the vertical axis, or with X down it.
type Rule struct {
	At    float64
	X     bool
	Label string
}

// Lines is a chart of lines.
type Lines struct {
	Title, About   string // About says what is to be seen, for those who cannot see it
	X, Y           axis.Axis
	XTitle, YTitle string
	Series         []Series
	Rules          []Rule
}

// SVG draws the chart, width pixels wide.
func (l Lines) SVG(width float64) string {
	var c svg.Canvas
	height := max(min(width*0.46, 380), 260)
	ends := width >= roomy
	left, right, top, bottom := 40.0, 14.0, 26.0, 44.0
	ys := l.Y.Ticks(int((height - top - bottom) / 46))
	for _, t := range ys {
		left = max(left, svg.Width(t.Label, 13)+10)
	}
	if ends {
		for _, s := range l.Series {
			right = max(right, svg.Width(s.Name, 13.5)+16)
		}
	}
	w, h := width-left-right, height-top-bottom
	x := func(v float64) float64 { return left + w*clamp(l.X.At(v)) }
	y := func(v float64) float64 { return top + h*(1-clamp(l.Y.At(v))) }

	c.Open(width, height, "chart lines", l.Title, l.About, false, "")
	c.Text("axis-title", "start", 2, 14, l.YTitle)
	for _, t := range ys {
		ty := top + h*(1-t.At)
		c.Line(class(t), left, ty, left+w, ty)
		if t.Label != "" {
			c.Text("soft", "end", left-7, ty+4, t.Label)
		}
	}
	free := 0.0
	for _, t := range l.X.Ticks(max(int(w/76), 3)) {
		tx := left + w*t.At
		c.Line(class(t), tx, top, tx, top+h)
		half := svg.Width(t.Label, 12) / 2
		if t.Label != "" && tx-half > free {
			c.Text("soft", "middle", min(tx, width-half*1.1-3), top+h+17, t.Label)
			free = tx + half + 6
		}
	}
	c.Text("axis-title", "middle", left+w/2, height-6, l.XTitle)
	c.Line("base", left, top+h, left+w, top+h)
	for _, r := range l.Rules {
		if r.X {
			c.Line("ref", x(r.At), top, x(r.At), top+h)
			c.Text("soft", "end", x(r.At)-4, top+12, r.Label)
		} else {
			c.Line("ref", left, y(r.At), left+w, y(r.At))
			c.Text("soft", "start", left+5, y(r.At)-5, r.Label)
		}
	}
	var names []label
	for _, s := range l.Series {
		c.Group("series " + s.Class)
		var points, upper, lower [][2]float64
		for _, p := range s.Points {
			points = append(points, [2]float64{x(p.X), y(p.Y)})
			if p.High > p.Low {
				upper = append(upper, [2]float64{x(p.X), y(p.High)})
				lower = append(lower, [2]float64{x(p.X), y(p.Low)})
			}
		}
		if len(upper) > 1 {
			for j := len(lower) - 1; j >= 0; j-- {
				upper = append(upper, lower[j])
			}
			c.Path("spread", svg.Polyline(upper)+"Z", "")
		}
		known := len(points)
		for j, p := range s.Points {
			if p.Least {
				known = j
				break
			}
		}
		if known > 0 {
			c.Path("line", svg.Polyline(points[:known]), "")
		}
		if known < len(points) {
			c.Path("line least", svg.Polyline(points[max(known-1, 0):]), "")
		}
		for j, p := range s.Points {
			if p.Tip == "" {
				continue
			}
			marker(&c, s.Mark, points[j][0], points[j][1])
			if p.Ring {
				c.Circle("ring", points[j][0], points[j][1], 8, "")
			}
			c.Circle("hit", points[j][0], points[j][1], 9, s.Name+": "+p.Tip)
		}
		c.End()
		if len(points) > 0 {
			last := points[len(points)-1]
			if last[0] > left+w*0.85 { // in a column, clear of the lines of others
				last[0] = left + w
			}
			names = append(names, label{s.Name, s.Class, last[0], last[1]})
		}
	}
	if ends {
		spread(names, 14, top+4, top+h)
		for _, n := range names {
			c.Group("series " + n.class)
			c.Text("name", "start", n.x+8, n.y+4, n.text)
			c.End()
		}
	}
	c.Close()
	return c.String()
}

// marker draws the i-th shape.
func marker(c *svg.Canvas, i int, x, y float64) {
	switch i % 4 {
	case 0:
		c.Circle("dot", x, y, 3.6, "")
	case 1:
		c.Rect("dot", x-3.2, y-3.2, 6.4, 6.4, 0, "")
	case 2:
		c.Path("dot", fmt.Sprintf("M%.1f %.1fl4 7.2h-8z", x, y-4.4), "")
	case 3:
		c.Path("dot", fmt.Sprintf("M%.1f %.1fl4.4 4.4l-4.4 4.4l-4.4 -4.4z", x, y-4.4), "")
	}
}

type label struct {
	text, class string
	x, y        float64
}

// spread moves labels apart until each has room, within top and bottom.
func spread(l []label, room, top, bottom float64) {
	sort.SliceStable(l, func(i, j int) bool { return l[i].y < l[j].y })
	limit := top
	for i := range l {
		l[i].y = max(l[i].y, limit)
		limit = l[i].y + room
	}
	limit = bottom
	for i := len(l) - 1; i >= 0; i-- {
		l[i].y = min(l[i].y, limit)
		limit = l[i].y - room
	}
}

func class(t axis.Tick) string {
	if t.Label == "" {
		return "minor"
	}
	return "grid"
}

func clamp(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, -0.02), 1.02)
}

// Swatch is the inside of a 34 by 12 picture of a line with the i-th shape, for a legend.
func Swatch(i int) string {
	var c svg.Canvas
	c.Path("line", "M1 6H33", "")
	marker(&c, i, 17, 6)
	return c.String()
}
