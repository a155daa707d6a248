package lanes

import (
	"fmt"

	"socketbench/experiments/unit"
)

// besideShare is how far marks of one moment stand apart, as a share of a lane's height.
const besideShare = 0.6

// span draws one span. Kinds differ in height and texture, and not only in colour.
func (d *drawing) span(k Kind, x, mid, w, h float64, tip string) {
	class := Kinds[k].Class
	d.c.Rect(class, x, mid-h*parts[k]/2, w, h*parts[k], tip)
}

func (d *drawing) mark(e Event, x, mid, h float64, tip string) {
	class, r := Events[e].Class, h*0.3
	n := func(f string, v ...any) string { return fmt.Sprintf(f, v...) }
	switch e {
	case Sent:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fl%.1f %.1fz", x-r*0.6, mid-r, r*1.3, r, -r*1.3, r), tip)
	case Answered:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fl%.1f %.1f", x-r, mid, r*0.7, r*0.8, r*1.2, -r*1.8), tip)
	case Part: // a plus
		d.c.Path(class, n("M%.1f %.1fv%.1fm%.1f %.1fh%.1f", x, mid-r*0.8, 1.6*r, -r*0.8, -r*0.8, 1.6*r), tip)
	case HalfClosed:
		d.c.Path(class, n("M%.1f %.1fv%.1f", x, mid-r, r), tip)
	case Closed:
		d.c.Path(class, n("M%.1f %.1fv%.1f", x, mid-r, 2*r), tip)
	case Refused:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fm%.1f 0l%.1f %.1f", x-r, mid-r, 2*r, 2*r, -2*r, 2*r, -2*r), tip)
	case Reset:
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fl%.1f 0l%.1f %.1f", x+r*0.5, mid-r*1.3, -r, r*1.3, r, -r, r*1.3), tip)
	case Lost: // a question mark
		d.c.Path(class, n("M%.1f %.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fl%.1f %.1fm0 %.1fv%.1f", x-r*0.6, mid-r*0.6, r*0.6, -r*0.4, r*0.6, r*0.5, -r*0.6, r*0.6, 0.0, r*0.3, r*0.4, r*0.3), tip)
	case Unread:
		d.c.Circle(class, x, mid, r*0.8, tip)
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
