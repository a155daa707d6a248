package load

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// kolmogorov returns the Kolmogorov-Smirnov distance of values from a distribution, times the square
// root of their number: above 3.3 once in a thousand million samples of that distribution.
func kolmogorov(values []float64, cumulative func(float64) float64) float64 {
	slices.Sort(values)
	n, distance := float64(len(values)), 0.0
	for i, v := range values {
		f := cumulative(v)
		distance = max(distance, f-float64(i)/n, float64(i+1)/n-f)
	}
	return distance * math.Sqrt(n)
}

const critical = 3.3

// dependence returns the correlation of unit exponential gaps with their successors, times the square root
// of their number: standard normal where there is none. The Kolmogorov-Smirnov distance does not see order.
func dependence(gaps []float64) float64 {
	sum := 0.0
	for i := range gaps[1:] {
		sum += (gaps[i] - 1) * (gaps[i+1] - 1)
	}
	return sum / math.Sqrt(float64(len(gaps)-1))
}

// excess returns how far the mean of unit exponential gaps is from 1, in standard deviations.
func excess(gaps []float64) float64 {
	sum := 0.0
	for _, gap := range gaps {
		sum += gap - 1
	}
	return sum / math.Sqrt(float64(len(gaps)))
}

// dependent is about as rare as critical: six standard deviations, and one for the tail of a product.
const dependent = 7.0

func exponential(x float64) float64 { return 1 - math.Exp(-x) }

// drawn returns the arrivals of all threads, in order.
func drawn(o Options, threads, n int) (times []float64, conns []int) {
	type arrival struct {
		at   int64
		conn int
	}
	o = o.WithDefaults()
	var all []arrival
	horizon := int64(math.MaxInt64)
	for thread := range threads {
		shard := o.Part.of(thread, threads)
		s := newSchedule(o, shard)
		last := int64(0)
		for range n / threads {
			at, i := s.next()
			all = append(all, arrival{at, shard.number(i)})
			last = at
		}
		horizon = min(horizon, last)
	}
	slices.SortFunc(all, func(a, b arrival) int { return int(a.at - b.at) })
	for _, a := range all {
		if a.at <= horizon {
			times, conns = append(times, float64(a.at)/1e9), append(conns, a.conn)
		}
	}
	return times, conns
}

func TestPoissonArrivalsArePoisson(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Arrivals: Poisson, Seed: rapid.Uint64().Draw(t, "seed"), Rate: rapid.Float64Range(1, 100_000).Draw(t, "rate"),
			Connections: rapid.IntRange(1, 50).Draw(t, "connections"),
		}
		threads := rapid.IntRange(1, min(4, o.Connections)).Draw(t, "threads")
		times, conns := drawn(o, threads, 20_000)
		gaps := make([]float64, len(times))
		counts := make([]float64, o.Connections)
		last := 0.0
		for i, at := range times {
			gaps[i] = (at - last) * o.Rate
			last = at
			counts[conns[i]]++
		}
		require.Less(t, math.Abs(dependence(gaps)), dependent, "gaps know nothing of each other")
		require.Less(t, math.Abs(excess(gaps)), dependent, "the rate is kept")
		require.Less(t, kolmogorov(gaps, exponential), critical, "gaps are exponential")

		// Each connection gets its share: chi-square, with the normal approximation of its tail.
		expected, chi := float64(len(times))/float64(o.Connections), 0.0
		for _, n := range counts {
			chi += (n - expected) * (n - expected) / expected
		}
		k := float64(o.Connections - 1)
		require.Less(t, chi, k+7*math.Sqrt(2*k)+30, "connections are drawn evenly")
	})
}

// A test that cannot fail proves nothing: schedules of another kind must not pass for Poisson.
func TestTheTestTellsOtherArrivals(t *testing.T) {
	even := make([]float64, 2000)
	twice := make([]float64, 2000)
	o := Options{Arrivals: Poisson, Rate: 1, Connections: 1, Seed: 1}
	times, _ := drawn(o, 1, 2000)
	last := 0.0
	for i := range even {
		even[i] = 1
		twice[i] = (times[i] - last) * 1.2
		last = times[i]
	}
	require.Greater(t, kolmogorov(even, exponential), critical)
	require.Greater(t, kolmogorov(twice, exponential), critical, "a rate that is 20 % off is noticed")

	gaps := make([]float64, 20_000)
	times, _ = drawn(o, 1, len(gaps))
	last = 0
	for i, at := range times {
		gaps[i] = at - last
		last = at
	}
	require.Less(t, math.Abs(excess(gaps)), dependent)
	for i := range gaps {
		gaps[i] *= 1.07
	}
	require.Greater(t, excess(gaps), dependent, "a rate that is 7 % off is noticed")
	for i := range gaps {
		gaps[i] /= 1.07
	}
	for i := 0; i < len(gaps); i += 50 { // the same gaps, in clumps of a kind
		slices.Sort(gaps[i : i+50])
	}
	require.Greater(t, dependence(gaps), dependent, "gaps that come in order are noticed")
}

func TestConstantArrivalsAreEven(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{Arrivals: Constant, Rate: rapid.Float64Range(1, 100_000).Draw(t, "rate"), Connections: rapid.IntRange(1, 50).Draw(t, "connections")}
		threads := rapid.IntRange(1, min(4, o.Connections)).Draw(t, "threads")
		times, conns := drawn(o, threads, 2000)
		for k, at := range times {
			require.InDelta(t, float64(k)/o.Rate, at, 2e-9, "arrival %d", k)
			require.Equal(t, k%o.Connections, conns[k], "connections take turns")
		}
	})
}

// On the clock that counts expected arrivals, those of a changing rate are Poisson at rate 1.
func TestBurstsArePoissonOnTheirOwnClock(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Arrivals: Bursts, Seed: rapid.Uint64().Draw(t, "seed"), Rate: rapid.Float64Range(10, 1000).Draw(t, "rate"), Connections: 8,
			Warmup:   time.Duration(rapid.IntRange(0, 1000).Draw(t, "warmup")) * time.Millisecond,
			Duration: 20 * time.Second,
		}
		o.Burst.Peak = o.Rate * rapid.Float64Range(0.1, 50).Draw(t, "peak")
		o.Burst.Width = time.Duration(rapid.IntRange(1, 900).Draw(t, "width")) * time.Millisecond
		o.Burst.Period = rapid.SampledFrom([]time.Duration{0, time.Second, 1700 * time.Millisecond}).Draw(t, "period")
		times, _ := drawn(o, 2, 5000)
		last := 0.0
		gaps := make([]float64, len(times))
		for i, at := range times {
			now := expected(o, at)
			gaps[i] = now - last
			last = now
		}
		require.Less(t, kolmogorov(gaps, exponential), critical)
	})
}

// expected returns how many arrivals are to be expected by t: the wave, integrated.
func expected(o Options, t float64) float64 {
	first, width, period := o.Warmup.Seconds(), o.Burst.Width.Seconds(), o.Burst.Period.Seconds()
	high := 0.0 // seconds spent at the peak
	if period == 0 {
		first += o.Duration.Seconds() / 4
		high = min(max(0, t-first), width)
	} else {
		for begin := first; begin < t; begin += period {
			high += min(t-begin, width)
		}
	}
	return o.Rate*(t-high) + o.Burst.Peak*high
}

func TestSameSeedSameSchedule(t *testing.T) {
	o := Options{Arrivals: Poisson, Rate: 1000, Connections: 7, Seed: 5}
	a, conns := drawn(o, 2, 1000)
	b, same := drawn(o, 2, 1000)
	require.Equal(t, a, b)
	require.Equal(t, conns, same)
	o.Seed++
	c, _ := drawn(o, 2, 1000)
	require.NotEqual(t, a[0], c[0])
}

// A schedule is part of what makes a run repeatable: other machines, and later versions, draw the same.
func TestTheScheduleOfASeedNeverChanges(t *testing.T) {
	o := Options{Arrivals: Poisson, Rate: 1000, Connections: 7, Seed: 5}
	times, conns := drawn(o, 1, 6)
	require.InDeltaSlice(t, []float64{0.000656477, 0.001682813, 0.001867296, 0.002257453, 0.002537338, 0.002618111}, times, 1e-9)
	require.Equal(t, []int{3, 5, 3, 1, 0, 3}, conns)
}

// However many threads and processes play a schedule, its arrivals come at the same times and are for the
// same connections.
func TestAScheduleIsDealtAndNotChanged(t *testing.T) {
	type arrival struct {
		at   int64
		conn int
	}
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Arrivals: rapid.SampledFrom([]string{Constant, Poisson, Bursts}).Draw(t, "arrivals"), Seed: rapid.Uint64().Draw(t, "seed"),
			Rate: 1000, Connections: rapid.IntRange(1, 50).Draw(t, "connections"), Duration: time.Second,
			Burst: Burst{Peak: 5000, Width: 20 * time.Millisecond, Period: 100 * time.Millisecond},
		}.WithDefaults()
		until := func(l Shard) (all []arrival) {
			s := newSchedule(o, l)
			for at, i := s.next(); at < int64(o.Duration); at, i = s.next() {
				all = append(all, arrival{at, l.number(i)})
			}
			return all
		}
		processes := rapid.IntRange(1, min(3, o.Connections)).Draw(t, "processes")
		threads := rapid.IntRange(1, max(1, o.Connections/processes)).Draw(t, "threads")
		var dealt []arrival
		conns := 0
		for part := range processes {
			for thread := range threads {
				l := whole.of(part, processes).of(thread, threads)
				require.Equal(t, share(share(o.Connections, part, processes), thread, threads), l.count(o.Connections))
				conns += l.count(o.Connections)
				dealt = append(dealt, until(l)...)
			}
		}
		require.Equal(t, o.Connections, conns)
		once := until(whole)
		for _, all := range [][]arrival{once, dealt} {
			slices.SortFunc(all, func(a, b arrival) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.conn, b.conn)) })
		}
		require.Equal(t, once, dealt)
	})
}

// What drawing an arrival costs one of several threads, each of which draws those of all.
func BenchmarkDraw(b *testing.B) {
	for _, threads := range []int{1, 2, 16} {
		b.Run(fmt.Sprintf("%d threads", threads), func(b *testing.B) {
			o := Options{Arrivals: Poisson, Rate: 20_000, Connections: 64, Seed: 1}.WithDefaults()
			s := newSchedule(o, whole.of(threads-1, threads))
			for b.Loop() {
				s.next()
			}
		})
	}
}
