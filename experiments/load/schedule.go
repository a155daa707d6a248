package load

import (
	"math"
	"math/rand/v2"
	"time"
)

// A schedule draws the intended times of the requests that one engine thread sends, and deals each to
// one of its connections. Both depend on the options and the seed alone, never on the server, so that
// drawing them one by one is the same as having drawn them all in advance.
//
// Poisson arrivals at a rate that changes are those at rate 1 on a bent clock: the n-th comes when the
// expected number of arrivals reaches the n-th of the straight clock (the time-change theorem; Cinlar
// 1975, chapter 4).
type schedule struct {
	random   *rand.Rand
	constant bool
	wave     wave
	thread   int     // which one
	threads  int     // of how many
	mine     int     // connections of this thread
	all      int     // connections of all threads
	offset   float64 // constant: of the first arrival, in gaps
	share    float64 // mine / all
	k        int     // arrivals drawn
	at       float64 // s from the start of the warm-up
}

func newSchedule(o Options, thread, threads, mine int) *schedule {
	return &schedule{
		random:   rand.New(rand.NewPCG(o.Seed, uint64(thread)+1)),
		constant: o.Arrivals == Constant,
		wave:     newWave(o),
		thread:   thread, threads: threads, mine: mine, all: o.Connections, offset: o.offset,
		share: float64(mine) / float64(o.Connections),
	}
}

// next returns the time of the next arrival, in ns from the start of the warm-up, and which of the
// thread's connections it is for. Connection i of a thread is connection i*threads+thread of all.
func (s *schedule) next() (at int64, conn int) {
	if s.constant {
		round, i := s.k/s.mine, s.k%s.mine
		s.k++
		n := round*s.all + i*s.threads + s.thread
		return int64((float64(n) + s.offset) / s.wave.base * 1e9), i
	}
	s.at = s.wave.after(s.at, s.random.ExpFloat64()/s.share)
	return int64(s.at * 1e9), s.random.IntN(s.mine)
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
		t = math.Nextafter(max(t, until), math.Inf(1)) // never back, however the borders were rounded
	}
}
