// Package quote writes what others wrote, such as a server's last words or the name that somebody gave it,
// so that it commands no terminal, breaks no line and stays readable: what can be printed is printed, and
// everything else is written as the bytes or code points that it is, as in a Go string: \n, \x1b, \xff, \u202e.
//
// Quoting twice changes nothing: text is quoted where it comes in and again wherever it goes out. The price is that
// \x1b typed as four letters looks like the byte. [Apart] writes a list of names so that no two of them look the same.
package quote

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Text writes s on one line: line ends and tabs are quoted too.
func Text(s string) string { return write(s, "") }

// Lines writes s with its lines and tabs kept. A carriage return before a line end is left out.
func Lines(s string) string { return write(strings.ReplaceAll(s, "\r\n", "\n"), "\n\t") }

// Prose writes s on one line for a person who reads it. Tabs stay, and what people type although in a name it could hide: the
// joiners that some scripts and pictures are made with, the blanks of other widths, as in French before an exclamation
// mark, and the marks of direction of Hebrew and Arabic. What turns whole lines (U+202E) does not.
func Prose(s string) string { return write(s, "\t"+joiners+blanks+directions) }

// What Prose leaves as it is.
const (
	joiners    = "\u200c\u200d"
	blanks     = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f"
	directions = "\u200e\u200f\u061c"
)

// JSON writes what cannot be printed in a JSON text as \u escapes, which mean the same to its reader. What
// is no UTF-8 is no JSON, and is left as it is.
func JSON(text []byte) []byte {
	var b strings.Builder
	for len(text) > 0 {
		r, n := utf8.DecodeRune(text)
		switch {
		case r < ' ' || printed(r) || r == utf8.RuneError && n == 1: // below a blank: white space between values
			b.Write(text[:n])
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
		text = text[n:]
	}
	return []byte(b.String())
}

// write quotes what is neither printed nor among keep.
func write(s, keep string) string {
	var b strings.Builder
	for len(s) > 0 {
		r, n := utf8.DecodeRuneInString(s)
		switch {
		case r == utf8.RuneError && n == 1:
			fmt.Fprintf(&b, `\x%02x`, s[0])
		case printed(r), strings.ContainsRune(keep, r):
			b.WriteString(s[:n])
		case strings.ContainsRune("\n\r\t", r):
			b.WriteString(strings.Trim(strconv.QuoteRune(r), "'"))
		case r < utf8.RuneSelf:
			fmt.Fprintf(&b, `\x%02x`, r)
		default: // also U+0085 and its neighbours: \x85 is the byte, which is no UTF-8
			b.WriteString(codePoint(r))
		}
		s = s[n:]
	}
	return b.String()
}

// printed reports whether r can be seen as itself. What turns or hides text around it (U+202E, U+200B) is not,
// nor is a blank that looks like another; the wide one of Chinese and Japanese text does not.
func printed(r rune) bool { return unicode.IsPrint(r) || r == '\u3000' }

// Codes writes s with a code point in place of each character that is not plain.
func Codes(s string, plain func(rune) bool) string {
	var b strings.Builder
	for _, r := range s {
		if plain(r) {
			b.WriteRune(r)
		} else {
			b.WriteString(codePoint(r))
		}
	}
	return b.String()
}

// codePoint writes the number of a character as Go does in a text.
func codePoint(r rune) string {
	if r > 0xffff {
		return fmt.Sprintf(`\U%08x`, r)
	}
	return fmt.Sprintf(`\u%04x`, r)
}
