package sidebyside

import (
	"bufio"
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"socketbench/experiments/report/wrap"
	"socketbench/experiments/unit"
)

// TextOptions say how a view is written for a terminal. The zero value is plain text, with one design above the other
// and equal lines folded.
type TextOptions struct {
	// Width is the columns of the terminal (0: no limit). Below BesideWidth the designs stand one above the other.
	Width int
	Color bool // ANSI colours; without them, carets mark differing words
	Full  bool // fold nothing
}

// BesideWidth is how many columns two designs need to stand side by side. A line that is longer than its side continues
// below itself. In FullWidth columns every line fits.
const (
	BesideWidth = 2*(72+gutter) + len(middle)
	FullWidth   = 2*(100+gutter) + len(middle)
)

const (
	gutter = 7 // "  12 ~ "
	middle = " | "
	tab    = 4  // columns
	prose  = 84 // columns of text, where nothing stands beside it
	least  = 40 // columns; a narrower terminal breaks the lines itself
)

// WriteText writes v to w. The error is that of w.
func WriteText(w io.Writer, v View, o TextOptions) error {
	t := &text{w: bufio.NewWriter(w), TextOptions: o, alone: v.B.Name == ""}
	if o.Width > 0 {
		t.Width = max(o.Width, least)
	}
	if o.Width >= BesideWidth && !t.alone {
		t.side = (min(o.Width, FullWidth) - len(middle)) / 2
	}
	t.header(v)
	for _, s := range v.Sections {
		t.section(s)
	}
	return t.w.Flush()
}

type text struct {
	w *bufio.Writer
	TextOptions
	side  int  // columns of one side; 0: one above the other
	alone bool // one design only
}

// header writes what stands above the code of the designs, paragraph beside paragraph.
func (t *text) header(v View) {
	switch {
	case t.alone:
		t.blocks(t.about(v.A, t.prose()))
		return
	case t.side > 0:
		left, right := t.about(v.A, t.side), t.about(v.B, t.side)
		for p := range max(len(left), len(right)) {
			if p > 0 {
				t.beside(nil, nil)
			}
			a, b := at(left, p), at(right, p)
			for i := range max(len(a), len(b)) {
				t.beside(at(a, i), at(b, i))
			}
		}
	default:
		t.blocks(append(t.about(v.A, t.prose()), t.about(v.B, t.prose())...))
	}
	t.line(nil)
	t.line(styled(fmt.Sprintf("from %s to %s: %s", v.A.Name, v.B.Name, v.Change), bold))
}

// prose is the width of text, where nothing stands beside it.
func (t *text) prose() int {
	if t.Width > 0 {
		return min(prose, t.Width)
	}
	return prose
}

// blocks writes paragraphs one below the other.
func (t *text) blocks(paragraphs [][][]glyph) {
	for i, p := range paragraphs {
		if i > 0 {
			t.line(nil)
		}
		for _, l := range p {
			t.line(l)
		}
	}
}

// String describes the change in words.
func (c Change) String() string {
	switch {
	case c.Added == 0 && c.Removed == 0:
		return "no line of code differs"
	case c.Removed == 0:
		return fmt.Sprintf("%s added", unit.Many(c.Added, "line"))
	case c.Added == 0:
		return fmt.Sprintf("%s removed", unit.Many(c.Removed, "line"))
	}
	return fmt.Sprintf("%s added, %d removed", unit.Many(c.Added, "line"), c.Removed)
}

// about is one design's name, idea and facts, and the paragraphs of its essay, wrapped.
func (t *text) about(s Side, width int) (paragraphs [][][]glyph) {
	var first [][]glyph
	for _, l := range wrap.Words(s.Name, width) {
		first = append(first, styled(l, bold))
	}
	for _, l := range wrap.Words(s.Idea, width) {
		first = append(first, styled(l, plain))
	}
	first = append(first, styled(fmt.Sprintf("%s, %d lines", s.File, s.Length), faint))
	for _, f := range s.Facts {
		first = append(first, styled("measured: "+f, plain))
	}
	paragraphs = append(paragraphs, first)
	for _, p := range s.Essay {
		var out [][]glyph
		for _, l := range wrap.Words(strings.TrimSpace(p.Opener+" "+p.Text), width) {
			out = append(out, styled(l, plain))
		}
		if len(out) > 0 {
			for i := range min(len([]rune(p.Opener)), len(out[0])) {
				out[0][i].style = bold
			}
		}
		paragraphs = append(paragraphs, out)
	}
	return paragraphs
}

func (t *text) section(s Section) {
	width := t.prose()
	if t.side > 0 {
		width = 2*t.side + len(middle)
	}
	head := fmt.Sprintf("-- %s: %s ", s.Name, s.Title)
	t.line(nil)
	t.line(styled(head+strings.Repeat("-", max(3, width-utf8.RuneCountInString(head))), bold))
	left, right := sectionNotes(s.FileA, s.NoneA, s.FactsA), sectionNotes(s.FileB, s.NoneB, s.FactsB)
	switch {
	case t.side > 0:
		for i := range max(len(left), len(right)) {
			t.beside(styled(at(left, i), faint), styled(at(right, i), faint))
		}
	case t.alone || slices.Equal(left, right):
		for _, l := range left {
			t.line(styled(strings.Repeat(" ", gutter)+l, faint))
		}
	default:
		for _, l := range left {
			t.line(styled("     - "+l, faint))
		}
		for _, l := range right {
			t.line(styled("     + "+l, faint))
		}
	}
	for _, f := range s.Folds() {
		switch {
		case f.Folded && !t.Full:
			t.line(styled(fmt.Sprintf("       ... %s the same ...", unit.Many(len(f.Rows), "line")), faint))
		case t.alone:
			t.one(f.Rows)
		case t.side > 0:
			t.rows(f.Rows)
		default:
			t.stacked(f.Rows)
		}
	}
}

// sectionNotes are the lines under a section's heading on one side.
func sectionNotes(file, none string, facts []string) (notes []string) {
	if none != "" {
		notes = append(notes, "none: "+none)
	}
	if file != "" {
		notes = append(notes, "in "+file)
	}
	for _, f := range facts {
		notes = append(notes, "measured: "+f)
	}
	return notes
}

// one writes the code of a single design.
func (t *text) one(rows []Row) {
	for _, r := range rows {
		for _, l := range t.code(r.A, ' ', plain, t.Width) {
			t.line(l)
		}
	}
}

// rows writes two sides beside each other.
func (t *text) rows(rows []Row) {
	for _, r := range rows {
		signA, signB := '-', '+'
		switch r.Kind {
		case Same:
			signA, signB = ' ', ' '
		case Changed:
			signA, signB = '~', '~'
		}
		left, right := t.code(r.A, signA, red, t.side), t.code(r.B, signB, green, t.side)
		for i := range max(len(left), len(right)) {
			t.beside(at(left, i), at(right, i))
		}
	}
}

// stacked writes equal lines once. Of each run of differing lines it writes first one side, then the other.
func (t *text) stacked(rows []Row) {
	for i := 0; i < len(rows); {
		if rows[i].Kind == Same {
			for _, l := range t.code(rows[i].B, ' ', plain, t.Width) {
				t.line(l)
			}
			i++
			continue
		}
		end := i
		for end < len(rows) && rows[end].Kind != Same {
			end++
		}
		for _, r := range rows[i:end] {
			for _, l := range t.code(r.A, '-', red, t.Width) {
				t.line(l)
			}
		}
		for _, r := range rows[i:end] {
			for _, l := range t.code(r.B, '+', green, t.Width) {
				t.line(l)
			}
		}
		i = end
	}
}

// at returns the i-th element of a side, or nothing after its end.
func at[T any](side []T, i int) (nothing T) {
	if i < len(side) {
		return side[i]
	}
	return nothing
}
