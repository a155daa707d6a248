package chart

import (
	"slices"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/svg"
)

// Bars is a chart of values with their intervals, a row each: bars from zero, or, with Dots, dots on an
// axis that need not start there.
type Bars struct {
	Title, About string
	X            axis.Axis
	XTitle       string
	Dots         bool
	Groups       []Group
	Band         *Band // of noise: what lies in it is no difference
	Ref          float64
	HasRef       bool // Ref is drawn
}

// Group is some rows under a heading; an empty heading takes no room.
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
	Low, High float64 // its interval; both 0: none. What lies beyond the axis is drawn as an arrow
	Text      string  // the value in words, behind the bar
	Short     string  // of Text, where there is little room; "": Text
	Tip       string
	Least     bool // the value is a lower bound: drawn paler
	Absent    bool // there is no value: Text says why
}

// SVG draws the chart, width pixels wide.
func (b Bars) SVG(width float64) string {
	const row, head, bottom = 26.0, 24.0, 40.0
	left, right := 60.0, 60.0
	rows, heads := 0, 0
	b.Groups = slices.Clone(b.Groups)
	for i := range b.Groups {
		b.Groups[i].Rows = slices.Clone(b.Groups[i].Rows)
		g := b.Groups[i]
		rows += len(g.Rows)
		if g.Name != "" {
			heads++
		}
		for i := range g.Rows {
			r := &g.Rows[i]
			if width < roomy && r.Short != "" {
				r.Text = r.Short
			}
			left, right = max(left, svg.Width(r.Name, 13.5)+14), max(right, svg.Width(r.Text, 12)+14)
		}
	}
	left, right = min(left, width*0.34), min(right, width*0.36)
	top := 8.0
	if b.Band != nil && b.Band.Label != "" {
		top = 22
	}
	inner := float64(rows)*row + float64(heads)*head
	height := top + inner + bottom
	w := width - left - right
	x := func(v float64) float64 { return left + w*clamp(b.X.At(v)) }

	var c svg.Canvas
	c.Open(width, height, "chart bars", b.Title, b.About, false, "")
	band := func(n *Band, y, h float64) {
		c.Rect("band", x(n.Low), y, max(x(n.High)-x(n.Low), 1.5), h, 0, n.Label)
	}
	if b.Band != nil {
		band(b.Band, top, inner)
		if b.Band.Label != "" {
			middle := (x(b.Band.Low) + x(b.Band.High)) / 2
			half := svg.Width(b.Band.Label, 12) / 2
			c.Text("soft", "middle", min(max(middle, half+2), width-half-2), top-8, b.Band.Label)
		}
	}
	y := top
	for _, g := range b.Groups {
		if g.Name != "" {
			y += head
		}
		if h := float64(len(g.Rows)) * row; g.Band != nil && h > 0 {
			band(g.Band, y+2, h-4)
		}
		y += float64(len(g.Rows)) * row
	}
	free := 0.0
	for _, t := range b.X.Ticks(max(int(w/80), 3)) {
		tx := left + w*t.At
		c.Line(class(t), tx, top, tx, top+inner)
		half := svg.Width(t.Label, 12) / 2
		if t.Label != "" && tx-half > free {
			c.Text("soft", "middle", tx, top+inner+17, t.Label)
			free = tx + half + 8
		}
	}
	if b.HasRef {
		c.Line("ref", x(b.Ref), top, x(b.Ref), top+inner)
	}
	c.Text("axis-title", "middle", left+w/2, height-4, b.XTitle)
	y = top
	for _, g := range b.Groups {
		if g.Name != "" {
			c.Text("row", "start", 2, y+head-7, g.Name)
			y += head
		}
		c.Line("base", left, y, left, y+float64(len(g.Rows))*row)
		for _, r := range g.Rows {
			b.row(&c, r, y+row/2, left, left+w, x)
			y += row
		}
	}
	c.Close()
	return c.String()
}

func (b Bars) row(c *svg.Canvas, r Row, mid, left, right float64, x func(float64) float64) {
	c.Group("series-row " + r.Class)
	defer c.End()
	c.Text("name", "end", left-8, mid+4, r.Name)
	end := left
	if !r.Absent {
		end = x(r.Value)
		if b.Dots {
			c.Circle("dot", end, mid, 5, r.Tip)
		} else {
			kind := "bar"
			if r.Least {
				kind = "bar least"
			}
			c.Rect(kind, left, mid-8, end-left, 16, 1.5, r.Tip)
		}
		if r.High > r.Low {
			lo, hi := x(r.Low), x(r.High)
			c.Path("whisker", svg.Polyline([][2]float64{{lo, mid}, {hi, mid}}), r.Tip)
			whiskerEnd(c, lo, mid, r.Low < b.X.Min, 4)
			whiskerEnd(c, hi, mid, r.High > b.X.Max, -4)
			end = max(end, hi)
		}
		end += 2
	}
	if b.Dots { // words in a column of their own, clear of the band and the dots
		end = right
	}
	c.Text("value", "start", end+6, mid+4, r.Text)
}

// whiskerEnd ends a whisker with a bar, or, where it goes on beyond the axis, with an arrow; back is the way
// that its barbs point.
func whiskerEnd(c *svg.Canvas, x, mid float64, goesOn bool, back float64) {
	if !goesOn {
		back = 0
	}
	c.Path("whisker", svg.Polyline([][2]float64{{x + back, mid - 4}, {x, mid}, {x + back, mid + 4}}), "")
}
