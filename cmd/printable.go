package cmd

import (
	"os"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// printable is what a terminal may be shown of a reply: letters of every script as they are; control bytes,
// broken UTF-8 and what turns the direction of writing quoted, as a server must not command a terminal.
func printable(reply []byte) string {
	ascii := !showsUTF8(os.Getenv)
	var b strings.Builder
	for len(reply) > 0 {
		r, size := utf8.DecodeRune(reply)
		switch {
		case r == utf8.RuneError && size == 1:
			b.WriteString(`\x`)
			b.WriteString(hex(reply[0]))
		case r >= utf8.RuneSelf && ascii:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		case unicode.IsPrint(r), r == '\t', r == '\u200d': // a joiner is a part of many emoji
			b.WriteRune(r)
		case r < utf8.RuneSelf:
			b.WriteString(`\x`)
			b.WriteString(hex(byte(r)))
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		reply = reply[size:]
	}
	return b.String()
}

func hex(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
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
