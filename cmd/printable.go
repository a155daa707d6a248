package cmd

import (
	"fmt"
	"os"
	"strings"
	"unicode/utf8"

	"socketbench/experiments/quote"
)

// printable is what a terminal is shown of a reply: letters of every script as they are, as far as the locale's
// terminal shows them; everything else quoted, as a server must not command a terminal.
func printable(reply []byte) string {
	text := quote.Prose(string(reply))
	if showsUTF8(os.Getenv) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case r < utf8.RuneSelf:
			b.WriteRune(r)
		case r > 0xffff:
			fmt.Fprintf(&b, `\U%08x`, r)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

// showsUTF8 reports whether the locale's terminal shows UTF-8. Where no locale is set it does, as terminals of
// today do; where one is set, its name says so (locale(7)).
func showsUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			value = strings.ToUpper(value)
			return strings.Contains(value, "UTF-8") || strings.Contains(value, "UTF8")
		}
	}
	return true
}

// counted is a number of things in words, its digits in one word, for other programs to read.
func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
