// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// request is one of a simulated run, ns since the window began.
type request struct{ intended, replied int64 }

// simulated plays a second of a server that takes about 200 us for a request and a generator that has no turn for
// stop from moment on; a stop of 0 is no stop. It returns the requests of the window in the order of their response
// times. Clocks and chance are the seed's, so that a run with a stop and one without differ in that alone.
func simulated(o Options, seed uint64, moment, stop int64) (all []request) {
	turn := func(t int64) int64 { // when the generator has its next turn
		if t >= moment && t < moment+stop {
			return moment + stop
		}
		return t
	}
	chance := rand.New(rand.NewPCG(seed, 1))
	serve := func() int64 { return int64(chance.ExpFloat64()*100e3) + 100e3 }
	asks := func(intended int64) (replied int64) {
		replied = turn(turn(intended) + serve())
		if intended >= 0 && intended < int64(o.Duration) {
			all = append(all, request{intended, replied})
		}
		return replied
	}
	if o.OpenLoop() {
		for at := -int64(o.Warmup); at < int64(o.Duration); at += int64(chance.ExpFloat64() * 1e9 / o.Rate) {
			asks(at)
		}
	} else {
		for range o.Connections {
			for at := -int64(o.Warmup); at < int64(o.Duration); {
				at = asks(at)
			}
		}
	}
	slices.SortFunc(all, func(a, b request) int { return int(a.replied - a.intended - b.replied + b.intended) })
	return all
}

// quantile returns a response time of sorted requests, ns.
func quantile(all []request, q float64) float64 {
	r := all[min(len(all)-1, max(0, int(q*float64(len(all)))))]
	return float64(r.replied - r.intended)
}

// judged makes a result of simulated requests, as an engine that looks at its clock every beat would have noticed the
// stop, and judges it.
func judged(o Options, all []request, moment, stop int64) *Result {
	r := &Result{Metrics: map[string]float64{"served": float64(o.Connections), "completed": float64(len(all))}}
	answered := 0
	for _, request := range all {
		if request.replied < int64(o.Duration) {
			answered++
		}
	}
	r.Metrics["achieved_rate"] = float64(answered) / o.Duration.Seconds()
	for name, q := range map[string]float64{"p50": .5, "p90": .9, "p99": .99, "p999": .999, "max": 1} {
		if len(all) > 0 { // a generator that is stopped for the whole window asks nothing
			r.Metrics["latency."+name] = quantile(all, q)
		}
	}
	var v pauses
	v.note(min(moment+int64(beat), moment+stop), moment+stop, 0, int64(o.Duration)) // it looked a moment before, at the latest
	r.Pause, r.Paused, r.Pauses = time.Duration(v.longest), time.Duration(v.total), v.times
	r.withhold(o)
	Judge(o, r, -1)
	return r
}

// A generator that is stopped at a random moment for 20 ms to 2 s, 50 times in each loop: what its trial still shows is
// what the same trial without the stop shows.
func TestWhatAStoppedGeneratorShowsIsTheServers(t *testing.T) {
	for name, o := range map[string]Options{
		"closed loop":           {Connections: 16},
		"open loop":             {Connections: 16, Arrivals: Poisson, Rate: 4000},
		"alone":                 {Connections: 1},
		"on CPUs":               {Connections: 16, CPUs: []int{0}},
		"on its own CPUs, open": {Connections: 16, Arrivals: Constant, Rate: 4000, CPUs: []int{0}},
	} {
		t.Run(name, func(t *testing.T) {
			o.Duration, o.Warmup = time.Second, 100*time.Millisecond
			o = o.WithDefaults()
			chance := rand.New(rand.NewPCG(17, 23))
			for k := range uint64(50) {
				stop := int64(20e6) << chance.IntN(7)
				stop += chance.Int64N(stop)
				stop = min(stop, int64(2*time.Second))
				moment := -int64(o.Warmup) + chance.Int64N(int64(o.Warmup+o.Duration+grace))
				if k%10 == 0 { // of which the window has the last moment only
					moment = int64(pauseFrom) - int64(time.Millisecond) - stop
				}
				without := simulated(o, k, 0, 0)
				r := judged(o, simulated(o, k, moment, stop), moment, stop)
				what := fmt.Sprintf("%v after %v: %v", time.Duration(stop), time.Duration(moment), r.Reasons)
				if !r.Valid {
					continue
				}
				whole := judged(o, without, 0, 0)
				require.Empty(t, whole.Reasons)
				told := len(r.Reasons) > 0
				rate := r.Metrics["achieved_rate"] / whole.Metrics["achieved_rate"]
				require.InDelta(t, 1, rate, map[bool]float64{false: .02, true: pausedAmong + .02}[told], what)
				for figure, beyond := range map[string]float64{"p50": .5, "p90": .1, "p99": .01, "p999": .001} {
					if shown, has := r.Metrics["latency."+figure]; has {
						require.GreaterOrEqual(t, shown, quantile(without, 1-1.5*beyond), "%s: %s", figure, what)
						require.LessOrEqual(t, shown, quantile(without, 1-beyond/2), "%s: %s", figure, what)
					}
				}
				if longest, has := r.Metrics["latency.max"]; has {
					require.Less(t, longest, whole.Metrics["latency.max"]+float64(pauseFrom+beat), what)
				}
			}
		})
	}
}
