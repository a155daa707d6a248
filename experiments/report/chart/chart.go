// Package chart draws lines and intervals as SVG. A chart is told everything, positions and words
// alike; it works out nothing but where things stand. Colours are classes ("s-epoll") whose values the
// page sets, so that dark mode, print and choosing series need no second drawing.
package chart

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/palette"
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
.chart .spread{fill:var(--c);opacity:.1;stroke:none}.chart .leader{stroke:var(--c);stroke-width:1;opacity:.7;fill:none}
.chart .dot{fill:var(--c);stroke:var(--paper);stroke-width:1}
.chart .ring{fill:none;stroke:var(--c);stroke-width:1.6}
.chart .hit{fill:transparent;stroke:none}
.chart .bar{fill:var(--c);opacity:.82}.chart .bar.least{opacity:.35}
.chart .whisker{stroke:var(--ink);stroke-width:1.5;fill:none}
.chart .name{font-weight:600;fill:` + palette.Text + `}.chart .row{font-weight:600}
.chart .value{font-variant-numeric:tabular-nums}
.lines .name{paint-order:stroke;stroke:var(--paper);stroke-width:3px;stroke-linejoin:round}
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
	Gap             bool   // nothing is known between the point before and this one: no line joins them
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
			right = max(right, svg.Width(s.Name, 13.5)+22)
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
		for _, run := range s.runs() {
			drawRun(&c, run, x, y)
		}
		for _, p := range s.Points {
			if p.Tip == "" {
				continue
			}
			px, py := x(p.X), y(p.Y)
			marker(&c, s.Mark, px, py)
			if p.Ring {
				c.Circle("ring", px, py, 8, "")
			}
			c.Circle("hit", px, py, 9, s.Name+": "+p.Tip)
		}
		c.End()
		if n := len(s.Points); n > 0 {
			last := label{text: s.Name, class: s.Class, x: x(s.Points[n-1].X), end: y(s.Points[n-1].Y)}
			last.y = last.end
			if last.x > left+w*0.85 { // in a column, clear of the lines of others
				last.x = left + w
			}
			names = append(names, last)
		}
	}
	if ends {
		apart(names, 14, top+4, top+h)
		for _, n := range names {
			c.Group("series " + n.class)
			if math.Abs(n.y-n.end) > 5 { // moved aside: a line leads to where it belongs
				c.Path("leader", svg.Polyline([][2]float64{{n.x + 4, n.end}, {n.x + 11, n.y}}), "")
			}
			c.Text("name", "start", n.x+13, n.y+4, n.text)
			c.End()
		}
	}
	c.Close()
	return c.String()
}

// runs cuts the line at its gaps.
func (s Series) runs() (runs [][]Point) {
	from := 0
	for i := range s.Points {
		if i > from && s.Points[i].Gap {
			runs, from = append(runs, s.Points[from:i]), i
		}
	}
	return append(runs, s.Points[from:])
}

// drawRun draws a line without gaps: its intervals as an area, and itself, dotted from the first value on
// that is a lower bound.
func drawRun(c *svg.Canvas, run []Point, x, y func(float64) float64) {
	var points, upper, lower [][2]float64
	known := len(run)
	for i, p := range run {
		points = append(points, [2]float64{x(p.X), y(p.Y)})
		if p.High > p.Low {
			upper = append(upper, [2]float64{x(p.X), y(p.High)})
			lower = append(lower, [2]float64{x(p.X), y(p.Low)})
		}
		if p.Least {
			known = min(known, i)
		}
	}
	if len(upper) > 1 {
		slices.Reverse(lower)
		c.Path("spread", svg.Polyline(append(upper, lower...))+"Z", "")
	}
	if known > 0 {
		c.Path("line", svg.Polyline(points[:known]), "")
	}
	if known < len(points) {
		c.Path("line least", svg.Polyline(points[max(known-1, 0):]), "")
	}
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
	end         float64 // y of the end of its line
}

// apart moves labels that would cover each other until each has room, within top and bottom.
func apart(l []label, room, top, bottom float64) {
	const wide = 90 // labels that begin so far from each other do not meet
	slices.SortStableFunc(l, func(a, b label) int { return cmp.Compare(a.x, b.x) })
	for from := 0; from < len(l); {
		to := from + 1
		for to < len(l) && l[to].x-l[to-1].x < wide {
			to++
		}
		column(l[from:to], room, top, bottom)
		from = to
	}
}

// column moves labels apart that stand below each other.
func column(l []label, room, top, bottom float64) {
	slices.SortStableFunc(l, func(a, b label) int { return cmp.Compare(a.y, b.y) })
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

// clamp keeps a place on its axis.
func clamp(v float64) float64 {
	if math.IsNaN(v) {
		return 0
	}
	return min(max(v, 0), 1)
}

// Swatch is the inside of a 34 by 12 picture of a line with the i-th shape, for a legend.
func Swatch(i int) string {
	var c svg.Canvas
	c.Path("line", "M1 6H33", "")
	marker(&c, i, 17, 6)
	return c.String()
}
