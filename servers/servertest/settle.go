package servertest

import "slices"

// settle names one cause for each failure: first the cause that explains the most failures, for all of these, then
// the one that explains the most of the rest, and so on. Of causes that explain equally many, the more specific one
// wins. Certain causes are named before possible ones. A certain cause about a class of bytes also explains failures
// of conversations in which such bytes were sent.
func settle(failures []*Failure) {
	left := slices.DeleteFunc(slices.Clone(failures), func(f *Failure) bool { return len(f.causes) == 0 })
	if slices.ContainsFunc(left, func(f *Failure) bool { return f.causes[0] == greets }) {
		for _, f := range left {
			if f.sight.event&sawBytes != 0 && !f.sight.gotAny && differs(f.sight.want, f.sight.got) == 0 { // it got the banner in place of its reply
				f.causes, f.certain = []string{greets}, 1
			}
		}
	}
	first := ""
	left = cover(left, func(f *Failure) []string { return f.causes[:f.certain] }, func(words string) {
		if first == "" {
			first = words
		}
		i := slices.IndexFunc(byteClasses, func(class byteClass) bool { return class.words == words })
		for _, f := range left {
			follows := i >= 0 && f.sight.event&(sawBytes|sawSilence|sawOpen) != 0 && f.sight.sent&(1<<i) != 0 ||
				(words == addsLineEnd || words == twice) && words == first && f.sight.event&sawBytes != 0 || // every reply is wrong then
				words == openDrain && slices.Contains(f.causes, hangsDrain) // a server that goes on accepting does not end
			if f.certain == 0 && follows {
				f.causes, f.certain = append([]string{words}, f.causes...), 1
			}
		}
	})
	cover(left, func(f *Failure) []string { return f.causes }, func(string) {})
}

// cover chooses causes, the one with the most failures first, and returns the failures that none explains. It calls
// named with each chosen cause before it removes the failures that the cause explains.
func cover(left []*Failure, of func(*Failure) []string, named func(words string)) []*Failure {
	for {
		count, rank := map[string]int{}, map[string]int{}
		var words []string
		for _, f := range left {
			for i, w := range of(f) {
				if count[w] == 0 {
					words = append(words, w)
				}
				count[w]++
				rank[w] += i
			}
		}
		if len(words) == 0 {
			return left
		}
		best := words[0]
		for _, w := range words[1:] {
			if count[w] > count[best] || count[w] == count[best] && rank[w] < rank[best] {
				best = w
			}
		}
		named(best)
		left = slices.DeleteFunc(slices.Clone(left), func(f *Failure) bool {
			explained := slices.Contains(f.causes, best)
			if explained {
				f.Fault = best
			}
			return explained
		})
	}
}
