package sidebyside

import (
	"fmt"
	"maps"
	"strings"
	"unicode/utf16"

	"socketbench/experiments/report/source"
)

// pageJSON is what the script needs to show any two designs: every distinct line once, the regions of
// each design as numbers of lines, and for each pair how the lines stand to each other.
type pageJSON struct {
	Lines   []string            `json:"lines"` // highlighted HTML
	Regions [][2]string         `json:"regions"`
	Designs []designJSON        `json:"designs"`
	Pairs   map[string]pairJSON `json:"pairs"` // "0..3": by index into Designs, the lower one first
}

type designJSON struct {
	Name    string             `json:"name"`
	Idea    string             `json:"idea"`
	File    string             `json:"file"`
	Length  int                `json:"length"`
	Facts   []string           `json:"facts,omitempty"`
	Essay   []source.Paragraph `json:"essay"`
	Foreign bool               `json:"foreign,omitempty"` // shown whole, and what is beside it too
	Regions []regionJSON       `json:"regions"`           // in the order of pageJSON.Regions
}

type regionJSON struct {
	Notes []string `json:"notes,omitempty"`
	Lines [][2]int `json:"lines"` // index into pageJSON.Lines, line number in its file
}

// pairJSON holds one string a region. In it, separated by blanks: f12 (twelve equal rows, folded), =2 (two
// equal rows), -3 (three lines of the left side only), +3 (of the right), !2 (two rows of lines without
// likeness), ~4-9/4-7.12-13 (a changed row: the marked characters of the left line and of the right).
type pairJSON struct {
	Step    [2]int   `json:"step"` // lines added, removed
	Regions []string `json:"regions"`
}

func pageData(designs []*design) pageJSON {
	p := pageJSON{Pairs: map[string]pairJSON{}}
	names := parts()
	for _, name := range names {
		p.Regions = append(p.Regions, [2]string{name, titles[name]})
	}
	index := map[string]int{}
	for _, d := range designs {
		out := designJSON{Name: d.side.Name, Idea: d.side.Idea, File: d.side.File, Length: d.side.Length,
			Facts: d.side.Facts, Essay: d.side.Essay, Foreign: d.foreign()}
		regions := maps.Clone(d.regions)
		regions[program] = d.whole().regions[program]
		for _, name := range names {
			r := regions[name]
			region := regionJSON{Notes: sectionNotes(r.elsewhere(d.side.File), r.none, r.facts), Lines: [][2]int{}}
			for _, l := range r.lines {
				text := spansHTML(l.Spans)
				n, known := index[text]
				if !known {
					n = len(p.Lines)
					index[text] = n
					p.Lines = append(p.Lines, text)
				}
				region.Lines = append(region.Lines, [2]int{n, l.Number})
			}
			out.Regions = append(out.Regions, region)
		}
		p.Designs = append(p.Designs, out)
	}
	for i, a := range designs {
		for j := i + 1; j < len(designs); j++ {
			p.Pairs[fmt.Sprintf("%d..%d", i, j)] = pairData(compare(a, designs[j]), names)
		}
	}
	return p
}

func pairData(v View, names []string) pairJSON {
	p := pairJSON{Step: [2]int{v.Step.Added, v.Step.Removed}, Regions: make([]string, len(names))}
	for _, s := range v.Sections {
		var ops []string
		for _, f := range s.Folds() {
			if f.Folded {
				ops = append(ops, fmt.Sprintf("f%d", len(f.Rows)))
				continue
			}
			for i := 0; i < len(f.Rows); {
				op, j := opOf(f.Rows[i]), i+1
				if op == "~" {
					ops = append(ops, "~"+marks(f.Rows[i].A)+"/"+marks(f.Rows[i].B))
				} else {
					for j < len(f.Rows) && opOf(f.Rows[j]) == op {
						j++
					}
					ops = append(ops, fmt.Sprintf("%s%d", op, j-i))
				}
				i = j
			}
		}
		for i, name := range names {
			if name == s.Name {
				p.Regions[i] = strings.Join(ops, " ")
			}
		}
	}
	return p
}

func opOf(r Row) string {
	switch {
	case r.Kind == Same:
		return "="
	case r.Kind == Changed:
		return "~"
	case r.B == nil:
		return "-"
	case r.A == nil:
		return "+"
	}
	return "!"
}

// marks lists the marked parts of a line as the script counts: in UTF-16 units.
func marks(l *Line) string {
	var parts []string
	at, start := 0, -1
	for _, s := range l.Spans {
		if s.Marked && start < 0 {
			start = at
		}
		if !s.Marked && start >= 0 {
			parts = append(parts, fmt.Sprintf("%d-%d", start, at))
			start = -1
		}
		at += len(utf16.Encode([]rune(s.Text)))
	}
	if start >= 0 {
		parts = append(parts, fmt.Sprintf("%d-%d", start, at))
	}
	return strings.Join(parts, ".")
}
