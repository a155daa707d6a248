package guess

import (
	"fmt"
	"strconv"
	"strings"
)

// mostVotes bounds a count of hands, so that a slip of the finger is noticed.
const mostVotes = 9999

// ParseGuesses reads the keys of a line, one for each question: "3", "331" or "3 3 1". A - leaves a question out: its votes are
// none.
func ParseGuesses(text string) (guesses []Votes, err error) {
	for _, key := range text {
		var v Votes
		switch {
		case key == ' ', key == ',', key == '\t':
			continue
		case key == '-':
		case '1' <= key && key < '1'+Choices:
			v[key-'1'] = 1
		default:
			return nil, fmt.Errorf("%q is no choice; type 1, 2 or 3 for each client, or - to leave one out", key)
		}
		guesses = append(guesses, v)
	}
	return guesses, nil
}

// ParseVotes reads the votes of a class on one question: a key for each hand, such as "1123", and counts such as "1x12 2x5".
func ParseVotes(text string) (v Votes, err error) {
	fail := func(word string) (Votes, error) {
		return Votes{}, fmt.Errorf("%q is no vote; type 1, 2 or 3 for each hand, or counts such as 1x12 2x5", word)
	}
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return r == ' ' || r == ',' || r == '\t' }) {
		keys, times, counted := strings.Cut(word, "x")
		n := 1
		if counted {
			if n, err = strconv.Atoi(times); err != nil || len(keys) != 1 || n < 0 {
				return fail(word)
			}
		}
		for _, key := range keys {
			if key < '1' || key >= '1'+Choices {
				return fail(word)
			}
			if v[key-'1'] += n; v[key-'1'] > mostVotes {
				return Votes{}, fmt.Errorf("%q: a class has at most %d votes", word, mostVotes)
			}
		}
	}
	return v, nil
}
