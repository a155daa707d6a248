package quote

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Apart writes names for a table, so that no two of them look the same: each as [Text] does, unless two would then look
// alike, because one has the letters \x1b where the other has the byte, two blanks where the other has one, or a letter and
// its accent where the other has both in one. In that case all are written so that every character of theirs is seen. The
// result is by name.
func Apart(names []string) map[string]string {
	shown := make(map[string]string, len(names))
	name := make(map[string]string, len(names)) // by what a reader sees
	write := Text
	for _, n := range names {
		looks := norm.NFC.String(strings.Join(strings.Fields(Text(n)), " "))
		if other, taken := name[looks]; taken && other != n {
			write = exact
		}
		name[looks] = n
	}
	for _, n := range names {
		shown[n] = write(n)
	}
	return shown
}

// exact writes a name as no other is written: a backslash stands only before what is quoted, a blank only between
// two other characters, and an accent only in one with its letter.
func exact(name string) string {
	parts := strings.Split(name, `\`)
	for i, p := range parts {
		parts[i] = Text(p)
	}
	s := strings.ReplaceAll(strings.Join(parts, `\x5c`), "\u3000", `\u3000`)
	s = marks(s)
	s = strings.ReplaceAll(s, "  ", ` \x20`)
	if rest, ok := strings.CutPrefix(s, " "); ok {
		s = `\x20` + rest
	}
	if rest, ok := strings.CutSuffix(s, " "); ok {
		s = rest + `\x20`
	}
	return s
}

// marks writes as code points what another spelling of the same text has not: characters that are drawn over the one before
// them, the parts of Korean syllables, and second code points of one letter, as that of the unit ångström.
func marks(s string) string {
	return Codes(s, func(r rune) bool {
		return !unicode.Is(unicode.M, r) && (r < 0x1160 || r > 0x11ff) && norm.NFC.String(string(r)) == string(r)
	})
}
