package verdict

import (
	"fmt"
	"slices"
)

// Agreement is how far the verdicts of equal runs agree.
type Agreement struct {
	Pairs       int      // of runs: the first with the second, the third with the fourth
	Comparisons int      // in both runs of a pair
	Same        int      // of those, with the same word
	Differ      []string // another word in one than in the other, with both
	Opposite    []string // faster in one and slower in the other; a sentence each
	Always      []string // ranked the same way in every run, as "deadline: slower in latency.p50"
}

// Agree compares the words of runs of one experiment with different seeds. A comparison that is
// undecided in one run and ranked in the other counts as different, though neither is wrong.
func Agree(runs []Analysis) Agreement {
	all := make([]map[string]Comparison, len(runs))
	var order []string
	for i, a := range runs {
		all[i] = map[string]Comparison{}
		for _, f := range a.Families {
			for _, c := range f.Comparisons {
				key := fmt.Sprintf("%s%s, %s", c.Server, conditionSuffix(c.Of), f.Metric)
				all[i][key] = c
				if i == 0 {
					order = append(order, key)
				}
			}
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
			x.Comparisons++
			if a.Word == b.Word {
				x.Same++
			} else {
				x.Differ = append(x.Differ, fmt.Sprintf("runs %d and %d: %s: %s and %s", i+1, i+2, key, a.Word, b.Word))
			}
			if ranked(a.Word) && ranked(b.Word) && a.Word != b.Word {
				x.Opposite = append(x.Opposite, fmt.Sprintf("runs %d and %d: %s", i+1, i+2, key))
			}
		}
	}
	for _, key := range order {
		word := all[0][key].Word
		if ranked(word) && !slices.ContainsFunc(all, func(m map[string]Comparison) bool { return m[key].Word != word }) {
			x.Always = append(x.Always, fmt.Sprintf("%s: %s", key, word))
		}
	}
	return x
}

func ranked(w Word) bool { return w == Faster || w == Slower }
