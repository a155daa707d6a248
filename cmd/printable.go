package cmd

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"unicode/utf8"

	"socketbench/experiments/quote"
)

// printable is a reply as a terminal shows it. Letters of every script stay as they are if the locale can show them.
// Everything else is quoted, because a server must not control the terminal.
func printable(reply []byte) string {
	text := quote.Prose(string(reply))
	if showsUTF8(os.Getenv) {
		return text
	}
	return quote.Codes(text, func(r rune) bool { return r < utf8.RuneSelf })
}

// oneByte is a byte in quotes. From 0x80 on it is a part of a letter, and is written as the byte: the letter of that number
// is another.
func oneByte(b byte) string {
	if b < utf8.RuneSelf {
		return strconv.QuoteRune(rune(b))
	}
	return fmt.Sprintf(`'\x%02x'`, b)
}

// showsUTF8 reports whether the terminal shows UTF-8. If a locale is set, its name says so (locale(7)); without one it
// is taken to do so, as modern terminals do.
func showsUTF8(getenv func(string) string) bool {
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "LANG"} {
		if value := getenv(name); value != "" {
			value = strings.ToUpper(value)
			return strings.Contains(value, "UTF-8") || strings.Contains(value, "UTF8")
		}
	}
	return true
}

// counted is a number of things in words. The digits are not grouped, so that other programs can read them.
func counted(n int64, thing string) string {
	if n != 1 {
		thing += "s"
	}
	return fmt.Sprintf("%d %s", n, thing)
}
