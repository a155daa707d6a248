package servertest

import (
	"bytes"
	"slices"
	"strings"
)

// byteClass is a kind of bytes that faulty servers treat differently from others.
type byteClass struct {
	words string
	has   func(byte) bool
}

// byteClasses lists the narrowest class first.
var byteClasses = []byteClass{
	{cString, func(b byte) bool { return b == 0 }},
	{lineEnds, func(b byte) bool { return b == '\r' || b == '\n' }},
	{blankBytes, func(b byte) bool { return strings.IndexByte(" \t\r\n\v\f", b) >= 0 }},
	{controlBytes, func(b byte) bool { return b < ' ' || b == 0x7f }},
	{highBytes, func(b byte) bool { return b > 0x7f }},
	{swapsCase, func(b byte) bool { return b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z' }},
}

// classesOf returns the classes of the bytes in b, one bit for each class.
func classesOf(b []byte) (bits uint) {
	for _, c := range b {
		bits |= classBits[c]
	}
	return bits
}

var classBits = func() (t [256]uint) {
	for c := range t {
		for i, class := range byteClasses {
			if class.has(byte(c)) {
				t[c] |= 1 << i
			}
		}
	}
	return t
}()

func unique(all []string) []string {
	var once []string
	for _, words := range all {
		if !slices.Contains(once, words) {
			once = append(once, words)
		}
	}
	return once
}

// missing returns the bytes that are owed and did not come.
func missing(v sight) []byte {
	if len(v.got) > len(v.want) {
		return nil
	}
	return v.want[len(v.got):]
}

// firstZero reports whether the first zero byte of want is at this place. A server that stops at zero bytes, or
// changes them, fails at the first.
func firstZero(want []byte, at int) bool { return bytes.IndexByte(want, 0) == at }

// addsALine reports whether got is a line end followed by want. It compares a few bytes. If requests are lines, a line
// end that got ends with may be the line end of want, with the bytes before it lost; that does not count.
func addsALine(got, want []byte, lines bool) bool {
	rest := bytes.TrimPrefix(bytes.TrimPrefix(got, []byte("\r")), []byte("\n"))
	n := min(len(rest), len(want), few)
	return len(rest) < len(got) && (n > 0 || !lines) && bytes.Equal(rest[:n], want[:n])
}

// repeats reports whether fresh, which came instead of want, begins with the end of what had come before. If want
// has these bytes too, those before them may have been lost instead; that does not count.
func repeats(before, fresh, want []byte) bool {
	const least = 3 // bytes: fewer may be equal by chance
	for n := min(len(before), len(fresh)); n >= least; n-- {
		if bytes.HasSuffix(before, fresh[:n]) && !bytes.Contains(want, fresh[:n]) {
			return true
		}
	}
	return false
}

// differs returns the first index at which a and b differ.
func differs(a, b []byte) int {
	n := min(len(a), len(b))
	for i := range n {
		if a[i] != b[i] {
			return i
		}
	}
	return n
}

// onlyAt reports whether every byte that differs differs in the way that of describes.
func onlyAt(want, got []byte, of func(w, g byte) bool) bool {
	for i := range min(len(want), len(got)) {
		if want[i] != got[i] && !of(want[i], got[i]) {
			return false
		}
	}
	return true
}

// sameBut reports whether got is want, or its beginning, except that runs of bytes of a class were dropped or
// replaced. Each byte of a run becomes at most four.
func sameBut(want, got []byte, class func(byte) bool) bool {
	if bytes.HasPrefix(want, got) {
		return false // nothing differs
	}
	for len(got) > 0 {
		plain := span(want, func(b byte) bool { return !class(b) })
		if n := min(plain, len(got)); !bytes.Equal(want[:n], got[:n]) {
			return false
		}
		if plain >= len(got) {
			return true
		}
		want, got = want[plain:], got[plain:]
		run := span(want, class)
		if run == 0 {
			return false // got goes on although want has no byte of the class here
		}
		want = want[run:]
		next := want[:span(want, func(b byte) bool { return !class(b) })]
		at := follows(got, next, 4*run+4, run)
		if at < 0 {
			return false
		}
		if at > run && len(next) < few && span(got[:at], class) < at {
			return false // more bytes than the run had, of other classes; the few that follow may match by chance
		}
		got = got[at:]
	}
	return true
}

// few is how many equal bytes show that a text goes on at a place.
const few = 4

// span returns how many bytes at the start of b are of a class.
func span(b []byte, class func(byte) bool) int {
	for i, c := range b {
		if !class(c) {
			return i
		}
	}
	return len(b)
}

// follows returns where next begins in got, at most limit bytes on; if got ends first, the beginning of next is
// enough. It prefers the place usual and otherwise takes the earliest one. It returns -1 if there is none.
func follows(got, next []byte, limit, usual int) int {
	fits := func(at, least int) bool {
		n := min(len(next), len(got)-at)
		return n >= min(least, len(next)) && bytes.Equal(got[at:at+n], next[:n])
	}
	if usual <= len(got) && fits(usual, 0) {
		return usual
	}
	if len(next) == 0 {
		if len(got) > limit {
			return -1
		}
		return len(got)
	}
	for at := range min(limit, len(got)) + 1 {
		if fits(at, few) {
			return at
		}
	}
	return -1
}
