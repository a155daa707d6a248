package sidebyside

import (
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"

	"socketbench/experiments/report/source"
)

// called is the section of the code behind names that differ.
const called = "called"

// behind opens the code that two designs call where they differ only in whose code they call: where two lines become
// equal without the names from other packages, it returns the declarations of those names side by side. What the designs
// show already in one of their regions is left out.
func behind(a, b *design, rows []Row) (Section, bool) {
	s := Section{Name: called, Title: titles[called]}
	for _, r := range rows {
		if r.Kind != Changed || r.A.File != a.side.File || r.B.File != b.side.File {
			continue
		}
		namesA, namesB := a.calls(r.A), b.calls(r.B)
		if a.uncalled(r.A) != b.uncalled(r.B) || len(namesA) != len(namesB) {
			continue
		}
		for i := range namesA {
			if namesA[i] == namesB[i] {
				continue
			}
			fileA, linesA := a.open(namesA[i])
			fileB, linesB := b.open(namesB[i])
			s.FileA, s.FileB = join(s.FileA, fileA), join(s.FileB, fileB)
			s.Rows = append(s.Rows, align(linesA, linesB)...)
		}
	}
	return s, len(s.Rows) > 0
}

// waiting opens what two designs wait with, side by side: the constructors from the patterns whose code their regions
// dispatch show, such as reactor.NewEpoll and proactor.New.
func waiting(a, b *design) (Section, bool) {
	s := Section{Name: called, Title: titles[called]}
	nameA, nameB := a.waitsWith(), b.waitsWith()
	if nameA == "" || nameB == "" || nameA == nameB {
		return s, false
	}
	fileA, linesA := a.open(nameA)
	fileB, linesB := b.open(nameB)
	s.FileA, s.FileB, s.Rows = fileA, fileB, align(linesA, linesB)
	return s, len(linesA) > 0 && len(linesB) > 0
}

// waitsWith returns the constructor that the design calls from a pattern whose code its region dispatch shows.
func (d *design) waitsWith() string {
	var patterns []string
	for _, file := range d.regions["dispatch"].files {
		if strings.HasPrefix(file, "patterns/") {
			patterns = append(patterns, path.Dir(file))
		}
	}
	for _, part := range parts() {
		for _, l := range d.regions[part].lines {
			if l.own == nil {
				continue
			}
			for _, name := range d.calls(l) {
				_, function, _ := strings.Cut(name, ".")
				if file, _ := d.src.Behind(name); strings.HasPrefix(function, "New") && slices.Contains(patterns, path.Dir(file)) {
					return name
				}
			}
		}
	}
	return ""
}

// join adds a file to a list, once.
func join(files, file string) string {
	if files == "" || slices.Contains(strings.Split(files, ", "), file) {
		return file
	}
	return files + ", " + file
}

// calls returns the names from other packages of this project in a line.
func (d *design) calls(l *Line) (names []string) {
	d.src.Replace(l.key, func(name string) string {
		names = append(names, name)
		return name
	})
	return names
}

// uncalled returns what a line is compared by, without those names.
func (d *design) uncalled(l *Line) string {
	return d.src.Replace(l.key, func(string) string { return "_" })
}

// open returns the declaration of a name from another package, unless one of the design's regions shows it.
func (d *design) open(name string) (file string, lines []*Line) {
	place, declaration := d.src.Behind(name)
	if slices.ContainsFunc(declaration, d.shows) {
		return "", nil
	}
	for _, l := range declaration {
		line, err := d.lex.line(l)
		if err != nil {
			return "", nil // the file was read a moment ago
		}
		lines = append(lines, line)
	}
	return strings.TrimPrefix(place, "servers/"), lines
}

// shows reports whether the line is in one of the design's regions.
func (d *design) shows(l source.Line) bool {
	for _, r := range d.regions {
		if l.Number > 0 && slices.ContainsFunc(r.lines, func(own *Line) bool { return own.File == l.File && own.Number == l.Number }) {
			return true
		}
	}
	return false
}

// set matches a line that sets a field of what another package gave, such as "l.Edge = true".
var set = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\w+\.([A-Z]\w*) = `) })

// setByOne returns the fields, such as Edge, that only one of two designs sets. Code that asks for them works
// differently for the two, although its lines are equal.
func setByOne(a, b *design) (fields []string) {
	ofA, ofB := a.sets(), b.sets()
	for field := range ofA {
		if !ofB[field] {
			fields = append(fields, field)
		}
	}
	for field := range ofB {
		if !ofA[field] {
			fields = append(fields, field)
		}
	}
	return fields
}

// sets returns the fields that the design's own code sets.
func (d *design) sets() map[string]bool {
	fields := map[string]bool{}
	for _, r := range d.regions {
		for _, l := range r.lines {
			if found := set().FindStringSubmatch(l.key); l.own != nil && found != nil {
				fields[found[1]] = true
			}
		}
	}
	return fields
}

// markApart marks the rows of shared code that ask for one of the fields.
func markApart(rows []Row, fields []string) []Row {
	for i, r := range rows {
		if r.Kind == Same && r.A.own == nil && r.A.Number > 0 {
			rows[i].Apart = slices.ContainsFunc(fields, func(field string) bool {
				return slices.Contains(r.A.words, field) && strings.Contains(r.A.key, "."+field)
			})
		}
	}
	return rows
}
