// Package sidebyside shows two designs beside each other, region by region, so that the differences stand out: equal
// lines are folded, in similar lines the differing words are marked, and code that designs share is shown where it is
// used.
//
// [Compare] makes a [View]; [WriteText] writes one for a terminal or a pipe; [NewFragment] makes a part of an HTML page
// with many pairs, and [WritePage] the page around it.
package sidebyside

import (
	"strings"

	"socketbench/experiments/report/source"
	"socketbench/servers"
)

// View is two designs side by side. A view of one design alone has a zero B.
type View struct {
	A, B     Side
	Sections []Section
	Change   Change // what leads from A to B
}

// Side is what stands above the code of one design.
type Side struct {
	Name, Idea, Family string
	File               string // "servers/pool.go"
	Length             int    // lines of the file
	Essay              []source.Paragraph
	Facts              []string // measured, of the whole design
}

// Change counts the lines by which two designs differ, in their own files. Essays, imports, blank lines
// and indentation do not count, nor does the design's own name.
type Change struct{ Added, Removed int }

// Section is one region of both designs.
type Section struct {
	Name           string // "type", one of source.Regions, or "called"
	Title          string // what happens there
	FileA, FileB   string // the file of its code, such as "blocking/talk.go"; "": the design's own
	NoneA, NoneB   string // why the design has no such region
	FactsA, FactsB []string
	Rows           []Row
}

// Row is one line of each side; A or B is nil where that side has nothing at this place.
type Row struct {
	A, B  *Line
	Kind  Kind
	Apart bool // shared code that works differently for the two, because only one of them sets what it asks; never folded
}

// Kind says how the sides of a row differ.
type Kind int

const (
	Same    Kind = iota // equal but for indentation and the design's own name
	Changed             // similar, with the differing words marked
	Other               // on one side only, or not similar
)

// Line is a line of code, divided into spans.
type Line struct {
	Number int    // in File; 0 for a gap between two parts of a file, and for the name of the file that follows
	File   string // below the module
	Spans  []Span
	key    string            // by which it is compared
	words  []string          // of key, without blanks and brackets
	own    map[string]string // see neutralNames; nil in shared files
}

// Text returns the line as it stands in the file.
func (l *Line) Text() string {
	var b strings.Builder
	for _, s := range l.Spans {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Span is a piece of a line in one style.
type Span struct {
	Text   string
	Class  Class
	Marked bool // differs from the other side
}

// Title is what a view is called: "goroutine to pool", or the name of the one design.
func (v View) Title() string {
	switch {
	case v.A.Name == "":
		return v.B.Name
	case v.B.Name == "":
		return v.A.Name
	}
	return v.A.Name + " to " + v.B.Name
}

// titles explain the regions.
var titles = map[string]string{
	"type":     "what it keeps, and how it is made",
	"listen":   "before the first connection",
	"accept":   "a connection comes in",
	"dispatch": "who will serve it",
	"read":     "bytes come in",
	"reply":    "bytes go out",
	"drain":    "told to stop",
	called:     "the code behind the names that differ above",
	program:    "from beginning to end",
}

// Compare shows b beside a. It fails if the code of one of them is not known.
func Compare(a, b servers.Entry, facts Facts) (View, error) {
	left, err := load(a, facts)
	if err != nil {
		return View{}, err
	}
	right, err := load(b, facts)
	if err != nil {
		return View{}, err
	}
	return compare(left, right), nil
}

// Alone shows one design in the same form.
func Alone(e servers.Entry, facts Facts) (View, error) {
	d, err := load(e, facts)
	if err != nil {
		return View{}, err
	}
	return compare(d, &design{}), nil
}

func compare(a, b *design) View {
	if a.foreign() || b.foreign() {
		a, b = a.whole(), b.whole()
	}
	v := View{A: a.side, B: b.side}
	only := setByOne(a, b)
	for _, name := range parts() {
		ra, rb := a.regions[name], b.regions[name]
		if len(ra.lines)+len(rb.lines) == 0 && ra.none == "" && rb.none == "" {
			continue
		}
		v.Sections = append(v.Sections, Section{
			Name: name, Title: titles[name],
			FileA: ra.elsewhere(a.side.File), FileB: rb.elsewhere(b.side.File),
			NoneA: ra.none, NoneB: rb.none, FactsA: ra.facts, FactsB: rb.facts,
			Rows: markApart(align(ra.lines, rb.lines), only),
		})
		s, differ := behind(a, b, v.Sections[len(v.Sections)-1].Rows)
		if name == "listen" && !differ {
			s, differ = waiting(a, b)
		}
		if differ {
			v.Sections = append(v.Sections, s)
		}
	}
	v.Change = changeOf(v, a.side.File, b.side.File)
	return v
}

// changeOf counts the differing lines in the two designs' own files. Code from other files does not count.
func changeOf(v View, fileA, fileB string) (c Change) {
	for _, section := range v.Sections {
		for _, r := range section.Rows {
			if r.Kind == Same {
				continue
			}
			if r.A != nil && r.A.Number > 0 && r.A.File == fileA && r.A.key != "" {
				c.Removed++
			}
			if r.B != nil && r.B.Number > 0 && r.B.File == fileB && r.B.key != "" {
				c.Added++
			}
		}
	}
	return c
}
