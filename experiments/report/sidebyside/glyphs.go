package sidebyside

import (
	"fmt"
	"strings"
)

// code writes one line of code with its number and sign. A line longer than width is continued on the next (0: never).
// Without colours, carets below the line mark its differing words.
func (t *text) code(l *Line, sign rune, st style, width int) (out [][]glyph) {
	if l == nil {
		return nil
	}
	number := "     "
	if l.Number > 0 {
		number = fmt.Sprintf("%4d ", l.Number)
	}
	glyphs := glyphsOf(l, st)
	first := append(styled(number, faint), styled(string(sign)+" ", st)...)
	for {
		n := len(glyphs)
		if width > 0 {
			n = breakAt(glyphs, width-gutter)
		}
		out = append(out, append(first, glyphs[:n]...))
		if carets := t.carets(glyphs[:n]); carets != nil {
			out = append(out, carets)
		}
		if glyphs = glyphs[n:]; len(glyphs) == 0 {
			return out
		}
		first = styled(strings.Repeat(" ", gutter), plain)
	}
}

// breakAt returns how many glyphs fit on a line of this width. It breaks a longer line after a blank.
func breakAt(glyphs []glyph, width int) int {
	if len(glyphs) <= width {
		return len(glyphs)
	}
	for n := width; n > width/2; n-- {
		if glyphs[n-1].r == ' ' {
			return n
		}
	}
	return width
}

func (t *text) carets(glyphs []glyph) []glyph {
	if t.Color {
		return nil
	}
	line, last := []rune(strings.Repeat(" ", gutter)), 0
	for _, c := range glyphs {
		if line = append(line, ' '); c.marked {
			line[len(line)-1], last = '^', len(line)
		}
	}
	if last == 0 {
		return nil
	}
	return styled(string(line[:last]), plain)
}

// glyph is one character of output, which fills one column of the terminal.
type glyph struct {
	r      rune
	style  style
	marked bool
}

// style is the number of an ANSI escape. Only the sixteen colours are used that the reader can choose for the terminal,
// and a sign or an underline says the same as each colour.
type style string

const (
	plain style = ""
	bold  style = "1"
	faint style = "2"
	red   style = "31"
	green style = "32"
)

var classStyles = map[Class]style{Plain: plain, Keyword: "35", Comment: faint, Literal: "36", Called: bold, Typed: "34", FileName: "4"}

func styled(s string, st style) []glyph {
	out := make([]glyph, 0, len(s))
	for _, r := range s {
		out = append(out, glyph{r: r, style: st})
	}
	return out
}

// glyphsOf divides a line into columns. Marked words have the colour of their side.
func glyphsOf(l *Line, side style) (out []glyph) {
	for _, s := range l.Spans {
		st := classStyles[s.Class]
		if s.Marked {
			st = "1;4;" + side
		}
		for _, r := range s.Text {
			if r == '\t' {
				for next := (len(out)/tab + 1) * tab; len(out) < next; {
					out = append(out, glyph{' ', plain, false})
				}
				continue
			}
			out = append(out, glyph{r, st, s.Marked})
		}
	}
	return out
}

func (t *text) beside(left, right []glyph) {
	pad := styled(strings.Repeat(" ", max(0, t.side-len(left)))+middle, faint)
	t.line(append(append(append([]glyph(nil), left...), pad...), right...))
}

// line writes glyphs without blanks at the end, and with as few escapes as possible.
func (t *text) line(glyphs []glyph) {
	for len(glyphs) > 0 && glyphs[len(glyphs)-1].r == ' ' {
		glyphs = glyphs[:len(glyphs)-1]
	}
	now := plain
	for _, c := range glyphs {
		if t.Color && c.style != now {
			t.w.WriteString("\x1b[0m")
			if c.style != plain {
				t.w.WriteString("\x1b[" + string(c.style) + "m")
			}
			now = c.style
		}
		t.w.WriteRune(c.r)
	}
	if now != plain {
		t.w.WriteString("\x1b[0m")
	}
	t.w.WriteByte('\n')
}
