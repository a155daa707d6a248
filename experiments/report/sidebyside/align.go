package sidebyside

import (
	"regexp"
	"strings"
	"sync"
	"unicode"

	"github.com/aymanbagabas/go-udiff/lcs"
)

// align pairs the lines of two regions. Equal lines stand beside each other. Between them, similar lines stand beside
// each other, with the differing words marked. The given lines are not changed.
func align(a, b []*Line) (rows []Row) {
	if len(a) == 0 || len(b) == 0 {
		return between(a, b)
	}
	ia, ib := 0, 0
	same := func(toA int) {
		for ; ia < toA; ia, ib = ia+1, ib+1 {
			rows = append(rows, Row{A: a[ia], B: b[ib], Kind: Same})
		}
	}
	for _, d := range merged(a, lcs.DiffLines(keys(a), keys(b))) {
		same(d.Start)
		rows = append(rows, between(a[d.Start:d.End], b[d.ReplStart:d.ReplEnd])...)
		ia, ib = d.End, d.ReplEnd
	}
	same(len(a))
	return rows
}

func keys(lines []*Line) []string {
	s := make([]string, len(lines))
	for i, l := range lines {
		s[i] = l.key
	}
	return s
}

// merged joins differences that are separated only by blank lines and closing brackets. Such lines are equal by chance,
// and to align on them would separate code that belongs together.
func merged(a []*Line, diffs []lcs.Diff) []lcs.Diff {
	var out []lcs.Diff
	for _, d := range diffs {
		if n := len(out); n > 0 && meaningless(a[out[n-1].End:d.Start]) {
			out[n-1].End, out[n-1].ReplEnd = d.End, d.ReplEnd
			continue
		}
		out = append(out, d)
	}
	return out
}

func meaningless(lines []*Line) bool {
	for _, l := range lines {
		if len(l.words) > 0 {
			return false
		}
	}
	return true
}

// between arranges two runs of lines that are not equal. It chooses the pairs, in order, that have most in common. The
// remaining lines of both sides stand beside each other.
func between(a, b []*Line) (rows []Row) {
	gain := make([][]float64, len(a)+1) // likeness of the best pairs from here to the end
	for i := range gain {
		gain[i] = make([]float64, len(b)+1)
	}
	like := make([][]float64, len(a))
	for i := len(a) - 1; i >= 0; i-- {
		like[i] = make([]float64, len(b))
		for j := len(b) - 1; j >= 0; j-- {
			like[i][j] = likeness(a[i], b[j])
			gain[i][j] = max(gain[i+1][j], gain[i][j+1], gain[i+1][j+1]+like[i][j])
		}
	}
	var onlyA, onlyB []*Line
	flush := func() {
		for k := range max(len(onlyA), len(onlyB)) {
			r := Row{Kind: Other}
			if k < len(onlyA) {
				r.A = onlyA[k]
			}
			if k < len(onlyB) {
				r.B = onlyB[k]
			}
			rows = append(rows, r)
		}
		onlyA, onlyB = nil, nil
	}
	i, j := 0, 0
	for i < len(a) && j < len(b) {
		switch {
		case like[i][j] > 0 && gain[i][j] == gain[i+1][j+1]+like[i][j]:
			flush()
			rows = append(rows, alikeRow(a[i], b[j]))
			i, j = i+1, j+1
		case gain[i][j] == gain[i+1][j]:
			onlyA = append(onlyA, a[i])
			i++
		default:
			onlyB = append(onlyB, b[j])
			j++
		}
	}
	onlyA, onlyB = append(onlyA, a[i:]...), append(onlyB, b[j:]...)
	flush()
	return rows
}

// alike is the share of words that two lines must have in common to be shown as one changed line.
const alike = 0.5

// likeness returns the share of words that two lines have in common, or 0 where it is below alike. Brackets and
// operators do not count. Equal lines have a higher likeness than any others.
func likeness(a, b *Line) float64 {
	if a.key == b.key {
		if len(a.words) == 0 {
			return 0.01 // brackets may form a pair, but never instead of a pair of lines with words
		}
		return 2
	}
	if strings.HasPrefix(a.key, "//") != strings.HasPrefix(b.key, "//") {
		return 0 // a comment is never similar to code
	}
	both := 0
	taken := make([]bool, len(b.words))
	for _, w := range a.words {
		for j, other := range b.words {
			if !taken[j] && w == other {
				taken[j] = true
				both++
				break
			}
		}
	}
	share := 2 * float64(both) / float64(max(1, len(a.words)+len(b.words)))
	if share < alike && sameLabel(a.key, b.key) {
		return alike
	}
	if share < alike {
		return 0
	}
	return share
}

// sameLabel reports whether two comments answer the same question: "// Comes back: " begins both.
func sameLabel(a, b string) bool {
	label := label().FindString(a)
	return label != "" && strings.HasPrefix(b, label)
}

var label = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^// [A-Z][a-z ]+: `) })

// words matches the pieces of a line that are marked as a whole.
var words = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`[\pL\pN_]+|\s+|[^\pL\pN_\s]`)
})

// meaningful returns the words that have a letter or a digit.
func meaningful(words []string) (kept []string) {
	for _, w := range words {
		if strings.IndexFunc(w, func(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }) >= 0 {
			kept = append(kept, w)
		}
	}
	return kept
}

// alikeRow returns two lines as one row, with the words that differ marked.
func alikeRow(a, b *Line) Row {
	if a.key == b.key {
		return Row{A: a, B: b, Kind: Same}
	}
	indentA, textA := indent(a.Text())
	indentB, textB := indent(b.Text())
	wa, wb := words().FindAllString(textA, -1), words().FindAllString(textB, -1)
	markA, markB := make([]bool, len(wa)), make([]bool, len(wb))
	for _, d := range lcs.DiffLines(a.neutralAll(wa), b.neutralAll(wb)) {
		for i := d.Start; i < d.End; i++ {
			markA[i] = true
		}
		for i := d.ReplStart; i < d.ReplEnd; i++ {
			markB[i] = true
		}
	}
	return Row{A: marked(a, indentA, wa, markA), B: marked(b, indentB, wb, markB), Kind: Changed}
}

func indent(s string) (blank, rest string) {
	rest = strings.TrimLeft(s, " \t")
	return s[:len(s)-len(rest)], rest
}

// marked returns a copy of l in which the words with a mark are spans of their own. Blanks between two
// marked words are marked too, so that a run of them is one mark.
func marked(l *Line, indent string, words []string, marks []bool) *Line {
	at := make([]bool, 0, 128) // by byte of the line
	at = append(at, make([]bool, len(indent))...)
	for i, w := range words {
		m := marks[i]
		if !m && strings.TrimSpace(w) == "" && i > 0 && i < len(words)-1 {
			m = marks[i-1] && marks[i+1]
		}
		for range len(w) {
			at = append(at, m)
		}
	}
	out := &Line{Number: l.Number, File: l.File, key: l.key}
	n := 0
	for _, s := range l.Spans {
		for from := 0; from < len(s.Text); {
			to := from + 1
			for to < len(s.Text) && at[n+to] == at[n+from] {
				to++
			}
			out.Spans = append(out.Spans, Span{Text: s.Text[from:to], Class: s.Class, Marked: at[n+from]})
			from = to
		}
		n += len(s.Text)
	}
	return out
}
