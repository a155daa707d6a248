package sidebyside

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"socketbench/experiments/report/source"
	"socketbench/servers"
)

// design is an entry with its code. It is read once and compared several times.
type design struct {
	side    Side
	after   string
	regions map[string]region
	src     source.Source
	lex     *lexer
}

type region struct {
	files []string
	none  string
	facts []string
	lines []*Line
}

func load(e servers.Entry, facts Facts) (*design, error) {
	src, err := source.Of(e)
	if err != nil {
		return nil, err
	}
	d := &design{
		side: Side{Name: e.Name, Idea: e.Idea, Family: e.Family, File: src.File, Length: src.Length,
			Essay: src.Essay, Facts: facts.whole(e.Name)},
		after:   e.After,
		regions: map[string]region{},
		src:     src,
		lex:     newLexer(e, src),
	}
	for _, r := range src.Regions {
		own := region{files: r.Files, none: r.None, facts: facts.of(e.Name, r.Name)}
		file := ""
		for _, l := range r.Lines {
			if len(r.Files) > 1 && l.File != file {
				file = l.File
				own.lines = append(own.lines, placeLine(file))
			}
			line, err := d.lex.line(l)
			if err != nil {
				return nil, err
			}
			own.lines = append(own.lines, line)
		}
		d.regions[r.Name] = own
	}
	return d, nil
}

// placeLine names the file of the code that follows, where that is another file than before.
func placeLine(file string) *Line {
	name := strings.TrimPrefix(file, "servers/")
	return &Line{File: file, Spans: []Span{{Text: name, Class: FileName}}, key: name}
}

// loadAll reads the designs of entries.
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

// parts lists the possible sections of a view, in order. A program without marked regions has only the last, and
// a design beside it is then shown as one program as well.
func parts() []string { return slices.Concat([]string{"type"}, source.Regions, []string{program}) }

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
	var lines []*Line
	for _, name := range parts() {
		lines = append(lines, d.regions[name].lines...)
	}
	place := func(l *Line) int { // as in the design's file, and after it the code from other files
		if l.File != file {
			return math.MaxInt
		}
		return l.Number
	}
	slices.SortStableFunc(lines, func(a, b *Line) int { return cmp.Compare(place(a), place(b)) })
	for _, l := range lines {
		if l.Number > 0 {
			if l.File != file {
				file = l.File
				all.lines = append(all.lines, placeLine(file))
			}
			all.lines = append(all.lines, l)
		}
	}
	return &design{side: d.side, after: d.after, regions: map[string]region{program: all}}
}

// elsewhere names the file of a region below servers/, if it is not the design's own file.
func (r region) elsewhere(own string) string {
	if len(r.files) != 1 || r.files[0] == own {
		return "" // of several files, each is named where its code begins
	}
	return strings.TrimPrefix(r.files[0], "servers/")
}
