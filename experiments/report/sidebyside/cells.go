package sidebyside

import (
	"fmt"
	"strings"
)

// code is one line of code with its number and sign, continued where it is longer than width (0: never),
// and followed by carets under its marked words where there are no colours.
func (t *text) code(l *Line, sign rune, st style, width int) (out [][]cell) {
	if l == nil {
		return nil
	}
	number := "     "
	if l.Number > 0 {
		number = fmt.Sprintf("%4d ", l.Number)
	}
	cells := cellsOf(l, st)
	first := append(styled(number, faint), styled(string(sign)+" ", st)...)
	for {
		n := len(cells)
		if width > 0 {
			n = breakAt(cells, width-gutter)
		}
		out = append(out, append(first, cells[:n]...))
		if carets := t.carets(cells[:n]); carets != nil {
			out = append(out, carets)
		}
		if cells = cells[n:]; len(cells) == 0 {
			return out
		}
		first = styled(strings.Repeat(" ", gutter), plain)
	}
}

// breakAt returns how many cells go on a line of this width: all, or as many as end after a blank.
func breakAt(cells []cell, width int) int {
	if len(cells) <= width {
		return len(cells)
	}
	for n := width; n > width/2; n-- {
		if cells[n-1].r == ' ' {
			return n
		}
	}
	return width
}

func (t *text) carets(cells []cell) []cell {
	if t.Color {
		return nil
	}
	line, last := []rune(strings.Repeat(" ", gutter)), 0
	for _, c := range cells {
		if line = append(line, ' '); c.marked {
			line[len(line)-1], last = '^', len(line)
		}
	}
	if last == 0 {
		return nil
	}
	return styled(string(line[:last]), plain)
}

// cell is one column of output.
type cell struct {
	r      rune
	style  style
	marked bool
}

// style is an ANSI escape without its frame. The sixteen colours of the terminal are used, since they are
// chosen by whoever looks at it, and every one is doubled by a sign or an underline.
type style string

const (
	plain style = ""
	bold  style = "1"
	faint style = "2"
	red   style = "31"
	green style = "32"
)

var classStyles = map[Class]style{Plain: plain, Keyword: "35", Comment: faint, Literal: "36", Called: bold, Typed: "34", Place: "4"}

func styled(s string, st style) []cell {
	out := make([]cell, 0, len(s))
	for _, r := range s {
		out = append(out, cell{r: r, style: st})
	}
	return out
}

// cellsOf spreads a line over columns. Marked words take the colour of their side.
func cellsOf(l *Line, side style) (out []cell) {
	for _, s := range l.Spans {
		st := classStyles[s.Class]
		if s.Marked {
			st = "1;4;" + side
		}
		for _, r := range s.Text {
			if r == '\t' {
				for next := (len(out)/tab + 1) * tab; len(out) < next; {
					out = append(out, cell{' ', plain, false})
				}
				continue
			}
			out = append(out, cell{r, st, s.Marked})
		}
	}
	return out
}

func (t *text) beside(left, right []cell) {
	pad := styled(strings.Repeat(" ", max(0, t.side-len(left)))+middle, faint)
	t.line(append(append(append([]cell(nil), left...), pad...), right...))
}

// line writes cells without blanks at the end, with as few escapes as they need.
func (t *text) line(cells []cell) {
	for len(cells) > 0 && cells[len(cells)-1].r == ' ' {
		cells = cells[:len(cells)-1]
	}
	now := plain
	for _, c := range cells {
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
