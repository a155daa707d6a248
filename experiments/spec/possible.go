package spec

import (
	"fmt"
	"math"

	"socketbench/experiments/metric"
)

// possible is the range of values that a metric can have.
type possible struct {
	low, high float64
	open      bool   // low itself is not among them
	why       string // a sentence without a full stop
}

// possibleValues returns the range of a metric in e. No measurement lies outside it, whatever the server does.
func (e Experiment) possibleValues(name string, ratio bool) possible {
	if ratio {
		return possible{0, math.Inf(1), true, "every ratio is above 0x"}
	}
	low, high, open := metric.Of(name).Values()
	v := possible{low, high, open, name + " is never below 0"}
	switch {
	case name == metric.Served, name == metric.Unserved:
		v.high = float64(e.Load.Connections)
		v.why = fmt.Sprintf("%s lies between 0 and the cell's %d connections", name, e.Load.Connections)
	case high == 1 && open:
		v.why = name + " lies between 0 and 1"
	case high == 1:
		v.why = name + " lies between 0 % and 100 %"
	case open:
		v.why = name + " is above 0 wherever it is measured"
	}
	return v
}

// cannotFail says why no measurement could refute p, whose cells are complete; "" if one could.
func (e Experiment) cannotFail(p Prediction) string {
	for field, value := range p.Of {
		e = e.Apply(field, value)
	}
	v := e.possibleValues(p.Metric, p.Against != nil)
	lowest := v.low
	if v.open {
		lowest = math.Nextafter(v.low, v.high)
	}
	if p.Expected.Holds(lowest) && p.Expected.Holds(v.high) { // then for all between, as an expectation is one range
		return v.why
	}
	return ""
}
