package lanes

import (
	_ "embed"
	"strings"
	"time"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/palette"
	"socketbench/experiments/report/svg"
	"socketbench/experiments/report/wrap"
)

var (
	// shapeStyle is the CSS of a picture, on top of palette.CSS. A span that is too short to point at is a dash, and all
	// dashes of a kind on a lane are one shape.
	//go:embed shapes.css
	shapeStyle string
	//go:embed page.css
	pageStyle string
)

// PageStyle is the CSS of pictures in a page, on top of palette.CSS.
func PageStyle() string { return shapeStyle + pageStyle }

// SVG writes the picture as a file of its own, with colours, margins, a heading and the legend. So many panels stand
// beside one another.
func (p Picture) SVG(columns int) string {
	const width, laneHeight = 1200, 24
	columns = min(max(columns, 1), max(len(p.Panels), 1))
	d := newDrawing(p, (width-gap*float64(columns-1))/float64(columns), laneHeight)
	p = p.Titled(int(d.column / titleLetter))
	total := 0.0
	tops := make([]float64, len(p.Panels))
	for row := 0; row < len(p.Panels); row += columns {
		high := 0.0
		for i := row; i < min(row+columns, len(p.Panels)); i++ {
			tops[i], high = total, max(high, d.height(p.Panels[i]))
		}
		total += high
	}
	legend, legendHeight := p.legend(width)
	title := wrap.Words(p.Title+": "+p.About, width/titleLetter)
	heading := heading + headingLine*float64(len(title)-1)
	d.c.Open(width+2*margin, heading+total+legendHeight+8+margin, "lanes", p.Title, p.About, palette.CSS()+"svg{background:var(--paper)}\n"+shapeStyle)
	for i, line := range title {
		d.c.Text("heading", "start", margin, margin+14+headingLine*float64(i), line)
	}
	d.c.Moved(margin, heading)
	for i, panel := range p.Panels {
		d.panel(panel, float64(i%columns)*(d.column+gap), tops[i])
	}
	for _, s := range legend {
		s.draw(d, s.x, total+14+s.y)
		d.c.Text("soft", "start", s.x+27, total+14+s.y+4, s.name)
	}
	d.c.End()
	d.c.Close()
	return d.c.String()
}

// HTML writes the picture for a page that includes PageStyle: a drawing for each panel, which the page sets beside or below
// one another as it has room, and the legend.
func (p Picture) HTML() string {
	const width, laneHeight = 400, 13
	var b strings.Builder
	b.WriteString(`<div class="panels">`)
	for _, panel := range p.Titled(width / titleLetter).Panels {
		d := newDrawing(p, width, laneHeight)
		d.c.Chinese = p.Chinese
		d.c.Open(width, d.height(panel), "lanes", p.Title+", "+panel.Title, p.About, "")
		d.panel(panel, 0, 0)
		d.c.Close()
		b.WriteString(d.c.String())
	}
	b.WriteString(`</div><p class="lanes-legend">`)
	legend, _ := p.legend(0)
	for _, s := range legend {
		var d drawing
		d.c.Chinese = p.Chinese
		d.c.Open(22, 18, "lanes", s.name, "", "")
		s.draw(&d, 0, 9)
		d.c.Close()
		b.WriteString("<span>" + d.c.String() + p.both(s.name) + "</span>")
	}
	b.WriteString("</p>")
	return b.String()
}

// chinese is a word in Chinese; itself if the picture is in English alone.
func (p Picture) chinese(english string) string {
	if p.Chinese == nil {
		return english
	}
	return p.Chinese(english)
}

// hanWidth is the width of a text of Chinese characters, each as wide as it is high; 0 if it has none.
func hanWidth(text string) (w float64) {
	for _, r := range text {
		if r > 0x2e80 {
			w += 12
		} else {
			w += 7
		}
	}
	return w
}

// both writes a word of the legend in both languages.
func (p Picture) both(english string) string {
	zh := p.chinese(english)
	if zh == english {
		return english
	}
	return `<span class="in-en">` + english + `</span><span class="in-zh" lang="zh-Hans">` + zh + `</span>`
}

// parts are how much of a lane's height each kind takes.
var parts = map[Kind]float64{Connecting: 0.4, Backlog: 0.5, Silent: 0.12, Waiting: 0.46, Serving: 0.84}

const (
	pointable = 10.0 // width of the shortest span that has a shape of its own, in pixels
	gap       = 24.0 // between columns
	margin    = 16.0 // around a file of its own
	heading   = 46.0 // its heading of one line, and the margin above it
	header    = 26.0 // a panel's title
	footer    = 26.0 // its ruler

	headingLine = 20.0 // each further line of the heading
	titleLetter = 9    // pixels of a column of text in a title
)

type drawing struct {
	c           svg.Canvas
	p           Picture
	column      float64 // width of a panel
	laneHeight  float64
	left, right float64 // margins within a panel
}

// newDrawing makes room in each panel for the longest name and the longest end of a lane.
func newDrawing(p Picture, column, laneHeight float64) *drawing {
	d := drawing{p: p, column: column, laneHeight: laneHeight}
	for _, panel := range p.Panels {
		for _, l := range panel.Lanes {
			d.left, d.right = max(d.left, svg.Width(l.Name, 13)+10), max(d.right, max(svg.Width(l.End, 14.5), hanWidth(d.p.chinese(l.End)))+14) // an end may be bold
		}
	}
	d.left, d.right = min(d.left, column/3), min(max(d.right, 16), column/3)
	return &d
}

func (d *drawing) height(panel Panel) float64 {
	return header + float64(len(panel.Lanes))*d.laneHeight + footer
}

// sign is an entry of the legend: a kind or an event that the picture shows.
type sign struct {
	name string
	draw func(d *drawing, x, mid float64)
	x, y float64 // its place in the legend of a file
}

// legend lists the signs of the picture in rows of the given width, and says how high they are together.
func (p Picture) legend(width float64) (signs []sign, height float64) {
	const row = 20
	kinds, events := p.used()
	x, y := 0.0, 0.0
	add := func(name string, draw func(d *drawing, x, mid float64)) {
		w := 26 + svg.Width(name, 12) + 18
		if x > 0 && x+w > width {
			x, y = 0, y+row
		}
		signs = append(signs, sign{name, draw, x, y})
		x += w
	}
	for _, k := range Kinds {
		if kinds[int(k.Kind)] {
			add(k.Name, func(d *drawing, x, mid float64) { d.span(k.Kind, x+1, mid, 20, 18, "") })
		}
	}
	for _, e := range Events {
		if events[int(e.Event)] {
			add(e.Name, func(d *drawing, x, mid float64) { d.mark(e.Event, x+11, mid, 18, "") })
		}
	}
	if len(signs) == 0 {
		return nil, 0
	}
	return signs, y + row
}

func (d *drawing) panel(panel Panel, x0, y0 float64) {
	c := &d.c
	c.Group("panel")
	defer c.End()
	d.words("panel-title", x0, y0+16, panel.Title, d.column)
	if panel.Note != "" {
		from := svg.Width(panel.Title, 15) + 12
		d.words("soft panel-note", x0+from, y0+16, panel.Note, d.column-from)
	}
	left, width := x0+d.left, d.column-d.left-d.right
	top, bottom := y0+header, y0+header+float64(len(panel.Lanes))*d.laneHeight
	at := func(t time.Duration) float64 {
		return left + width*float64(t-d.p.From)/float64(max(d.p.To-d.p.From, 1))
	}
	a := axis.Axis{Unit: "ns", Min: 0, Max: float64(d.p.To - d.p.From)}
	ticks := a.Ticks(int(max(width/90, 2)))
	for _, t := range ticks {
		x := left + width*t.At
		c.Line("grid", x, top, x, bottom+4)
		c.Text("soft", "middle", x, bottom+17, t.Label)
	}
	for i, l := range panel.Lanes {
		d.lane(l, top+float64(i)*d.laneHeight, left, width, at)
	}
	c.Rect("frame", left, top, width, bottom-top, "")
}

func (d *drawing) lane(l Lane, y, left, width float64, at func(time.Duration) float64) {
	c, h := &d.c, d.laneHeight
	mid := y + h/2
	c.Line("track", left, mid, left+width, mid)
	c.Text("", "end", left-6, mid+4, l.Name)
	dashes := map[Kind][][2]float64{} // too short to point at
	for _, s := range l.Spans {
		cut, in := d.p.cut(s)
		if !in {
			continue
		}
		x, w := at(cut.From), max(at(cut.To)-at(cut.From), 0.5)
		if s.Kind == Serving {
			w = max(w, 1.6) // an answer must be seen, however short it was
			x = min(x, left+width-w)
		}
		if w < pointable && s.Label == "" {
			dashes[s.Kind] = append(dashes[s.Kind], [2]float64{x, x + w})
			continue
		}
		d.span(s.Kind, x, mid, w, h, spanTip(l, s, cut))
		if s.Label != "" && svg.Width(s.Label, 11)+d.laneHeight < w {
			class := "label-outside" // in ink, because the span is an outline, or thinner than the letters
			if s.Kind == Serving {
				class = "label"
			}
			d.words(class, x+d.laneHeight/2, mid+4, s.Label, d.column)
		}
	}
	for _, k := range Kinds {
		if d := dashes[k.Kind]; d != nil {
			c.Dashes("dash "+k.Class, mid, h*parts[k.Kind], d)
		}
	}
	for i, m := range l.Marks {
		if m.At < d.p.From || m.At > d.p.To {
			continue
		}
		before := 0 // what happened at the same moment stands beside it
		for ; before < min(i, besideMarks) && l.Marks[i-before-1].At == m.At; before++ {
		}
		x := at(m.At) + float64(before)*h*besideShare
		d.mark(m.Event, min(x, max(at(m.At), left+width)), mid, h, markTip(l, m))
	}
	if l.End != "" {
		class := "soft"
		if l.Bad {
			class = "bad"
		}
		d.words(class, left+width+6, mid+4, l.End, d.column)
	}
}

// words writes a text, in both languages where it has two. It is cut off at its end where it is wider than the room.
func (d *drawing) words(class string, x, y float64, text string, room float64) {
	if zh := d.p.chinese(text); zh != text {
		d.c.Text(class+" in-zh", "start", x, y, clipped(zh, room))
		class += " in-en"
	}
	d.c.Text(class, "start", x, y, clipped(text, room))
}

// clipped is a text of small letters that fits into a width; "" where hardly anything of it does.
func clipped(text string, room float64) string {
	for max(svg.Width(text, 12)*1.2, hanWidth(text)) > room {
		n := wrap.Width(text)
		if n < 6 {
			return ""
		}
		text = wrap.Clip(text, n-2)
	}
	return text
}
