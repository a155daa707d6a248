// Package wrap breaks text into lines for a terminal.
package wrap

import (
	"strings"
	"unicode/utf8"
)

// Words breaks s between its words into lines of at most width columns. A wider word, such as a path or a hash, is cut.
// Blanks and line ends in s only separate words. A text without words has no lines.
func Words(s string, width int) (lines []string) {
	width = max(width, 1)
	line := ""
	for _, word := range strings.Fields(s) {
		for utf8.RuneCountInString(word) > width {
			if line != "" {
				lines, line = append(lines, line), ""
			}
			r := []rune(word)
			lines, word = append(lines, string(r[:width])), string(r[width:])
		}
		switch {
		case line == "":
			line = word
		case utf8.RuneCountInString(line)+1+utf8.RuneCountInString(word) > width:
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
