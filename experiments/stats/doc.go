// Package stats turns the figures of repeated trials into centres, intervals and p-values that can be trusted: a 95 %
// interval misses the truth in one run of twenty. That holds for few blocks, for a design that scatters more than the
// others, for heavy tails, when a neighbour on the host makes a few trials slow, and for a run that ends because its
// interval has become narrow; tests here and in package verdict simulate all of them.
//
// It knows numbers only. Package verdict chooses what to compare, and how to say it.
//
// # How a bad trial is kept from blinding the others
//
// A [Table] explains each value as a level of its cell plus a shift of its block. A value that lies further than 2.5
// standard deviations from that is moved to 2.5: this is Huber's M-estimate of the two-way table (Huber: Robust
// Statistics, 1981). All cells together tell the standard deviation, so that three blocks are enough to know it. What
// is compared afterwards are the paired differences of two cells, with the common scatter, or with their own where they
// scatter more (Welch 1947).
//
// The method was chosen by simulation: runs of 2 and 4 equal cells with trial noise of 2 %, of 3 to 32 blocks, 2,000 runs
// each. Missed is the share of intervals without the truth, in percent, in the worst of these sizes. Found is the share
// of runs that call a difference by its name, with the floor and the correction of package verdict: one of 20 % in 10
// blocks with 8 of 100 trials slower by 40 %, and a factor of 3 in 3 blocks, in plain noise, with such trials, and with
// such trials where the cell is also four times as restless as the others. The width is that of plain intervals in 3 and
// 10 blocks of 4 cells, against those of means.
//
//	                               missed                                found            width
//	                               plain  t(3)  bad  restless  drift    20 %  3x plain/bad/restless  3     10
//	mean, pooled variance           4.8   4.4   4.3    5.8     4.0       28    100 / 83 / 77         1     1
//	Yuen's trimmed t, 20 %          5.9   6.0   4.2    6.8     5.2       86    100 / 80 / 73         1.07  1.16
//	Hodges-Lehmann, signed ranks    4.7   4.2   1.6    4.1     3.5        9    none below 6 blocks   none  1.11
//	Huber, paired differences       5.8   5.5   5.9    6.9     4.8       95    100 / 87 / 78         1.13  1.00
//	Huber, two-way table            4.3   4.8   4.3    5.6     4.5       98    100 / 99 / 97         0.82  0.96
//
// Trimming and ranks have too few values in three blocks. Paired differences see a bad trial of the baseline in every
// comparison; the table sees that the other cells of the block do not agree with it.
//
// What it costs: the restless cell's own intervals miss in 8 of 100 runs of three blocks, because three values hardly
// show that a cell is restless, and in 6 of 100 from six blocks on.
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

// floor keeps degrees of freedom that are no whole number to a tenth, so that each needs its quantile once.
func floor(df float64) float64 { return max(math.Floor(10*df)/10, min(df, 0.1)) }

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
