package verdict

import (
	"fmt"
	"slices"
)

// Agreement is how far the verdicts of equal runs agree.
type Agreement struct {
	Pairs    int      // of runs: the first with the second, the third with the fourth
	Verdicts int      // comparisons and predictions in both runs of a pair
	Same     int      // of those, with the same word
	Differ   []string // another word in one than in the other, with both
	Opposite []string // faster in one and slower in the other, or holds and refuted; a sentence each
	Always   []string // decided the same way in every run, as "deadline, latency.p50: slower"
}

// Agree compares the words of runs of one experiment with different seeds. What is undecided in one run and decided in
// the other counts as different, though neither is wrong.
func Agree(runs []Analysis) Agreement {
	all := make([]map[string]Word, len(runs))
	var order []string
	for i, a := range runs {
		all[i] = map[string]Word{}
		note := func(key string, w Word) {
			all[i][key] = w
			if i == 0 {
				order = append(order, key)
			}
		}
		for _, f := range a.Families {
			for _, c := range f.Comparisons {
				note(fmt.Sprintf("%s%s, %s", c.Server, conditionSuffix(c.Of), f.Metric), c.Word)
			}
		}
		for _, p := range a.Predictions {
			note(p.Claim, p.Word)
		}
	}
	var x Agreement
	for i := 0; i+1 < len(runs); i += 2 {
		x.Pairs++
		for _, key := range order {
			a, inA := all[i][key]
			b, inB := all[i+1][key]
			if !inA || !inB {
				continue
			}
			x.Verdicts++
			if a == b {
				x.Same++
			} else {
				x.Differ = append(x.Differ, fmt.Sprintf("runs %d and %d: %s: %s and %s", i+1, i+2, key, a, b))
			}
			if decided(a) && decided(b) && a != b {
				x.Opposite = append(x.Opposite, fmt.Sprintf("runs %d and %d: %s", i+1, i+2, key))
			}
		}
	}
	for _, key := range order {
		word := all[0][key]
		if decided(word) && !slices.ContainsFunc(all, func(m map[string]Word) bool { return m[key] != word }) {
			x.Always = append(x.Always, fmt.Sprintf("%s: %s", key, word))
		}
	}
	return x
}

// Add counts what runs of another experiment agree in, whose name stands before its sentences.
func (x *Agreement) Add(name string, y Agreement) {
	x.Pairs = max(x.Pairs, y.Pairs)
	x.Verdicts, x.Same = x.Verdicts+y.Verdicts, x.Same+y.Same
	for _, part := range []struct {
		to   *[]string
		from []string
	}{{&x.Differ, y.Differ}, {&x.Opposite, y.Opposite}, {&x.Always, y.Always}} {
		for _, s := range part.from {
			*part.to = append(*part.to, name+", "+s)
		}
	}
}

// decided reports whether another decided word would be its opposite.
func decided(w Word) bool { return w == Faster || w == Slower || w == Holds || w == Refuted }
