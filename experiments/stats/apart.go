package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Apart estimates the difference of the means of two independent samples, each with its own scatter (Welch 1947).
func Apart(a, b []float64) Estimate {
	n, m := float64(len(a)), float64(len(b))
	if n < 1 || m < 1 {
		return Estimate{Center: math.NaN()}
	}
	e := Estimate{Center: stat.Mean(a, nil) - stat.Mean(b, nil), N: min(len(a), len(b))}
	if n < 2 || m < 2 {
		return e
	}
	va, vb := stat.Variance(a, nil)/n, stat.Variance(b, nil)/m
	e.SE = math.Sqrt(va + vb)
	e.DF = n + m - 2
	if va+vb > 0 {
		e.DF = (va + vb) * (va + vb) / (va*va/(n-1) + vb*vb/(m-1))
	}
	return e
}
