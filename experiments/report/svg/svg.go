// Package svg writes the few shapes that charts are made of. Colours are left to classes, so that the
// page around a picture decides them for light, dark and paper.
//
// A picture has its own proportions ([Canvas.Open]) or takes the width that its page has ([Canvas.Fluid]). In the
// second form lines and areas are drawn in a part that stretches ([Canvas.Stretch]), and words and marks, which keep
// their size, stand at shares of the width and the height ([Canvas.At]).
package svg

import (
	"fmt"
	"html"
	"math"
	"strconv"
	"strings"
)

// Canvas collects shapes. Coordinates are in pixels from the top left corner, unless a method says otherwise.
type Canvas struct {
	// Chinese, if it is set, translates tips and descriptions, which are then written beside the English, as data-zh: a title has no
	// room for two languages, so a script of the page puts the one in the place of the other.
	Chinese func(english string) string

	b   strings.Builder
	end string // of the whole picture
}

// Open starts a picture of fixed proportions: its size, the class of the whole, and in words what it shows, for
// readers who cannot see it. A picture with a style is a file of its own, and takes its colours from that style.
func (c *Canvas) Open(width, height float64, class, title, about, style string) {
	fmt.Fprintf(&c.b, `<svg class="%s" viewBox="0 0 %s %s" role="img" aria-label="%s"%s`, class, num(width), num(height), described(title, about), c.inChinese(title, about))
	if style != "" {
		fmt.Fprintf(&c.b, ` xmlns="http://www.w3.org/2000/svg" width="%s" height="%s"><title>%s</title><style>%s</style`,
			num(width), num(height), html.EscapeString(title), style)
	}
	c.b.WriteString(">\n")
	c.end = "</svg>\n"
}

// Fluid starts a picture that is as wide as its page has room for and height pixels high. It stands in a box with the
// given class and style, whose padding is the room for what is written beside the picture.
func (c *Canvas) Fluid(height float64, class, title, about, style string) {
	fmt.Fprintf(&c.b, `<div class="%s" role="img" aria-label="%s" style="%s"><svg height="%s">`+"\n",
		class, described(title, about), style, num(height))
	c.end = "</svg></div>\n"
}

func described(title, about string) string {
	return html.EscapeString(strings.TrimSpace(title + ". " + about))
}

// inChinese is an attribute with a description in Chinese; "" where there is none.
func (c *Canvas) inChinese(title, about string) string {
	if c.Chinese == nil {
		return ""
	}
	text := c.Chinese(title)
	if about != "" {
		text += "。" + c.Chinese(about)
	}
	return ` data-zh="` + html.EscapeString(text) + `"`
}

// Close ends the picture.
func (c *Canvas) Close() { c.b.WriteString(c.end) }

// Stretch starts a part that fills the whole picture. Its coordinates run from 0 to width and from 0 to height,
// whatever the size on the screen; the page's style keeps strokes from being stretched as well.
func (c *Canvas) Stretch(width, height float64) {
	fmt.Fprintf(&c.b, `<svg class="stretch" width="100%%" height="100%%" viewBox="0 0 %s %s" preserveAspectRatio="none">`, num(width), num(height))
}

// At starts a part whose origin lies at a share of the picture's width and height. Its coordinates are pixels.
func (c *Canvas) At(x, y float64) {
	fmt.Fprintf(&c.b, `<svg x="%s%%" y="%s%%">`, hundredths(x*100), hundredths(y*100))
}

// EndPart ends the innermost part that Stretch or At began.
func (c *Canvas) EndPart() { c.b.WriteString("</svg>") }

// Group starts a group that End ends.
func (c *Canvas) Group(class string) { fmt.Fprintf(&c.b, `<g class="%s">`, class) }

// Moved starts a group that End ends, moved to the right and down.
func (c *Canvas) Moved(x, y float64) {
	fmt.Fprintf(&c.b, `<g transform="translate(%s %s)">`, num(x), num(y))
}

// End ends the innermost group.
func (c *Canvas) End() { c.b.WriteString("</g>\n") }

// Line draws a straight line.
func (c *Canvas) Line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(&c.b, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

// Rect draws a rectangle. The tip is shown to a reader who points at it.
func (c *Canvas) Rect(class string, x, y, w, h float64, tip string) {
	fmt.Fprintf(&c.b, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"`, class, num(x), num(y), num(max(w, 0)), num(max(h, 0)))
	c.tip("rect", tip)
}

// Dashes draws pieces of one horizontal line, each from its start to its end, in rising order. It takes far fewer bytes
// than a rectangle for each piece.
func (c *Canvas) Dashes(class string, y, thick float64, pieces [][2]float64) {
	fmt.Fprintf(&c.b, `<path class="%s" style="stroke-width:%s" d="`, class, num(thick))
	at := 0.0 // as written: rounding must not add up
	for i, p := range pieces {
		from, length := tenths(p[0]), max(tenths(p[1]-p[0]), 0.1)
		if i == 0 {
			fmt.Fprintf(&c.b, "M%s %s", num(from), num(y))
		} else {
			fmt.Fprintf(&c.b, "m%s 0", num(from-at))
		}
		fmt.Fprintf(&c.b, "h%s", num(length))
		at = from + length
	}
	c.b.WriteString(`"/>`)
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
	fmt.Fprintf(&c.b, "><title%s>%s</title></%s>", c.inChinese(tip, ""), html.EscapeString(tip), tag)
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

func tenths(v float64) float64 { return math.Round(v*10) / 10 }

// num writes a coordinate to a tenth of a pixel.
func num(v float64) string { return strconv.FormatFloat(tenths(v), 'f', -1, 64) }

// hundredths writes a percentage: a hundredth of one is a tenth of a pixel in a picture 1,000 pixels wide.
func hundredths(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }
