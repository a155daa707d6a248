package lanes

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/palette"
	"socketbench/experiments/report/svg"
	"socketbench/experiments/unit"
)

// Options say how a picture is written as SVG. The zero value is a panel below the other, 900 pixels
// wide.
type Options struct {
	Width      float64 // pixels; 0: 900
	Columns    int     // panels beside one another; 0: 1
	LaneHeight float64 // pixels; 0: 18
	Standalone bool    // a file of its own: colours, margins and a heading included
}

// Style is the CSS of a picture, on top of palette.CSS. A page that holds pictures includes it once.
const Style = `
.lanes text{font:12px system-ui,sans-serif;fill:var(--ink)}
.lanes .soft{fill:var(--soft)}.lanes .bad{fill:var(--bad);font-weight:600}.lanes .heading{font-size:15px;font-weight:600}.lanes .panel-title{font-weight:600;font-size:14px}
.lanes .frame{fill:none;stroke:var(--rule)}.lanes .grid{stroke:var(--rule);stroke-dasharray:1 3}
.lanes .track{stroke:var(--rule);stroke-width:1}
.lane-connect{fill:none;stroke:var(--soft);stroke-width:1;stroke-dasharray:2 2}
.lane-backlog{fill:var(--paper);stroke:var(--bad);stroke-width:1}
.lane-silent{fill:var(--soft)}.lane-wait{fill:var(--wait)}.lane-serve{fill:var(--serve)}
.lanes .label{fill:var(--paper);font-size:11px}.lanes .label-outside{font-size:11px;paint-order:stroke;stroke:var(--paper);stroke-width:3px}
.mark-sent{fill:var(--ink)}.mark-answered{fill:none;stroke:var(--good);stroke-width:2}
.mark-half,.mark-closed{fill:none;stroke:var(--ink);stroke-width:1.5}
.mark-refused,.mark-reset{fill:none;stroke:var(--bad);stroke-width:2.2}
.mark-unread{fill:var(--paper);stroke:var(--bad);stroke-width:1.5}
`

// SVG writes the picture.
func (p Picture) SVG(o Options) string {
	if o.Width == 0 {
		o.Width = 900
	}
	if o.LaneHeight == 0 {
		o.LaneHeight = 18
	}
	o.Columns = min(max(o.Columns, 1), max(len(p.Panels), 1))

	d := drawing{p: p, o: o}
	d.measure()
	rows := (len(p.Panels) + o.Columns - 1) / o.Columns
	heights := make([]float64, rows)
	total := 0.0
	for i, panel := range p.Panels {
		heights[i/o.Columns] = max(heights[i/o.Columns], d.height(panel))
	}
	for _, h := range heights {
		total += h
	}
	legend := d.legendRows()
	below := total + float64(legend)*20 + 8
	if o.Standalone {
		style := palette.CSS() + "svg{background:var(--paper)}" + Style
		d.c.Open(o.Width+2*margin, below+heading+margin, "lanes", p.Title, p.About, true, style)
		d.c.Text("heading", "start", margin, margin+14, p.Title+": "+p.About)
		d.c.Group("body", fmt.Sprintf(`transform="translate(%v %v)"`, margin, heading))
	} else {
		d.c.Open(o.Width, below, "lanes", p.Title, p.About, false, "")
	}
	y := 0.0
	for i, panel := range p.Panels {
		if i > 0 && i%o.Columns == 0 {
			y += heights[i/o.Columns-1]
		}
		d.panel(panel, float64(i%o.Columns)*(d.column+gap), y)
	}
	d.legend(total + 14)
	if o.Standalone {
		d.c.End()
	}
	d.c.Close()
	return d.c.String()
}

// parts are how much of a lane's height each kind takes.
var parts = map[Kind]float64{Connecting: 0.4, Backlog: 0.5, Silent: 0.12, Waiting: 0.46, Serving: 0.84}

// labelOn is the class of a label, by what it stands on: a kind drawn in outline, or too thin to hold it, has a
// label in ink, with a rim of paper.
var labelOn = map[Kind]string{
	Connecting: "label-outside", Backlog: "label-outside", Silent: "label-outside", Waiting: "label-outside", Serving: "label",
}

const (
	pointable = 5.0  // pixels; a shape of its own begins there
	gap       = 24.0 // between columns
	margin    = 16.0 // around a file of its own
	heading   = 46.0 // its heading, and the margin above it
	header    = 26.0 // a panel's title
	footer    = 26.0 // its ruler
)

type drawing struct {
	c               svg.Canvas
	p               Picture
	o               Options
	column          float64 // width of a panel
	left, right     float64 // margins within it
	legendPositions []legendEntry
}

type legendEntry struct {
	x, row    float64
	kind, evt int // -1: not this
	name      string
}

func (d *drawing) measure() {
	d.column = (d.o.Width - gap*float64(d.o.Columns-1)) / float64(d.o.Columns)
	for _, panel := range d.p.Panels {
		for _, l := range panel.Lanes {
			d.left, d.right = max(d.left, svg.Width(l.Name, 12)+10), max(d.right, svg.Width(l.End, 13)+14)
		}
	}
	d.left, d.right = min(d.left, d.column/3), min(max(d.right, 16), d.column/3)

	kinds, events := d.p.used()
	x, row := 0.0, 0.0
	add := func(kind, evt int, name string) {
		w := 26 + svg.Width(name, 12) + 18
		if x > 0 && x+w > d.o.Width {
			x, row = 0, row+1
		}
		d.legendPositions = append(d.legendPositions, legendEntry{x, row, kind, evt, name})
		x += w
	}
	for _, k := range Kinds {
		if kinds[int(k.Kind)] {
			add(int(k.Kind), -1, k.Name)
		}
	}
	for _, e := range Events {
		if events[int(e.Event)] {
			add(-1, int(e.Event), e.Name)
		}
	}
}

func (d *drawing) height(panel Panel) float64 {
	return header + float64(len(panel.Lanes))*d.o.LaneHeight + footer
}

func (d *drawing) legendRows() int {
	if len(d.legendPositions) == 0 {
		return 0
	}
	return int(d.legendPositions[len(d.legendPositions)-1].row) + 1
}

func (d *drawing) panel(panel Panel, x0, y0 float64) {
	c := &d.c
	c.Group("panel")
	defer c.End()
	c.Text("panel-title", "start", x0, y0+16, panel.Title)
	if panel.Note != "" {
		from := svg.Width(panel.Title, 15) + 12
		note := panel.Note
		for note != "" && from+svg.Width(note, 12)*1.1 > d.column {
			n := utf8.RuneCountInString(note)
			if n < 6 {
				note = ""
				break
			}
			note = clip(note, n-2)
		}
		c.Text("soft", "start", x0+from, y0+16, note)
	}
	left, width := x0+d.left, d.column-d.left-d.right
	top, bottom := y0+header, y0+header+float64(len(panel.Lanes))*d.o.LaneHeight
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
		d.lane(l, top+float64(i)*d.o.LaneHeight, left, width, at)
	}
	c.Rect("frame", left, top, width, bottom-top, 0, "")
}

func (d *drawing) lane(l Lane, y, left, width float64, at func(time.Duration) float64) {
	c, h := &d.c, d.o.LaneHeight
	mid := y + h/2
	c.Line("track", left, mid, left+width, mid)
	c.Text("", "end", left-6, mid+4, l.Name)
	slim := map[Kind]*strings.Builder{} // too narrow to point at: one shape for all of a kind
	for _, s := range l.Spans {
		cut, in := d.p.cut(s)
		if !in {
			continue
		}
		x, w := at(cut.From), max(at(cut.To)-at(cut.From), 0.5)
		if s.Kind == Serving {
			w = max(w, 1.6) // an answer is never too short to be seen
			x = min(x, left+width-w)
		}
		if w < pointable && s.Label == "" {
			if slim[s.Kind] == nil {
				slim[s.Kind] = new(strings.Builder)
			}
			high := h * parts[s.Kind]
			fmt.Fprintf(slim[s.Kind], "M%.1f %.1fh%.1fv%.1fh%.1fz", x, mid-high/2, w, high, -w)
			continue
		}
		d.span(s.Kind, x, mid, w, h, spanTip(l, s, cut))
		if s.Label != "" && svg.Width(s.Label, 11)+d.o.LaneHeight < w {
			c.Text(labelOn[s.Kind], "start", x+d.o.LaneHeight/2, mid+4, s.Label)
		}
	}
	for _, k := range Kinds {
		if slim[k.Kind] != nil {
			c.Path(k.Class, slim[k.Kind].String(), "")
		}
	}
	for _, m := range l.Marks {
		if m.At >= d.p.From && m.At <= d.p.To {
			d.mark(m.Event, at(m.At), mid, h, markTip(l, m))
		}
	}
	if l.End != "" {
		class := "soft"
		if l.Bad {
			class = "bad"
		}
		c.Text(class, "start", left+width+6, mid+4, l.End)
	}
}

// span draws one kind. Kinds differ by height and texture, not by colour alone.
func (d *drawing) span(k Kind, x, mid, w, h float64, tip string) {
	class := Kinds[k].Class
	d.c.Rect(class, x, mid-h*parts[k]/2, w, h*parts[k], 0, tip)
}

func (d *drawing) mark(e Event, x, mid, h float64, tip string) {
	class, r := Events[e].Class, h*0.3
	n := func(f string, v ...any) string { return fmt.Sprintf(f, v...) }
	switch e {
	case Sent:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fl%.1f %.1fz", x-r*0.6, mid-r, r*1.3, r, -r*1.3, r), tip)
	case Answered:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fl%.1f %.1f", x-r, mid, r*0.7, r*0.8, r*1.2, -r*1.8), tip)
	case HalfClosed:
		d.c.Path(class, n("M%.1f %.1fv%.1f", x, mid-r, r), tip)
	case Closed:
		d.c.Path(class, n("M%.1f %.1fv%.1f", x, mid-r, 2*r), tip)
	case Refused:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fm%.1f 0l%.1f %.1f", x-r, mid-r, 2*r, 2*r, -2*r, 2*r, -2*r), tip)
	case Reset:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fl%.1f 0l%.1f %.1f", x+r*0.5, mid-r*1.3, -r, r*1.3, r, -r, r*1.3), tip)
	case Unread:
		d.c.Circle(class, x, mid, r*0.8, tip)
	}
}

func (d *drawing) legend(y float64) {
	for _, e := range d.legendPositions {
		mid := y + e.row*20
		if e.kind >= 0 {
			d.span(Kind(e.kind), e.x+1, mid, 20, 18, "")
		} else {
			d.mark(Event(e.evt), e.x+11, mid, 18, "")
		}
		d.c.Text("soft", "start", e.x+27, mid+4, e.name)
	}
}

func spanTip(l Lane, s, cut Span) string {
	length := unit.Format("ns", float64(s.To-s.From))
	if s.Open {
		length = "to the end, " + unit.Format("ns", float64(cut.To-s.From))
	}
	tip := l.Name + ": " + Kinds[s.Kind].Name + ", " + length
	if s.Label != "" {
		tip += ": " + s.Label
	}
	return tip
}

func markTip(l Lane, m Mark) string {
	tip := l.Name + ": " + Events[m.Event].Name + " at " + unit.Format("ns", float64(m.At))
	if m.Label != "" {
		tip += ": " + m.Label
	}
	return tip
}
