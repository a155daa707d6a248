// Package chart draws lines and intervals as SVG that takes the width its page has. A chart is told everything,
// positions and words alike; it works out nothing but where things stand. Colours are classes ("s-epoll") whose values
// the page sets, so that dark mode, print and choosing series need no second drawing.
package chart

import (
	"cmp"
	"math"
	"slices"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/svg"
)

// Series is one line.
type Series struct {
	Name   string
	Class  string // sets --c and the dash of .line
	Mark   int    // which shape its marks have; the same as that of its Swatch
	Hidden bool   // the page does not show it at first, so that its name need not keep clear of the names of others
	Points []Point
}

// Point is one place on a line. Low and High are its interval, both 0 where there is none.
type Point struct {
	X, Y, Low, High float64
	Tip             string // "": part of the line, not marked
	Ring            bool   // the mark is ringed: the explanation says what that means
	Least           bool   // the value is at least this: the line is dotted from here
	Gap             bool   // nothing is known between the point before and this one: no line joins them
}

// Lines is a chart of lines.
type Lines struct {
	Title          string
	X, Y           axis.Axis
	XTitle, YTitle string
	Series         []Series
}

// HTML draws the chart for a page that includes Style.
func (l Lines) HTML() string {
	const height = 310.0 // on a desk; Style makes it 190 on a telephone
	ys := l.Y.Ticks(6)
	m := margins{deskLeft: 40, deskRight: 14, phoneRight: 14}
	for _, t := range ys {
		m.deskLeft = max(m.deskLeft, svg.Width(t.Label, 13)+10)
	}
	m.phoneLeft = m.deskLeft
	for _, s := range l.Series {
		m.deskRight = max(m.deskRight, svg.Width(clip(s.Name, endRoom), nameSize)+22)
	}
	for _, t := range l.X.Ticks(10) {
		if t.At > 0.9 { // its label is centred below the end of the axis
			m.phoneRight = max(m.phoneRight, svg.Width(t.Label, 12)/2+2)
		}
	}
	x := func(v float64) float64 { return clamp(l.X.At(v)) }
	y := func(v float64) float64 { return 1 - clamp(l.Y.At(v)) }

	var c svg.Canvas
	c.Fluid(height, "chart lines", l.Title, aside, m.style())
	c.Text("soft edge", "start", 0, -12, l.YTitle)
	c.Stretch(across, across)
	for _, t := range ys {
		c.Line(class(t), 0, across*(1-t.At), across, across*(1-t.At))
	}
	c.Line("base", 0, across, across, across)
	c.EndPart()
	for _, t := range ys {
		if t.Label != "" {
			c.At(0, 1-t.At)
			c.Text("soft", "end", -7, 4, t.Label)
			c.EndPart()
		}
	}
	axisBelow(&c, l.X, m, across, l.XTitle)
	var shown, hidden []label
	for _, s := range l.Series {
		drawSeries(&c, s, x, y)
		if n := len(s.Points); n > 0 {
			width := desk - m.deskLeft - m.deskRight
			last := label{text: clip(s.Name, endRoom), class: s.Class, x: width * x(s.Points[n-1].X), end: height * y(s.Points[n-1].Y)}
			last.y = last.end
			if last.x > width*0.85 { // in a column, clear of the lines of others
				last.x = width
			}
			last.share = last.x / width
			if s.Hidden {
				hidden = append(hidden, last)
			} else {
				shown = append(shown, last)
			}
		}
	}
	apart(shown, 14, 4, height)
	apart(hidden, 14, 4, height)
	for _, n := range append(shown, hidden...) {
		c.Group("roomy series " + n.class)
		c.At(n.share, n.end/height)
		if math.Abs(n.y-n.end) > 5 { // moved aside: a line leads to where it belongs
			c.Path("leader", svg.Polyline([][2]float64{{4, 0}, {11, n.y - n.end}}), "")
		}
		c.Text("name", "start", 13, n.y-n.end+4, n.text)
		c.EndPart()
		c.End()
	}
	c.Close()
	return c.String()
}

// endRoom is the width that a name beside the end of its line may take, in pixels.
const endRoom = 200

// drawSeries draws a line and its marks. A mark is easier to point at than it is large.
func drawSeries(c *svg.Canvas, s Series, x, y func(float64) float64) {
	c.Group("series " + s.Class)
	defer c.End()
	c.Stretch(across, across)
	for _, run := range s.runs() {
		drawRun(c, run, x, y)
	}
	c.EndPart()
	for _, p := range s.Points {
		if p.Tip == "" {
			continue
		}
		c.At(x(p.X), y(p.Y))
		marker(c, s.Mark)
		if p.Ring {
			c.Circle("ring", 0, 0, 8, "")
		}
		c.Circle("hit", 0, 0, 9, s.Name+": "+p.Tip)
		c.EndPart()
	}
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

// drawRun draws a line without gaps: its intervals as an area, and the line itself, which is dotted from the first
// value that is a lower bound.
func drawRun(c *svg.Canvas, run []Point, x, y func(float64) float64) {
	var points, upper, lower [][2]float64
	known := len(run)
	for i, p := range run {
		points = append(points, [2]float64{across * x(p.X), across * y(p.Y)})
		if p.High > p.Low {
			upper = append(upper, [2]float64{across * x(p.X), across * y(p.High)})
			lower = append(lower, [2]float64{across * x(p.X), across * y(p.Low)})
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

// marker draws the i-th shape around the origin.
func marker(c *svg.Canvas, i int) {
	switch i % 4 {
	case 0:
		c.Circle("dot", 0, 0, 3.6, "")
	case 1:
		c.Rect("dot", -3.2, -3.2, 6.4, 6.4, "")
	case 2:
		c.Path("dot", "M0 -4.4l4 7.2h-8z", "")
	case 3:
		c.Path("dot", "M0 -4.4l4.4 4.4l-4.4 4.4l-4.4 -4.4z", "")
	}
}

// label is the name beside the end of a line, in pixels of a chart on a desk.
type label struct {
	text, class string
	x, y        float64
	share       float64 // x as a share of the width
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

// Swatch is the inside of a 34 by 12 picture of a line with the i-th shape, for a legend.
func Swatch(i int) string {
	var c svg.Canvas
	c.Path("line", "M1 6H33", "")
	c.Moved(17, 6)
	marker(&c, i)
	c.End()
	return c.String()
}
