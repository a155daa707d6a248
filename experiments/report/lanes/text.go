package lanes

import (
	"slices"
	"strings"
	"time"

	"socketbench/experiments/report/axis"
	"socketbench/experiments/report/wrap"
)

// Paint colours a run of characters for a terminal. The class is that of a kind or an event, or "title", "soft" or "bad".
type Paint func(class, s string) string

// Text writes the picture for a terminal, at most width columns wide. paint may be nil.
func (p Picture) Text(width int, paint Paint) string {
	return p.Body(width, paint) + p.Legend(width, paint)
}

// plain is the Paint of a terminal without colours.
func plain(_, s string) string { return s }

// Body is the text without the legend. A column shows the most important thing that happened during its time: an event,
// or else an answer, or else the kind that took longest.
func (p Picture) Body(width int, paint Paint) string {
	if paint == nil {
		paint = plain
	}
	p = p.Titled(width)
	name, end := 0, 0
	for _, panel := range p.Panels {
		for _, l := range panel.Lanes {
			name, end = max(name, wrap.Width(l.Name)), max(end, wrap.Width(l.End))
		}
	}
	name, end = min(name, max(width/4, 8)), min(end, max(width/3, 16))
	columns := max(width-name-end-4, 10)

	var b strings.Builder
	for i, panel := range p.Panels {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(paint("title", panel.Title))
		if room := width - wrap.Width(panel.Title) - 2; panel.Note != "" && room > 8 {
			b.WriteString("  " + paint("soft", wrap.Clip(panel.Note, room)))
		}
		b.WriteByte('\n')
		names := wrap.Names(laneNames(panel), name)
		for k, l := range panel.Lanes {
			class := "soft"
			if l.Bad {
				class = "bad"
			}
			line := wrap.Pad(names[k], name) + " │" + p.row(l, columns, paint) + "│"
			if l.End != "" {
				line += " " + paint(class, wrap.Clip(l.End, end))
			}
			b.WriteString(strings.TrimRight(line, " ") + "\n")
		}
	}
	b.WriteString(strings.Repeat(" ", name+1) + paint("soft", p.ruler(columns, columns+end+3)) + "\n")
	return b.String()
}

// Titled is the picture with titles that fit into so many columns and still tell the panels apart. A caller that draws
// the panels one by one calls it first.
func (p Picture) Titled(width int) Picture {
	titles := make([]string, len(p.Panels))
	for i, panel := range p.Panels {
		titles[i] = panel.Title
	}
	p.Panels = slices.Clone(p.Panels)
	for i, title := range wrap.Names(titles, width) {
		p.Panels[i].Title = title
	}
	return p
}

func laneNames(p Panel) (names []string) {
	for _, l := range p.Lanes {
		names = append(names, l.Name)
	}
	return names
}

// row draws one lane.
func (p Picture) row(l Lane, columns int, paint Paint) string {
	runes, classes := make([]rune, columns), make([]string, columns)
	longest := make([]time.Duration, columns)
	for i := range runes {
		runes[i] = ' '
	}
	perColumn := float64(p.To-p.From) / float64(columns)
	column := func(at time.Duration) int { return min(max(int(float64(at-p.From)/perColumn), 0), columns-1) }
	for _, s := range l.Spans {
		s, in := p.cut(s)
		if !in {
			continue
		}
		k := Kinds[s.Kind]
		for i := column(s.From); i <= column(s.To); i++ {
			lo, hi := p.From+time.Duration(float64(i)*perColumn), p.From+time.Duration(float64(i+1)*perColumn)
			over := min(s.To, hi) - max(s.From, lo)
			if s.Kind == Serving && over >= 0 {
				over = time.Duration(perColumn) + 1
			}
			if over > longest[i] {
				runes[i], classes[i], longest[i] = k.Rune, k.Class, over
			}
		}
	}
	marked := make([]bool, columns)
	for _, m := range l.Marks {
		if m.At >= p.From && m.At <= p.To {
			e, at := Events[m.Event], free(marked, column(m.At))
			runes[at], classes[at], marked[at] = e.Rune, e.Class, true
		}
	}
	for _, s := range l.Spans {
		if s, in := p.cut(s); in && s.Label != "" {
			inscribe(s.Label, runes[column(s.From):column(s.To)], marked[column(s.From):column(s.To)])
		}
	}
	var b strings.Builder
	for i := 0; i < columns; {
		j := i
		for j < columns && classes[j] == classes[i] {
			j++
		}
		run := string(runes[i:j])
		if classes[i] != "" {
			run = paint(classes[i], run)
		}
		b.WriteString(run)
		i = j
	}
	return b.String()
}

// besideMarks is how many columns a mark may stand behind its own, so that what happens at once is still several marks.
const besideMarks = 3

// free is the first column from at on in which no mark stands, or at itself if none is near.
func free(marked []bool, at int) int {
	for i := at; i < min(at+besideMarks+1, len(marked)); i++ {
		if !marked[i] {
			return i
		}
	}
	return at
}

// inscribe writes a label with blanks around it where no mark stands, and where two columns of the span remain on both
// sides. Without such a place it writes nothing.
func inscribe(label string, runes []rune, marked []bool) {
	text := []rune(" " + label + " ")
	if wrap.Width(label)+2 != len(text) { // a character fills one column
		return
	}
	free := 0
	for i := range runes {
		if marked[i] {
			free = 0
			continue
		}
		if free++; free == len(text)+4 {
			copy(runes[i-len(text)-1:], text)
			return
		}
	}
}

// ruler is the time axis below the lanes.
func (p Picture) ruler(columns, width int) string {
	line := []rune(strings.Repeat(" ", width))
	a := axis.Axis{Unit: "ns", Min: 0, Max: float64(p.To - p.From)}
	free := 0
	for _, t := range a.Ticks(max(columns/9, 2)) {
		at := int(t.At*float64(columns-1)+0.5) + 1
		label := []rune("└" + t.Label)
		if at < free || at+len(label) > len(line) {
			continue
		}
		copy(line[at:], label)
		free = at + len(label) + 1
	}
	return strings.TrimRight(string(line), " ")
}

// Legend explains the signs that the picture uses.
func (p Picture) Legend(width int, paint Paint) string {
	if paint == nil {
		paint = plain
	}
	kinds, events := p.used()
	var b strings.Builder
	column := 0
	add := func(class string, r rune, name string) {
		n := wrap.Width(name) + 2
		switch {
		case column == 0:
		case column+n+3 > width:
			b.WriteByte('\n')
			column = 0
		default:
			b.WriteString("   ")
			column += 3
		}
		b.WriteString(paint(class, string(r)) + " " + paint("soft", name))
		column += n
	}
	for _, k := range Kinds {
		if kinds[int(k.Kind)] {
			add(k.Class, k.Rune, k.Name)
		}
	}
	for _, e := range Events {
		if events[int(e.Event)] {
			add(e.Class, e.Rune, e.Name)
		}
	}
	if column > 0 {
		b.WriteByte('\n')
	}
	return b.String()
}
