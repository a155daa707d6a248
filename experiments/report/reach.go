package report

import (
	"math"

	"socketbench/experiments/unit"
)

// reach is the range of an axis. It includes all values, and the ends of their intervals as long as these do not dwarf
// the values: the interval of two trials may span ten powers of ten. Where an interval is cut off, the chart shows that
// it continues, and the table says how far.
type reach struct {
	least, most float64 // of the values
	low, high   float64 // of the ends of their intervals
	some        bool
}

// beyondValues is the factor by which an axis may extend beyond the values to show their intervals.
const beyondValues = 3

// add extends the range to a value above zero and its interval. An end that an axis cannot show is ignored.
func (r *reach) add(v, low, high float64) {
	low, high = positive(low, v), positive(high, v)
	if !r.some {
		*r = reach{v, v, low, high, true}
	}
	r.least, r.most = min(r.least, v), max(r.most, v)
	r.low, r.high = min(r.low, low), max(r.high, high)
}

// factors returns the ends of a logarithmic axis.
func (r reach) factors() (low, high float64) {
	return max(min(r.low, r.least), r.least/beyondValues), min(max(r.high, r.most), r.most*beyondValues)
}

// top returns the end of an axis that starts at zero.
func (r reach) top() float64 { return min(max(r.high, r.most), r.most*beyondValues/2) }

// noise writes the noise floor of a run: as a percentage, or, above 100 %, as a factor.
func noise(floor float64) string {
	if floor > 1 {
		return "a factor of " + unit.Format("ratio", 1+floor) + " either way"
	}
	return "± " + unit.Percent(floor)
}

// positive returns v where a logarithmic axis can show it. The interval of a single block has no end.
func positive(v, otherwise float64) float64 {
	if v > 0 && !math.IsInf(v, 1) {
		return v
	}
	return otherwise
}
