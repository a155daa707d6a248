package stats

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// fewest samples that must lie beyond a percentile for it to be shown: fewer, and the figure is that of
// a handful of requests.
const fewest = 10

// Percentile is a value of a merged histogram.
type Percentile struct {
	Value  float64
	N      int64 // samples in all
	TooFew bool  // fewer than 10 samples lie beyond it: not to be shown
}

// Quantiles are the percentiles that metrics name, as shares.
var Quantiles = map[string]float64{"p50": 0.5, "p90": 0.9, "p99": 0.99, "p999": 0.999}

// Merge adds up histograms; percentiles are read from the sum and never averaged. nil ones are left
// out, and nil is returned where nothing is left. The arguments are not changed.
func Merge(histograms []*hdrhistogram.PackedHistogram) *hdrhistogram.Histogram {
	var sum *hdrhistogram.Histogram
	for _, h := range histograms {
		if h == nil {
			continue
		}
		if sum == nil {
			sum = hdrhistogram.New(h.LowestTrackableValue(), h.HighestTrackableValue(), int(h.SignificantFigures()))
		}
		h.MergeInto(sum)
	}
	return sum
}

// At reads the percentile q, in 0..1, of a histogram.
func At(h *hdrhistogram.Histogram, q float64) Percentile {
	n := h.TotalCount()
	beyond := float64(n) * (1 - q)
	return Percentile{
		Value:  float64(Reader(h)(q)),
		N:      n,
		TooFew: beyond < fewest-1e-9, // 1 - 0.99 is a little less than 0.01
	}
}

// Reader reads the percentiles q, in 0..1, of a histogram.
func Reader(h *hdrhistogram.Histogram) func(q float64) int64 {
	return func(q float64) int64 { return h.ValueAtQuantile(100 * q) }
}

// FewestBlocks is from how many values on a bootstrap keeps its word: at 3 its 95 % interval misses the
// truth 25 times in a hundred, at 10 still 10 times.
const FewestBlocks = 20

// BootstrapMedian is the 95 % interval of the median by 2,000 resamplings, percentiles of which are its
// ends. The result depends on nothing but the values.
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
