// Package svg writes the few shapes that charts are made of. Colours are left to classes, so that the
// page around a picture decides them for light, dark and paper.
package svg

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Canvas collects shapes. Coordinates are in pixels from the top left corner.
type Canvas struct {
	b strings.Builder
}

// Open starts the picture: its size, the class of the whole, and what it shows in words, for those who
// cannot see it. standalone makes it a file of its own, with style as its only source of colour.
func (c *Canvas) Open(width, height float64, class, title, about string, standalone bool, style string) {
	ns := ""
	if standalone {
		ns = ` xmlns="http://www.w3.org/2000/svg"`
	}
	fmt.Fprintf(&c.b, `<svg%s class="%s" viewBox="0 0 %s %s" width="%s" height="%s" role="img" aria-label="%s">`,
		ns, class, num(width), num(height), num(width), num(height), html.EscapeString(strings.TrimSpace(title+". "+about)))
	if standalone {
		fmt.Fprintf(&c.b, "<title>%s</title><style>%s</style>", html.EscapeString(title), style)
	}
	c.b.WriteByte('\n')
}

// Close ends the picture.
func (c *Canvas) Close() { c.b.WriteString("</svg>\n") }

// Group starts a group that End ends. extra are further attributes, written as they are.
func (c *Canvas) Group(class string, extra ...string) {
	fmt.Fprintf(&c.b, `<g class="%s"`, class)
	for _, e := range extra {
		c.b.WriteString(" " + e)
	}
	c.b.WriteByte('>')
}

// End ends the innermost group.
func (c *Canvas) End() { c.b.WriteString("</g>\n") }

// Line draws a straight line.
func (c *Canvas) Line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

// Rect draws a rectangle; tip is shown to who points at it.
func (c *Canvas) Rect(class string, x, y, w, h, round float64, tip string) {
	fmt.Fprintf(&c.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"`, class, num(x), num(y), num(max(w, 0)), num(max(h, 0)))
	if round > 0 {
		fmt.Fprintf(&c.b, ` rx="%s"`, num(round))
	}
	c.tip("rect", tip)
}

// Path draws a path from its SVG commands.
func (c *Canvas) Path(class, d, tip string) {
	fmt.Fprintf(&c.b, `<path class="%s" d="%s"`, class, d)
	c.tip("path", tip)
}

// Circle draws a circle.
func (c *Canvas) Circle(class string, x, y, r float64, tip string) {
	fmt.Fprintf(&c.b, `<circle class="%s" cx="%s" cy="%s" r="%s"`, class, num(x), num(y), num(r))
	c.tip("circle", tip)
}

// Text writes s; anchor is start, middle or end.
func (c *Canvas) Text(class, anchor string, x, y float64, s string) {
	fmt.Fprintf(&c.b, `<text class="%s" x="%s" y="%s" text-anchor="%s">%s</text>`, class, num(x), num(y), anchor, html.EscapeString(s))
}

func (c *Canvas) tip(tag, tip string) {
	if tip == "" {
		c.b.WriteString("/>")
		return
	}
	fmt.Fprintf(&c.b, "><title>%s</title></%s>", html.EscapeString(tip), tag)
}

// String returns what was drawn.
func (c *Canvas) String() string { return c.b.String() }

// Polyline is the path through points.
func Polyline(points [][2]float64) string {
	var b strings.Builder
	for i, p := range points {
		b.WriteByte("ML"[min(i, 1)])
		b.WriteString(num(p[0]) + " " + num(p[1]))
	}
	return b.String()
}

// Width estimates how wide s is at a font size, for margins.
func Width(s string, size float64) float64 {
	w := 0.0
	for _, r := range s {
		switch {
		case strings.ContainsRune("iljt.,:;'|! ()[]", r):
			w += 0.34
		case r >= 'A' && r <= 'Z' || r == 'm' || r == 'w' || r == '%' || r == 'µ':
			w += 0.72
		default:
			w += 0.58
		}
	}
	return w * size
}

// num writes a coordinate to a tenth of a pixel.
func num(v float64) string {
	return strconv.FormatFloat(math.Round(v*10)/10, 'f', -1, 64)
}
