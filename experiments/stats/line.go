package stats

import (
	"math"

	"gonum.org/v1/gonum/stat"
)

// Line is a straight line through points by least squares.
type Line struct {
	intercept, slope float64
	mean, spread     float64 // of the abscissas: their mean, and the sum of their squared distances from it
	sd               float64 // of the points around the line
	n                int
}

// NewLine fits a line to y over x, of the same length. ok is false if there are fewer than 3 points, or fewer than 3
// different x: the scatter around the line is not known then, nor whether it is one.
func NewLine(x, y []float64) (l Line, ok bool) {
	different := map[float64]bool{}
	for _, v := range x {
		different[v] = true
	}
	if len(different) < 3 {
		return Line{}, false
	}
	l.intercept, l.slope = stat.LinearRegression(x, y, nil, false)
	l.mean, l.n = stat.Mean(x, nil), len(x)
	squares := 0.0
	for i := range x {
		l.spread += (x[i] - l.mean) * (x[i] - l.mean)
		off := y[i] - l.intercept - l.slope*x[i]
		squares += off * off
	}
	l.sd = math.Sqrt(squares / float64(l.n-2))
	return l, true
}

// Slope estimates by how much y grows with x.
func (l Line) Slope() Estimate {
	return Estimate{Center: l.slope, SE: l.sd / math.Sqrt(l.spread), DF: float64(l.n - 2), N: l.n}
}

// At predicts one more point at x, which may lie beyond those that were measured: its interval is wider the further it
// lies from them, and never narrower than they scatter.
func (l Line) At(x float64) Estimate {
	beyond := (x - l.mean) * (x - l.mean) / l.spread
	return Estimate{Center: l.intercept + l.slope*x, SE: l.sd * math.Sqrt(1+1/float64(l.n)+beyond), DF: float64(l.n - 2), N: l.n}
}
