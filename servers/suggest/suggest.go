// Package suggest finds the name that a user probably meant when an unknown name was typed.
package suggest

import (
	"fmt"
	"strings"
)

// DidYouMean returns `; did you mean "NAME"?` with the nearest of the names, or "" if none is near: a third of the letters
// may be wrong, and one more if the beginning is right. A name is near as well if what was typed is its beginning or, with
// four letters, a part of it. If two are equally near, it takes the one whose beginning matches more of what was typed,
// because people often leave the end out.
func DidYouMean(name string, names []string) string {
	name = strings.ToLower(name)
	best, distance, shared := "", 0, 0
	for _, n := range names {
		lower := strings.ToLower(n)
		d, s := editDistance(name, lower), commonPrefix(name, lower)
		if near(name, lower, d, s) && (best == "" || d < distance || d == distance && s > shared) {
			best, distance, shared = n, d, s
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf("; did you mean %q?", best)
}

// near reports whether a typed name can have meant another one, from which it differs by so many letters and with which
// it shares its first letters.
func near(typed, name string, distance, shared int) bool {
	most := len(typed) / 3
	if shared >= 3 {
		most++
	}
	return distance <= most || len(typed) >= 2 && strings.HasPrefix(name, typed) || len(typed) >= 4 && strings.Contains(name, typed)
}

func commonPrefix(a, b string) (n int) {
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	return n
}

// editDistance is the least number of letters to insert, delete, replace or swap with a neighbour
// that turns one name into the other (Damerau 1964, Levenshtein 1966).
func editDistance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			change := rows[i-1][j-1]
			if a[i-1] != b[j-1] {
				change++
			}
			rows[i][j] = min(change, rows[i-1][j]+1, rows[i][j-1]+1)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
