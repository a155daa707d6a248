// Package sidebyside lays two designs next to each other, region by region, so that what differs between
// them is all that stands out: lines that are the same are folded, lines that differ are marked down to
// their words, and code that designs share is opened where it is used.
//
// [Compare] makes a [View]; [WriteText] prints one for a terminal or a pipe; [NewFragment] makes a part
// of an HTML page with a chooser for any two of the designs, and [WritePage] the page around it.
package sidebyside

import (
	"regexp"
	"slices"
	"strings"

	"socketbench/servers"
)

// View is two designs side by side. A view of one design alone has a zero B.
type View struct {
	A, B     Side
	Sections []Section
	Step     Step // what leads from A to B
}

// Side is what is said of one design above its code.
type Side struct {
	Name, Idea, Family string
	File               string // "servers/pool.go"
	Length             int    // lines of the file
	Essay              []servers.Paragraph
	Facts              []string // measured, of the whole design
}

// Step counts the lines by which two designs differ, in their own files. Essays, imports, blank lines
// and indentation do not count, nor does the design's own name.
type Step struct{ Added, Removed int }

// Section is one region of both designs.
type Section struct {
	Name           string // "type" or one of servers.Regions
	Title          string // what happens there
	PlaceA, PlaceB string // where all its code is when not in the design's own file, such as "talk.go"
	NoneA, NoneB   string // why there is none
	FactsA, FactsB []string
	Rows           []Row
}

// Row is one line of each side; A or B is nil where that side has nothing at this place.
type Row struct {
	A, B *Line
	Kind Kind
}

// Kind says how the sides of a row differ.
type Kind int

const (
	Same    Kind = iota // equal but for indentation and the design's own name
	Changed             // alike, with the differing words marked
	Other               // on one side only, or without likeness
)

// Line is a line of code, cut for marking.
type Line struct {
	Number int    // in File; 0 for a gap between two parts of a file, and for the name of the file that follows
	File   string // below the module
	Spans  []Span
	key    string         // what it is compared by
	words  []string       // of key, those with a meaning
	own    *regexp.Regexp // the name of its design, which is no difference; nil in shared files
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

// titles say what a region is for a reader who meets it first.
var titles = map[string]string{
	"type":     "what it keeps, and how it is made",
	"listen":   "before the first connection",
	"accept":   "a connection comes in",
	"dispatch": "who will serve it",
	"read":     "bytes come in",
	"reply":    "bytes go out",
	"drain":    "told to stop",
	program:    "from beginning to end",
}

// Compare lays b beside a. It fails where the code of one of them is not known.
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

// design is an entry with its code, read once and compared often.
type design struct {
	side    Side
	after   string
	regions map[string]region
}

type region struct {
	places []string
	none   string
	facts  []string
	lines  []*Line
}

func load(e servers.Entry, facts Facts) (*design, error) {
	src, err := e.Source()
	if err != nil {
		return nil, err
	}
	d := &design{
		side: Side{Name: e.Name, Idea: e.Idea, Family: e.Family, File: src.File, Length: src.Length,
			Essay: src.Essay, Facts: facts.whole(e.Name)},
		after:   e.After,
		regions: map[string]region{},
	}
	lex := newLexer(e, src.File)
	for _, r := range src.Regions {
		own := region{places: r.Places, none: r.None, facts: facts.of(e.Name, r.Name)}
		file := ""
		for _, l := range r.Lines {
			if len(r.Places) > 1 && l.File != file {
				file = l.File
				own.lines = append(own.lines, placeLine(file))
			}
			line, err := lex.line(l)
			if err != nil {
				return nil, err
			}
			own.lines = append(own.lines, line)
		}
		d.regions[r.Name] = own
	}
	return d, nil
}

// placeLine stands in a region before code of another file than the code above it.
func placeLine(file string) *Line {
	name := strings.TrimPrefix(file, "servers/")
	return &Line{File: file, Spans: []Span{{Text: name, Class: Place}}, key: name}
}

// loadAll reads the designs of entries once.
func loadAll(entries []servers.Entry, facts Facts) ([]*design, error) {
	all := make([]*design, len(entries))
	for i, e := range entries {
		d, err := load(e, facts)
		if err != nil {
			return nil, err
		}
		all[i] = d
	}
	return all, nil
}

// parts lists what a view may have sections of, in order. A program in another language has only the
// last, and what is laid beside it is then one as well.
func parts() []string { return slices.Concat([]string{"type"}, servers.Regions, []string{program}) }

const program = "program"

// foreign reports whether d is one program without regions.
func (d *design) foreign() bool { return len(d.regions[program].lines) > 0 }

// whole returns d as one program.
func (d *design) whole() *design {
	if d.foreign() {
		return d
	}
	var all region
	file := d.side.File
	for _, name := range parts() {
		for _, l := range d.regions[name].lines {
			if l.Number == 0 {
				continue
			}
			if l.File != file {
				file = l.File
				all.lines = append(all.lines, placeLine(file))
			}
			all.lines = append(all.lines, l)
		}
	}
	return &design{side: d.side, after: d.after, regions: map[string]region{program: all}}
}

func compare(a, b *design) View {
	if a.foreign() || b.foreign() {
		a, b = a.whole(), b.whole()
	}
	v := View{A: a.side, B: b.side}
	for _, name := range parts() {
		ra, rb := a.regions[name], b.regions[name]
		if len(ra.lines)+len(rb.lines) == 0 && ra.none == "" && rb.none == "" {
			continue
		}
		v.Sections = append(v.Sections, Section{
			Name: name, Title: titles[name],
			PlaceA: ra.elsewhere(a.side.File), PlaceB: rb.elsewhere(b.side.File),
			NoneA: ra.none, NoneB: rb.none, FactsA: ra.facts, FactsB: rb.facts,
			Rows: align(ra.lines, rb.lines),
		})
	}
	v.Step = step(v, a.side.File, b.side.File)
	return v
}

// elsewhere names the region's file as a reader of the folder would, if it is not the design's own.
func (r region) elsewhere(own string) string {
	if len(r.places) != 1 || r.places[0] == own {
		return "" // several files are named where they begin
	}
	return strings.TrimPrefix(r.places[0], "servers/")
}

// step counts what differs in the two designs' own files. Code that they open elsewhere is no part of it.
func step(v View, fileA, fileB string) (s Step) {
	for _, section := range v.Sections {
		for _, r := range section.Rows {
			if r.Kind == Same {
				continue
			}
			if r.A != nil && r.A.Number > 0 && r.A.File == fileA && r.A.key != "" {
				s.Removed++
			}
			if r.B != nil && r.B.Number > 0 && r.B.File == fileB && r.B.key != "" {
				s.Added++
			}
		}
	}
	return s
}

// ByTeachingOrder sorts entries as a reader should meet them: each design after the one it grew from,
// otherwise in the order given. The depth of each is how many steps it is from where it began. An entry
// whose After is not among them, or leads back to itself, begins a line of its own.
func ByTeachingOrder(entries []servers.Entry) (sorted []servers.Entry, depths []int) {
	known, done := map[string]bool{}, map[string]bool{}
	for _, e := range entries {
		known[e.Name] = true
	}
	var visit func(e servers.Entry, depth int)
	visit = func(e servers.Entry, depth int) {
		if done[e.Name] {
			return
		}
		done[e.Name] = true
		sorted, depths = append(sorted, e), append(depths, depth)
		for _, next := range entries {
			if next.After == e.Name {
				visit(next, depth+1)
			}
		}
	}
	for _, e := range entries {
		if !known[e.After] {
			visit(e, 0)
		}
	}
	for _, e := range entries {
		visit(e, 0)
	}
	return sorted, depths
}

// Fold is a run of rows with nothing to see.
type Fold struct {
	Rows   []Row
	Folded bool
}

// nearby is how many equal lines stay open beside a difference; shorter runs are not worth a fold.
const (
	nearby = 2
	worthy = 4
)

// Folds cuts the rows of a section into runs that are shown and runs that are folded. Where all rows are
// the same, all are folded. In a view of one design nothing is.
func (s Section) Folds() []Fold {
	if len(s.Rows) == 0 {
		return nil
	}
	keep := make([]bool, len(s.Rows))
	for i, r := range s.Rows {
		if r.Kind == Same {
			continue
		}
		for j := max(0, i-nearby); j <= min(len(s.Rows)-1, i+nearby); j++ {
			keep[j] = true
		}
	}
	var folds []Fold
	for i := 0; i < len(s.Rows); {
		j := i
		for j < len(s.Rows) && keep[j] == keep[i] {
			j++
		}
		folded := !keep[i] && (j-i >= worthy || j-i == len(s.Rows))
		if n := len(folds); n > 0 && !folds[n-1].Folded && !folded {
			folds[n-1].Rows = s.Rows[i-len(folds[n-1].Rows) : j]
		} else {
			folds = append(folds, Fold{s.Rows[i:j], folded})
		}
		i = j
	}
	return folds
}
