package report

import (
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/quote"
	"socketbench/experiments/verdict"
)

// A failure is how a server failed, with its last words.
type failure struct {
	Sentence string
	Words    []string // lines of its standard error; none if it wrote nothing
}

// failures has one entry for each server and kind of failure: its first cell in full, the other cells by name.
func failures(list []verdict.Fault) (out []failure) {
	type kind struct{ server, what string }
	seen := map[kind]int{}
	also := map[int][]string{}
	for _, f := range list {
		k := kind{f.Cell.Server(), f.Kind}
		i, again := seen[k]
		if !again {
			i = len(out)
			seen[k] = i
			out = append(out, failure{Sentence: f.Sentence()})
		} else if where := verdict.Condition(f.Cell); where != "" {
			also[i] = append(also[i], where)
		}
		if len(out[i].Words) == 0 {
			out[i].Words = LastWords(f.Words)
		}
	}
	for i := range out {
		switch places := also[i]; {
		case len(places) > mostNamed:
			out[i].Sentence += fmt.Sprintf(" The same happened under %d other conditions.", len(places))
		case len(places) > 0:
			out[i].Sentence += " The same happened under these conditions: " + strings.Join(places, "; ") + "."
		}
	}
	return out
}

// mostWords is how many lines of a server's last words are shown. The file trials.jsonl has all that was kept.
const mostWords = 4

// LastWords are the lines of a server's standard error that say most: those that begin with the reason why a Go program
// ends, or else the last ones. Escape sequences and other invisible characters are quoted.
func LastWords(said string) []string {
	var lines []string
	for line := range strings.Lines(quote.Lines(said)) {
		if line = strings.TrimRight(line, "\n\t "); line != "" {
			lines = append(lines, line)
		}
	}
	i := slices.IndexFunc(lines, func(l string) bool { return strings.HasPrefix(l, "panic: ") || strings.HasPrefix(l, "fatal error: ") })
	if i < 0 {
		i = max(0, len(lines)-mostWords)
	}
	return lines[i:min(len(lines), i+mostWords)]
}
