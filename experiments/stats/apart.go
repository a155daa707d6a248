package stats

import "math"

// fewest is the least number of values among which one can be seen to be wild without a table around them.
const fewest = 6

// Location estimates the middle of values, which a few wild ones among them hardly move; of fewer than 6 values it is
// the mean.
func Location(values []float64) Estimate {
	if len(values) < fewest {
		return Mean(values)
	}
	measured, f := make([]value, len(values)), newFit(1, 1)
	for i, v := range values {
		measured[i].log = v
	}
	f.polish(measured)
	residuals := make([]float64, len(values))
	for i, v := range measured {
		residuals[i] = v.log - f.of(v)
	}
	n := float64(len(values))
	sd := spread(residuals, f.parameters())
	if sd == 0 {
		return Mean(values)
	}
	cut, wild := make([]float64, len(values)), 0.0
	for i, v := range f.cut(measured, []float64{reach(n/3) * sd}) {
		cut[i] = v.log
		if v.wild(measured[i]) {
			wild++
		}
	}
	return Mean(cut).widened(wild, n)
}

// Apart estimates the difference a - b of two independent estimates, each with its own scatter (Welch 1947).
func Apart(a, b Estimate) Estimate {
	e := Estimate{Center: a.Center - b.Center, N: min(a.N, b.N)}
	if e.N < 2 {
		return e
	}
	va, vb := a.SE*a.SE, b.SE*b.SE
	e.SE = math.Sqrt(va + vb)
	e.DF = a.DF + b.DF
	if va+vb > 0 {
		e.DF = (va + vb) * (va + vb) / (va*va/a.DF + vb*vb/b.DF)
	}
	return e
}
