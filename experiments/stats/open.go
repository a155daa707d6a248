package stats

import "math"

// Open are requests that nobody answered. In a histogram of response times they stand at their age.
type Open struct {
	N        int64   // how many
	Youngest float64 // the smallest of their ages, ns
}

// And is the requests of both.
func (o Open) And(other Open) Open {
	switch {
	case o.N == 0:
		return other
	case other.N == 0:
		return o
	}
	return Open{o.N + other.N, math.Min(o.Youngest, other.Youngest)}
}

// figures is what a histogram of three figures tells apart.
const figures = 0.001

// Below reports whether a figure lies among the ages, and so above some of them.
func (o Open) Below(value float64) bool { return o.N > 0 && value >= o.Youngest*(1-figures) }

// Most is what the percentile q, in 0..1, of n response times which they are among may be at most, had they been
// answered at any time after they were counted; +Inf where they may be it. at reads the percentiles of those n. Of a
// few among many no median depends, however young they are.
func (o Open) Most(q float64, n int64, at func(q float64) int64) float64 {
	value := float64(at(q))
	if !o.Below(value) {
		return value
	}
	late := q + float64(o.N)/float64(n) // were all of them beyond, this one would stand at q
	if late >= 1 {
		return math.Inf(1)
	}
	return float64(at(late))
}

// AtLeast reports whether a percentile is a lower bound only: whether in three figures it is another than the most
// that it may be.
func AtLeast(value, most float64) bool { return most > value*(1+figures) }
