package verdict

import (
	"fmt"
	"iter"
	"maps"
	"slices"

	"socketbench/experiments/disturb"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// otherPace is by what factor the usual pace of a run is another than that of an earlier one. While two CPUs stay where they
// are, the medians of two runs differ by a few percent.
const otherPace = 1.25

// OtherPaces says which paces were others in the second of two runs: the machine was in another state, such as CPUs that
// share no cache, which no fact about it shows.
func OtherPaces(a, b []result.Trial) (list []string) {
	first, second := disturb.UsualPaces(raws(a)), disturb.UsualPaces(raws(b))
	for _, what := range slices.Sorted(maps.Keys(first)) {
		x, y := first[what], second[what]
		if y > 0 && max(x/y, y/x) >= otherPace {
			list = append(list, fmt.Sprintf("the machine was in another state: %s took %s, then %s (medians of what was measured before and after each trial)",
				disturb.PaceOf(what), unit.Tick("ns", x), unit.Tick("ns", y)))
		}
	}
	return list
}

// raws yields the raw counters of trials.
func raws(trials []result.Trial) iter.Seq[map[string]float64] {
	return func(yield func(map[string]float64) bool) {
		for _, t := range trials {
			if !yield(t.Raw) {
				return
			}
		}
	}
}
