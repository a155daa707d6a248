package stats

import "math"

// Unanswered are the requests that got no reply. A histogram of response times counts each of the N at its age.
type Unanswered struct {
	N        int64   // how many
	Youngest float64 // the smallest of their ages, ns
	// NotSent is how many more there would be, if clients that are left waiting had asked as often as the others. In a closed
	// loop such a client sends one request, however long it waits, so that it hardly counts beside those that are served. A
	// histogram has none of them.
	NotSent float64
}

// And returns the requests of both.
func (u Unanswered) And(other Unanswered) Unanswered {
	both := Unanswered{u.N + other.N, math.Min(u.Youngest, other.Youngest), u.NotSent + other.NotSent}
	switch {
	case u.N == 0:
		both.Youngest = other.Youngest
	case other.N == 0:
		both.Youngest = u.Youngest
	}
	return both
}

// resolution is the relative difference that a histogram of three significant digits can show.
const resolution = 0.001

// Below reports whether value is at least the smallest of the ages, so that some of the requests may lie below it.
func (u Unanswered) Below(value float64) bool { return u.N > 0 && value >= u.Youngest*(1-resolution) }

// Most returns the largest value that the percentile q, 0 to 1, of h could have if the requests, which h counts at their
// ages, were answered at any later time, and those that were not sent took longer than all others. It is +Inf if the
// percentile could be the time of one of them. A few unanswered requests among many cannot move the median, however young
// they are.
func (u Unanswered) Most(q float64, h *Histogram) float64 {
	q *= 1 + u.NotSent/float64(h.TotalCount())
	if q > 1 {
		return math.Inf(1)
	}
	value := float64(h.Quantile(q))
	if !u.Below(value) {
		return value
	}
	late := q + float64(u.N)/float64(h.TotalCount()) // if all of them took longer, the value at late would move down to q
	if late >= 1 {
		return math.Inf(1)
	}
	return float64(h.Quantile(late))
}

// AtLeast reports whether a percentile is only a lower bound: whether most, the largest value that it could have, differs
// from it in three significant digits.
func AtLeast(value, most float64) bool { return most > value*(1+resolution) }
