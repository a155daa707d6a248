package axis

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func labels(ticks []Tick) (l []string) {
	for _, t := range ticks {
		if t.Label != "" {
			l = append(l, t.Label)
		}
	}
	return l
}

func TestTicks(t *testing.T) {
	for _, c := range []struct {
		axis Axis
		n    int
		want []string
	}{
		{Axis{Kind: Linear, Unit: "ns", Min: 0, Max: 2.3e9}, 5, []string{"0", "0.5 s", "1 s", "1.5 s", "2 s", "2.5 s"}},
		{Axis{Kind: Linear, Unit: "ns", Min: 0, Max: 4800}, 5, []string{"0", "1 µs", "2 µs", "3 µs", "4 µs", "5 µs"}},
		{Axis{Kind: Linear, Unit: "count", Min: 0, Max: 3}, 8, []string{"0", "1", "2", "3"}},
		{Axis{Kind: Linear, Unit: "bytes", Min: 0, Max: 9000}, 4, []string{"0", "4 KiB", "8 KiB", "12 KiB"}},
		{Axis{Kind: Log, Unit: "ns", Min: 12e3, Max: 90e6}, 6, []string{"10 µs", "100 µs", "1 ms", "10 ms", "100 ms"}},
		{Axis{Kind: Log, Unit: "x", Min: 0.6, Max: 4.2}, 6, []string{"0.5x", "1x", "2x", "5x"}},
		{Axis{Kind: Log, Unit: "bytes", Min: 240, Max: 9500}, 8, []string{"128 B", "256 B", "512 B", "1 KiB", "2 KiB", "4 KiB", "8 KiB", "16 KiB"}},
		{Axis{Kind: Log, Unit: "count", Min: 1, Max: 10000}, 5, []string{"1", "10", "100", "1,000", "10,000"}},
		{Axis{Kind: Ratio, Unit: "x", Min: 0.93, Max: 1.11}, 5, []string{"0.9x", "0.95x", "1x", "1.05x", "1.1x", "1.15x"}},
		{Axis{Kind: Ordinal, Names: []string{"none", "1,000"}}, 5, []string{"none", "1,000"}},
		{Axis{Kind: Percentile, Unit: "", Min: 0, Max: 0.9999}, 5, []string{"0", "50 %", "90 %", "99 %", "99.9 %", "99.99 %"}},
	} {
		require.Equal(t, c.want, labels(c.axis.Nice(c.n).Ticks(c.n)), "%+v", c.axis)
	}
}

// Every value that an axis was made for lies on it, and its ticks stand on it in rising order.
func TestNiceHoldsItsValues(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lo := math.Pow(10, rapid.Float64Range(-3, 10).Draw(t, "exponent"))
		a := Axis{Kind: rapid.SampledFrom([]Kind{Linear, Log, Ratio}).Draw(t, "kind"), Unit: "ns", Min: lo,
			Max: lo * rapid.Float64Range(1, 1e6).Draw(t, "factor")}
		n := rapid.IntRange(2, 10).Draw(t, "ticks")
		nice := a.Nice(n)
		for _, v := range []float64{a.Min, a.Max} {
			at := nice.At(v)
			require.GreaterOrEqual(t, at, -1e-9)
			require.LessOrEqual(t, at, 1+1e-9)
		}
		last := math.Inf(-1)
		for _, tick := range nice.Ticks(n) {
			require.Greater(t, tick.At, last)
			require.InDelta(t, 0.5, tick.At, 0.5+1e-9)
			last = tick.At
		}
		require.NotEmpty(t, labels(nice.Ticks(n)))
		require.LessOrEqual(t, len(labels(nice.Ticks(n))), 3*n+3)
	})
}

func TestAValueJustBelowATickIsOnTheAxis(t *testing.T) {
	for _, v := range []float64{1 - 2.1e-9, 2 - 1e-9, 5 - 1e-9, 1e10 * (1 - 1e-10)} {
		a := Axis{Kind: Log, Unit: "ns", Min: v, Max: v}.Nice(2)
		require.GreaterOrEqual(t, a.At(v), -1e-9, "%v", v)
		require.LessOrEqual(t, a.At(v), 1+1e-9, "%v", v)
	}
}

func TestEndlessIntervalsHaveTicks(t *testing.T) {
	for _, kind := range []Kind{Linear, Log, Ratio} {
		for _, a := range []Axis{
			{Kind: kind, Min: 0.5, Max: math.Inf(1)},
			{Kind: kind, Min: math.Inf(-1), Max: 3},
			{Kind: kind, Min: math.NaN(), Max: math.NaN()},
			{Kind: kind, Min: 0, Max: math.Inf(1)},
		} {
			require.NotEmpty(t, a.Nice(5).Ticks(5))
			require.Less(t, len(a.Nice(5).Ticks(5)), 100)
		}
	}
}
