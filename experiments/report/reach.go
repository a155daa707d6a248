package report

import (
	"math"

	"socketbench/experiments/unit"
)

// reach is how far an axis goes: to all values, and to the ends of their intervals as long as these do not
// dwarf the values. The interval of two trials may span ten powers of ten; the chart says that it goes on,
// and the table how far.
type reach struct {
	least, most float64 // of the values
	low, high   float64 // of the ends of their intervals
	some        bool
}

// beyondValues is by what factor a chart goes on for the sake of an interval.
const beyondValues = 3

// add takes in a value above zero and its interval; an end without a place on an axis counts for nothing.
func (r *reach) add(v, low, high float64) {
	low, high = positive(low, v), positive(high, v)
	if !r.some {
		*r = reach{v, v, low, high, true}
	}
	r.least, r.most = min(r.least, v), max(r.most, v)
	r.low, r.high = min(r.low, low), max(r.high, high)
}

// factors returns the ends of an axis on which equal factors are equally long.
func (r reach) factors() (low, high float64) {
	return max(min(r.low, r.least), r.least/beyondValues), min(max(r.high, r.most), r.most*beyondValues)
}

// top returns the end of an axis that starts at zero.
func (r reach) top() float64 { return min(max(r.high, r.most), r.most*beyondValues/2) }

// noise writes the floor of a run's own noise: as a share, or, where that is more than the whole, as a factor.
func noise(floor float64) string {
	if floor > 1 {
		return "a factor of " + unit.Format("ratio", 1+floor) + " either way"
	}
	return "± " + unit.Percent(floor)
}

// positive returns v where an axis has a place for it: the interval of a single block has no end.
func positive(v, otherwise float64) float64 {
	if v > 0 && !math.IsInf(v, 1) {
		return v
	}
	return otherwise
}
