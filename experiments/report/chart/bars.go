package chart

import (
	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/svg"
)

// Bars is a chart of values with their intervals, a row each: bars from zero, or dots for ratios.
type Bars struct {
	Title  string
	X      axis.Axis
	XTitle string
	Ratios bool // the values are ratios: dots, on an axis that need not start at zero, with a line at 1
	Groups []Group
	Band   *Band // of noise: a difference within it means nothing
}

// Group is a number of rows under a heading. An empty heading takes no room.
type Group struct {
	Name string
	Band *Band // of this group alone
	Rows []Row
}

// Band is a range of values that is shaded.
type Band struct {
	Low, High float64
	Label     string
}

// Row is one value.
type Row struct {
	Name      string
	Class     string // sets --c
	Value     float64
	Low, High float64 // its interval; both 0: none. An end beyond the axis is drawn as an arrow
	Text      string  // the value in words, behind the bar
	Short     string  // Text for a telephone; "": the same
	Tip       string
	Least     bool // the value is a lower bound: drawn paler
	Absent    bool // there is no value, and Text says why
}

// rowHeight, headHeight: of a row and of a group's heading, in pixels.
const (
	rowHeight  = 26.0
	headHeight = 24.0
)

// HTML draws the chart for a page that includes Style.
func (b Bars) HTML() string {
	m := margins{60, 60, 60, 60}
	height := 0.0
	for _, g := range b.Groups {
		height += g.height()
		for _, r := range g.Rows {
			m.deskLeft, m.phoneLeft = max(m.deskLeft, svg.Width(r.Name, nameSize)+14), max(m.phoneLeft, svg.Width(r.Name, nameSize)+14)
			m.deskRight, m.phoneRight = max(m.deskRight, svg.Width(r.Text, 12)+14), max(m.phoneRight, svg.Width(r.short(), 12)+14)
		}
	}
	m.deskLeft, m.phoneLeft = min(m.deskLeft, desk*0.34), min(m.phoneLeft, phone*0.34)
	m.deskRight, m.phoneRight = min(m.deskRight, desk*0.36), min(m.phoneRight, phone*0.4)
	x := func(v float64) float64 { return clamp(b.X.At(v)) }

	var c svg.Canvas
	c.Fluid(height, "chart bars", b.Title, aside, m.style())
	c.Stretch(across, height)
	band := func(n *Band, y, h float64) {
		if n != nil && h > 0 {
			c.Rect("band", across*x(n.Low), y, across*max(x(n.High)-x(n.Low), 0.003), h, n.Label)
		}
	}
	band(b.Band, 0, height)
	y := 0.0
	for _, g := range b.Groups {
		y += g.height()
		rows := float64(len(g.Rows)) * rowHeight
		band(g.Band, y-rows+2, rows-4)
	}
	c.EndPart()
	if b.Band != nil && b.Band.Label != "" {
		c.Text("soft edge", "start", 0, -10, b.Band.Label)
	}
	axisBelow(&c, b.X, m, height, b.XTitle)
	if b.Ratios {
		c.Stretch(across, height)
		c.Line("ref", across*x(1), 0, across*x(1), height)
		c.EndPart()
	}
	y = 0
	for _, g := range b.Groups {
		if g.Name != "" {
			y += headHeight
			c.Text("row edge", "start", 0, y-7, g.Name)
		}
		c.Line("base", 0, y, 0, y+float64(len(g.Rows))*rowHeight)
		for _, r := range g.Rows {
			b.row(&c, r, y+rowHeight/2, height, m, x)
			y += rowHeight
		}
	}
	c.Close()
	return c.String()
}

// height is that of a group with its heading.
func (g Group) height() float64 {
	h := float64(len(g.Rows)) * rowHeight
	if g.Name != "" {
		h += headHeight
	}
	return h
}

// short is what stands behind the row on a telephone.
func (r Row) short() string {
	if r.Short != "" {
		return r.Short
	}
	return r.Text
}

func (b Bars) row(c *svg.Canvas, r Row, mid, height float64, m margins, x func(float64) float64) {
	c.Group("series-row " + r.Class)
	defer c.End()
	text(c, "name", "end", -8, mid+4, clip(r.Name, m.deskLeft-10), clip(r.Name, m.phoneLeft-10))
	end := 0.0
	if !r.Absent {
		end = x(r.Value)
		c.Stretch(across, height)
		if !b.Ratios {
			kind := "bar"
			if r.Least {
				kind = "bar least"
			}
			c.Rect(kind, 0, mid-8, across*end, 16, r.Tip)
		}
		if r.High > r.Low {
			c.Path("whisker", svg.Polyline([][2]float64{{across * x(r.Low), mid}, {across * x(r.High), mid}}), r.Tip)
		}
		c.EndPart()
		if r.High > r.Low {
			whiskerEnd(c, x(r.Low), mid/height, r.Low < b.X.Min, 4)
			whiskerEnd(c, x(r.High), mid/height, r.High > b.X.Max, -4)
		}
		if b.Ratios {
			c.At(end, mid/height)
			c.Circle("dot", 0, 0, 5, r.Tip)
			c.EndPart()
		}
		if r.High > r.Low {
			end = max(end, x(r.High))
		}
	}
	if b.Ratios { // words in a column of their own, clear of the band and the dots
		end = 1
	}
	c.At(end, mid/height)
	text(c, "value", "start", 8, 4, r.Text, r.short())
	c.EndPart()
}

// whiskerEnd ends a whisker with a bar, or with an arrow where it continues beyond the axis. The barbs of the arrow point
// back by so many pixels.
func whiskerEnd(c *svg.Canvas, x, y float64, goesOn bool, back float64) {
	if !goesOn {
		back = 0
	}
	c.At(x, y)
	c.Path("whisker", svg.Polyline([][2]float64{{back, -4}, {0, 0}, {back, 4}}), "")
	c.EndPart()
}
