// Package axis places values along a line and chooses its ticks: on linear and logarithmic axes, and on axes of
// percentiles as HdrHistogram draws them.
package axis

import (
	"math"
	"strconv"

	"socketbench/experiments/unit"
)

// Kind is how an axis spreads its values.
type Kind int

const (
	Linear     Kind = iota
	Log             // equal factors have equal lengths; Min must be above 0
	Percentile      // values are shares of one; each further nine has the same length
	Ratio           // linear, not necessarily from zero
	Ordinal         // values are 0, 1, 2 and so on, with the names in Names
)

// Axis is a range of values in a unit of package unit.
type Axis struct {
	Kind     Kind
	Unit     string
	Min, Max float64
	Names    []string // the ticks of an ordinal axis
}

// Tick is one mark on an axis.
type Tick struct {
	At    float64 // 0 at the axis' start, 1 at its end
	Label string  // "" for a minor tick
}

// At returns the place of v: 0 at the axis' start, 1 at its end. A value beyond the ends lies beyond 0 or 1. A value that
// has no logarithm lies at the start of a logarithmic axis.
func (a Axis) At(v float64) float64 {
	lo, hi, x := a.scale(a.Min), a.scale(a.Max), a.scale(v)
	if hi == lo || math.IsNaN(x) || math.IsInf(x, -1) {
		return 0
	}
	return (x - lo) / (hi - lo)
}

func (a Axis) scale(v float64) float64 {
	switch a.Kind {
	case Log:
		return math.Log10(v)
	case Percentile:
		return -math.Log10(1 - v)
	}
	return v
}

// Nice returns the axis with its ends moved outward to ticks, so that no value lies on the frame. A linear axis starts at
// zero. An infinite end, such as that of an interval from a single block, is replaced by a finite one.
func (a Axis) Nice(ticks int) Axis {
	a = a.finite()
	switch a.Kind {
	case Linear:
		a.Min = min(a.Min, 0)
		if a.Max <= a.Min {
			a.Max = a.Min + 1
		}
		s := a.spacing(ticks)
		a.Max = math.Ceil(a.Max/s-1e-9) * s
	case Ratio:
		if a.Max <= a.Min {
			a.Min, a.Max = a.Min-0.5, a.Min+0.5
		}
		s := a.spacing(ticks)
		a.Min, a.Max = math.Floor(a.Min/s+1e-9)*s, math.Ceil(a.Max/s-1e-9)*s
	case Ordinal:
		// A third of a step stays free at both ends.
		a.Min, a.Max = -0.33, float64(len(a.Names))-0.67
	case Log:
		if a.Min <= 0 {
			a.Min = a.Max / 1000
		}
		if a.Max <= 0 {
			a.Min, a.Max = 1, 10
		}
		a.Min, a.Max = a.below(a.Min), a.above(a.Max)
		if a.Max/a.Min < 2 {
			a.Max = a.Min * 2
		}
	}
	return a
}

// finite returns the axis with finite ends.
func (a Axis) finite() Axis {
	endless := func(v float64) bool { return math.IsNaN(v) || math.IsInf(v, 0) }
	switch {
	case endless(a.Min) && endless(a.Max):
		a.Min, a.Max = 0, 1
	case endless(a.Max):
		a.Max = max(10*a.Min, a.Min+1)
	case endless(a.Min):
		a.Min = min(a.Max/10, a.Max-1)
	}
	return a
}

// rounding is how far a value may lie beyond a tick, as a share of it, and count as on it: what a logarithm loses, and so little
// that it is not seen on the shortest axis.
const rounding = 1e-12

// below and above are the nearest 1, 2 or 5 times a power of ten; for bytes, the nearest power of two.
func (a Axis) below(v float64) float64 {
	if a.Unit == "bytes" {
		return math.Pow(2, math.Floor(math.Log2(v)+rounding))
	}
	p := math.Pow(10, math.Floor(math.Log10(v)+rounding))
	for _, m := range []float64{5, 2} {
		if v >= m*p*(1-rounding) {
			return m * p
		}
	}
	return p
}

func (a Axis) above(v float64) float64 {
	if a.Unit == "bytes" {
		return math.Pow(2, math.Ceil(math.Log2(v)-rounding))
	}
	p := math.Pow(10, math.Floor(math.Log10(v)+rounding))
	for _, m := range []float64{1, 2, 5} {
		if v <= m*p*(1+rounding) {
			return m * p
		}
	}
	return 10 * p
}

// spacing is the distance between linear ticks: 1, 2 or 5 times a power of ten; for bytes, a power of two.
func (a Axis) spacing(n int) float64 {
	raw := (a.Max - a.Min) / float64(max(n, 1))
	if raw <= 0 {
		return 1
	}
	if a.Unit == "bytes" {
		return math.Pow(2, math.Ceil(math.Log2(raw)))
	}
	s := a.above(raw)
	if a.Unit == "count" {
		s = max(s, 1)
	}
	return s
}

// Ticks returns about n labelled ticks within the axis, and minor ones between them on a logarithmic
// axis.
func (a Axis) Ticks(n int) []Tick {
	switch a.Kind {
	case Log:
		return a.logTicks(n)
	case Percentile:
		return a.percentileTicks()
	case Ordinal:
		var ticks []Tick
		for i, name := range a.Names {
			ticks = append(ticks, Tick{a.At(float64(i)), name})
		}
		return ticks
	}
	var ticks []Tick
	s := a.spacing(n)
	for i := math.Ceil(a.Min/s - 1e-9); i*s <= a.Max+s*1e-9; i++ {
		ticks = append(ticks, Tick{a.At(i * s), a.label(i*s, s)})
	}
	return ticks
}

// label writes a linear tick. All times on one axis have the unit of the last tick.
func (a Axis) label(v, step float64) string {
	if v == 0 {
		return "0"
	}
	if a.Unit == "ns" {
		for _, u := range []struct {
			size float64
			name string
		}{{1e9, " s"}, {1e6, " ms"}, {1e3, " µs"}, {1, " ns"}} {
			if a.Max >= u.size*0.9995 && step >= u.size/100 {
				return strconv.FormatFloat(math.Round(v/u.size*1e4)/1e4, 'f', -1, 64) + u.name
			}
		}
	}
	return unit.Tick(a.Unit, v)
}

func (a Axis) logTicks(n int) []Tick {
	if a.Unit == "bytes" {
		return a.doublings(n)
	}
	decades := math.Log10(a.Max / a.Min)
	labelled := []float64{1}
	every := max(1, int(math.Ceil(decades/float64(max(n, 1)))))
	switch {
	case 3*decades <= float64(n):
		labelled = []float64{1, 2, 5}
	case 2*decades <= float64(n):
		labelled = []float64{1, 3}
	}
	var ticks []Tick
	for e := int(math.Floor(math.Log10(a.Min) + 1e-9)); float64(e) <= math.Log10(a.Max)+1e-9; e++ {
		for m := 1.0; m < 10; m++ {
			v := m * math.Pow(10, float64(e))
			if v < a.Min*(1-1e-9) || v > a.Max*(1+1e-9) {
				continue
			}
			t := Tick{At: a.At(v)}
			for _, l := range labelled {
				if m == l && (len(labelled) > 1 || e%every == 0) {
					t.Label = unit.Tick(a.Unit, v)
				}
			}
			if t.Label != "" || every == 1 {
				ticks = append(ticks, t)
			}
		}
	}
	return ticks
}

// doublings are the ticks of a logarithmic axis of bytes.
func (a Axis) doublings(n int) []Tick {
	first, last := int(math.Ceil(math.Log2(a.Min)-1e-9)), int(math.Floor(math.Log2(a.Max)+1e-9))
	every := max(1, (last-first+n)/max(n, 1))
	var ticks []Tick
	for e := first; e <= last; e++ {
		t := Tick{At: a.At(math.Pow(2, float64(e)))}
		if (e-first)%every == 0 {
			t.Label = unit.Tick(a.Unit, math.Pow(2, float64(e)))
		}
		ticks = append(ticks, t)
	}
	return ticks
}

// percentileTicks are at 50 %, 75 %, 90 %, 95 %, 99 % and so on.
func (a Axis) percentileTicks() []Tick {
	var ticks []Tick
	for _, t := range []struct {
		v     float64
		label string
	}{{0, "0"}, {0.5, "50 %"}, {0.75, ""}, {0.9, "90 %"}, {0.95, ""}, {0.99, "99 %"}, {0.995, ""}, {0.999, "99.9 %"},
		{0.9995, ""}, {0.9999, "99.99 %"}, {0.99999, "99.999 %"}, {0.999999, "99.9999 %"}} {
		if t.v >= a.Min-1e-12 && t.v <= a.Max+1e-12 {
			ticks = append(ticks, Tick{a.At(t.v), t.label})
		}
	}
	return ticks
}
