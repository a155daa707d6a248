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

// resolution is what a histogram of three figures tells apart, as a share.
const resolution = 0.001

// Below reports whether a figure lies among the ages, and so above some of them.
func (o Open) Below(value float64) bool { return o.N > 0 && value >= o.Youngest*(1-resolution) }

// Most is what the percentile q, 0 to 1, of a histogram that they are in may be at most, had they been answered at any
// time after they were counted; +Inf where they may be it. A few unanswered requests among many cannot move the
// median, however young they are.
func (o Open) Most(q float64, h *Histogram) float64 {
	value := float64(h.Quantile(q))
	if !o.Below(value) {
		return value
	}
	late := q + float64(o.N)/float64(h.TotalCount()) // were all of them beyond, this one would stand at q
	if late >= 1 {
		return math.Inf(1)
	}
	return float64(h.Quantile(late))
}

// AtLeast reports whether a percentile is only a lower bound: whether the most that it may be differs from it in three
// figures.
func AtLeast(value, most float64) bool { return most > value*(1+resolution) }
