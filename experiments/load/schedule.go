package load

import (
	"math"
	"math/rand/v2"
	"time"
)

// A Shard is a part of a run's connections: number First, and each Parts-th after it. Each machine that plays a part of a
// run, each process of it and each thread of that has a shard.
type Shard struct{ First, Parts int }

// whole is the shard with all connections.
var whole = Shard{0, 1}

// of returns the i-th of n shards of s.
func (s Shard) of(i, n int) Shard { return Shard{i*s.Parts + s.First, n * s.Parts} }

// count returns how many of n connections lie in s.
func (s Shard) count(n int) int { return share(n, s.First, s.Parts) }

// number returns the number, among all, of the i-th connection in s.
func (s Shard) number(i int) int { return i*s.Parts + s.First }

// A Part is what a generator has of a run that several play together. Options.Rate is that of the whole run.
type Part struct {
	Shard
	All int // connections of the run
}

// Split returns the i-th of n parts of o, which may be a part itself: its share of the connections and of the disturbers.
func (o Options) Split(i, n int) Options {
	o = o.WithDefaults()
	o.Part.Shard = o.Part.of(i, n)
	for _, count := range []*int{&o.Connections, &o.Mute, &o.Idle, &o.SlowWriter, &o.SlowReader, &o.Bulk, &o.Churn, &o.Reset} {
		*count = share(*count, i, n)
	}
	return o
}

// A schedule draws the intended times of a run's requests, and the connection that each is for. Both depend only on the
// options and the seed: not on the server, so that they may be drawn one by one, and not on the number of threads and
// processes. Each thread draws the arrivals of all shards, about 30 ns apiece, and skips those of the other shards.
//
// Poisson arrivals at a rate that changes are those at rate 1 on a clock that runs at that rate: the n-th arrival comes
// when the expected number of arrivals reaches the n-th arrival at rate 1 (the time-change theorem; Cinlar 1975,
// chapter 4).
type schedule struct {
	random   *rand.Rand
	constant bool
	wave     wave
	shard    Shard
	mine     int     // connections in the shard
	all      int     // connections of the run
	k        int     // arrivals drawn in the shard
	at       float64 // s from the start of the warm-up
}

// newSchedule returns the arrivals in a shard of a run.
func newSchedule(o Options, own Shard) *schedule {
	return &schedule{
		random:   rand.New(rand.NewPCG(o.Seed, 1)),
		constant: o.Arrivals == Constant,
		wave:     newWave(o),
		shard:    own, mine: own.count(o.Part.All), all: o.Part.All,
	}
}

// next returns the time of the shard's next arrival, in ns from the start of the warm-up, and which of the
// shard's connections it is for.
func (s *schedule) next() (at int64, conn int) {
	if s.constant {
		round, i := s.k/s.mine, s.k%s.mine
		s.k++
		n := round*s.all + s.shard.number(i)
		return int64(float64(n) / s.wave.base * 1e9), i
	}
	for {
		s.at = s.wave.after(s.at, s.random.ExpFloat64())
		n := s.random.IntN(s.all)
		if n%s.shard.Parts == s.shard.First {
			return int64(s.at * 1e9), n / s.shard.Parts
		}
	}
}

// wave is a rate that changes between two values; times in s from the start of the warm-up.
type wave struct {
	base, peak    float64 // requests/s
	first         float64 // when the first peak begins
	width, period float64 // period 0: a single peak
}

func newWave(o Options) wave {
	w := wave{base: o.Rate, first: math.Inf(1)}
	if o.Arrivals != Bursts {
		return w
	}
	w.peak, w.first = o.Burst.Peak, o.Warmup.Seconds()
	w.width, w.period = o.Burst.Width.Seconds(), o.Burst.Period.Seconds()
	if o.Burst.Period == 0 {
		w.first += (o.Duration / 4).Seconds()
		if o.Burst.Width == 0 {
			w.width = (time.Hour * 24).Seconds()
		}
	}
	return w
}

// rate returns the rate at t and until when it holds.
func (w wave) rate(t float64) (rate, until float64) {
	if t < w.first {
		return w.base, w.first
	}
	begin := w.first
	if w.period > 0 {
		begin += math.Floor((t-w.first)/w.period) * w.period
	}
	if t < begin+w.width {
		return w.peak, begin + w.width
	}
	if w.period > 0 {
		return w.base, begin + w.period
	}
	return w.base, math.Inf(1)
}

// after returns when the expected number of arrivals since t reaches n.
func (w wave) after(t, n float64) float64 {
	for {
		rate, until := w.rate(t)
		within := max(0, until-t) * rate
		if n <= within {
			return t + n/rate
		}
		n -= within
		t = math.Nextafter(max(t, until), math.Inf(1)) // time never goes back, however the borders were rounded
	}
}
