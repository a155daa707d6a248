package chart

import (
	_ "embed"
	"fmt"
	"math"
	"slices"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/svg"
)

// Style is the CSS of charts, on top of palette.CSS. A page includes it once. It makes one drawing fit a desk and a
// telephone: the box around a chart is padded by what is written beside it, which takes less room where names are
// left to the legend ("roomy" is shown on a desk only) or shortened ("tight", on a telephone only).
//
//go:embed chart.css
var Style string

// The narrowest pictures that Style takes for one on a desk and for one on a telephone, in pixels. A chart takes any
// width; its labels are chosen for these two.
const (
	desk  = 640
	phone = 320
)

// aside is what a reader who cannot see a chart is told after its title.
const aside = "A table with the same figures follows."

// across is how many units wide a stretched part is.
const across = 1000

// margins are the rooms beside a chart, in pixels.
type margins struct{ deskLeft, deskRight, phoneLeft, phoneRight float64 }

func (m margins) style() string {
	return fmt.Sprintf("--desk-left:%.0fpx;--desk-right:%.0fpx;--phone-left:%.0fpx;--phone-right:%.0fpx",
		m.deskLeft, m.deskRight, m.phoneLeft, m.phoneRight)
}

// axisBelow draws the axis across: its lines in a stretched part of the given height, then its labels and its title.
// Of labels that would run into each other, the first stays.
func axisBelow(c *svg.Canvas, a axis.Axis, m margins, height float64, title string) {
	deskWidth, phoneWidth := desk-m.deskLeft-m.deskRight, phone-m.phoneLeft-m.phoneRight
	ticks := a.Ticks(max(int(deskWidth/76), 3))
	c.Stretch(across, height)
	for _, t := range ticks {
		c.Line(class(t), across*t.At, 0, across*t.At, height)
	}
	c.EndPart()
	few := common(ticks, a.Ticks(max(int(phoneWidth/60), 3)))
	deskFree, phoneFree := math.Inf(-1), math.Inf(-1)
	for _, t := range ticks {
		half := svg.Width(t.Label, 12) / 2
		if t.Label == "" || t.At*deskWidth-half < deskFree {
			continue
		}
		deskFree = t.At*deskWidth + half + 6
		kind := "soft roomy"
		if slices.Contains(few, t.Label) && t.At*phoneWidth-half >= phoneFree {
			kind, phoneFree = "soft", t.At*phoneWidth+half+6
		}
		c.At(t.At, 1)
		c.Text(kind, "middle", 0, 17, t.Label)
		c.EndPart()
	}
	c.At(0.5, 1)
	c.Text("soft", "middle", 0, 38, title)
	c.EndPart()
}

// common are the labels that both lists of ticks have, or all of the first list if they share fewer than three.
func common(all, few []axis.Tick) (labels []string) {
	var every []string
	for _, t := range all {
		if t.Label == "" {
			continue
		}
		every = append(every, t.Label)
		if slices.ContainsFunc(few, func(f axis.Tick) bool { return f.Label == t.Label }) {
			labels = append(labels, t.Label)
		}
	}
	if len(labels) < 3 {
		return every
	}
	return labels
}

// text writes s on a desk and short on a telephone.
func text(c *svg.Canvas, class, anchor string, x, y float64, s, short string) {
	if s == short {
		c.Text(class, anchor, x, y, s)
		return
	}
	c.Text(class+" roomy", anchor, x, y, s)
	c.Text(class+" tight", anchor, x, y, short)
}

// clip shortens a name to the width that it has, in pixels.
func clip(s string, width float64) string {
	if svg.Width(s, nameSize) <= width {
		return s
	}
	r := []rune(s)
	for len(r) > 1 && svg.Width(string(r)+"…", nameSize) > width {
		r = r[:len(r)-1]
	}
	return string(r) + "…"
}

// nameSize is the font size for which the width of a bold name is estimated: bold letters are wider.
const nameSize = 13.5

// class is that of a tick's line.
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
