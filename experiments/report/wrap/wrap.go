// Package wrap fits text into the columns of a terminal, of which the letters of some scripts take two.
package wrap

import (
	"fmt"
	"slices"
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// Width is how many columns s takes.
func Width(s string) int { return ansi.StringWidth(s) }

// Words breaks s between its words into lines of at most width columns. A wider word, such as a path or a hash, is cut.
// Blanks and line ends in s only separate words. A text without words has no lines.
func Words(s string, width int) (lines []string) {
	width = max(width, 1)
	line := ""
	for _, word := range strings.Fields(s) {
		for Width(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			head := Head(word, width)
			lines, word = append(lines, head), word[len(head):]
		}
		switch {
		case line == "":
			line = word
		case Width(line)+1+Width(word) > width:
			lines, line = append(lines, line), word
		default:
			line += " " + word
		}
	}
	if line != "" {
		lines = append(lines, line)
	}
	return lines
}

// Head is the longest beginning of s in at most width columns; one letter at least.
func Head(s string, width int) string {
	for at, used := 0, 0; at < len(s); {
		letter, columns := ansi.FirstGraphemeCluster(s[at:], ansi.GraphemeWidth)
		if used += columns; used > width && at > 0 {
			return s[:at]
		}
		at += len(letter)
	}
	return s
}

// tail is the longest end of s in at most width columns.
func tail(s string, width int) string {
	for used := Width(s); used > width && s != ""; {
		letter, columns := ansi.FirstGraphemeCluster(s, ansi.GraphemeWidth)
		s, used = s[len(letter):], used-columns
	}
	return s
}

// Clip cuts the end of s off where it takes more than width columns.
func Clip(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	return Head(s, width-1) + "…"
}

// Names shortens names to at most width columns, so that those that differ still do: each keeps its beginning and its
// end, and where another has both of them, its place in the list stands before it.
func Names(names []string, width int) []string {
	short := make([]string, len(names))
	for i, name := range names {
		short[i] = middle(name, width)
	}
	numbered := slices.Clone(short)
	for i := range names {
		for k := range names {
			if short[k] == short[i] && names[k] != names[i] {
				numbered[i] = middle(fmt.Sprintf("%d: %s", slices.Index(names, names[i])+1, names[i]), width)
			}
		}
	}
	return numbered
}

// middle cuts s in its middle where it takes more than width columns.
func middle(s string, width int) string {
	if Width(s) <= width {
		return s
	}
	head := Head(s, width/2)
	return head + "…" + tail(s, width-1-Width(head))
}

// Pad is s with blanks behind it, so that it takes width columns.
func Pad(s string, width int) string { return s + strings.Repeat(" ", max(width-Width(s), 0)) }
