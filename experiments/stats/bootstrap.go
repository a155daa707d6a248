package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
)

// FewestBlocks is the least number of values for a bootstrap: the 95 % interval of 3 values misses the truth 25 times in
// a hundred, and that of 10 values still 10 times.
const FewestBlocks = 20

// BootstrapMedian is the 95 % interval of the median. Its ends are percentiles of 2,000 resamplings, which depend on
// nothing but the values.
func BootstrapMedian(values []float64) (low, high float64, err error) {
	n := len(values)
	if n < FewestBlocks {
		return 0, 0, fmt.Errorf("stats: a bootstrap needs at least %d values, not %d; use Student's t", FewestBlocks, n)
	}
	for _, v := range values {
		if math.IsNaN(v) {
			return 0, 0, errors.New("stats: a bootstrap needs numbers; leave NaN out")
		}
	}
	if least, most := slices.Min(values), slices.Max(values); least == most {
		return least, most, nil // as of the counts of what never happens
	}
	random := rand.New(rand.NewPCG(uint64(n), 0))
	const times = 2000
	medians, sample := make([]float64, times), make([]float64, n)
	for i := range medians {
		for j := range sample {
			sample[j] = values[random.IntN(n)]
		}
		slices.Sort(sample)
		medians[i] = (sample[(n-1)/2] + sample[n/2]) / 2
	}
	slices.Sort(medians)
	tail := (1 - Level) / 2
	return medians[int(tail*times)], medians[int((1-tail)*times)-1], nil
}
