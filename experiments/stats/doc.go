// Package stats turns the figures of repeated trials into centres, intervals and p-values that can be trusted: a 95 %
// interval misses the truth in one run of twenty. That holds for few blocks, for a design that scatters more than the
// others, and for a run that ends because its interval has become narrow; the tests simulate all three.
//
// It knows numbers only. Package verdict chooses what to compare, and how to say it.
package stats

import (
	"math"
	"slices"
	"sync"

	"gonum.org/v1/gonum/stat"
	"gonum.org/v1/gonum/stat/distuv"
)

// Level is the confidence of every interval here.
const Level = 0.95

// Estimate is a centre and how sure it is.
type Estimate struct {
	Center float64
	SE     float64 // standard error of Center
	DF     float64 // degrees of freedom of SE; 0: unknown, the interval is without end
	N      int     // values behind it
}

// Half is the half-width of the 95 % interval; infinite with fewer than two values.
func (e Estimate) Half() float64 {
	if e.DF <= 0 {
		return math.Inf(1)
	}
	return quantile(e.DF) * e.SE
}

// Interval is the 95 % interval of the centre.
func (e Estimate) Interval() (low, high float64) {
	half := e.Half()
	return e.Center - half, e.Center + half
}

// P is the probability of a centre at least this far from zero, on either side, if the truth lies within ±distance. It is
// below 0.05 exactly where the 95 % interval lies outside ±distance.
func (e Estimate) P(distance float64) float64 {
	away := math.Abs(e.Center) - distance
	switch {
	case e.DF <= 0 || away <= 0:
		return 1
	case e.SE == 0:
		return 0
	}
	return 2 * student(e.DF).Survival(away/e.SE)
}

// quantile is the factor by which a standard error makes the 95 % interval. The same degrees of freedom occur again and
// again in a run and the inverse is expensive, so that each is computed once.
func quantile(df float64) float64 {
	if q, ok := quantiles.Load(df); ok {
		return q.(float64)
	}
	q := student(df).Quantile((1 + Level) / 2)
	quantiles.Store(df, q)
	return q
}

var quantiles sync.Map // float64 -> float64

func student(df float64) distuv.StudentsT { return distuv.StudentsT{Mu: 0, Sigma: 1, Nu: df} }

// Mean estimates the mean of values, with the standard error that their own scatter gives.
func Mean(values []float64) Estimate {
	n := len(values)
	if n == 0 {
		return Estimate{Center: math.NaN()}
	}
	if n == 1 {
		return Estimate{Center: values[0], N: 1}
	}
	mean, sd := stat.MeanStdDev(values, nil)
	return Estimate{Center: mean, SE: sd / math.Sqrt(float64(n)), DF: float64(n - 1), N: n}
}

// Median is the middle value, or the mean of the two middle ones; NaN of none. values is not changed.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	s := slices.Sorted(slices.Values(values))
	return (s[(len(s)-1)/2] + s[len(s)/2]) / 2
}

// Holm corrects the p-values of a family for their number (Holm 1979), so that the probability that any of them falls
// below a bound by accident is at most that bound. The result is in the order of ps.
func Holm(ps []float64) []float64 {
	order := make([]int, len(ps))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case ps[a] < ps[b]:
			return -1
		case ps[a] > ps[b]:
			return 1
		}
		return 0
	})
	corrected := make([]float64, len(ps))
	worst := 0.0
	for rank, i := range order {
		worst = max(worst, min(1, ps[i]*float64(len(ps)-rank)))
		corrected[i] = worst
	}
	return corrected
}
