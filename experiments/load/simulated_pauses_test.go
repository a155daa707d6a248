// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A generator that has no turn, at any moment and for any time, says so, blames nothing on the server, and loses no
// request. A pause of 9 ms is the system's way to share its CPUs; one of 10 ms or more is told where a part of it lies in
// the window or the grace.
func TestAPauseIsToldAtAnyMoment(t *testing.T) {
	const ms = time.Millisecond
	loops := map[string]Options{
		"closed":   {},
		"sessions": {Requests: 10, Think: 200 * time.Microsecond},
		"open":     {Arrivals: Poisson, Rate: 2000},
	}
	for name, o := range loops {
		for _, serving := range []bool{false, true} {
			for _, length := range []time.Duration{9 * ms, 20 * ms, 60 * ms, 2 * time.Second} {
				for after := time.Duration(0); after < 240*ms; after += 7 * ms {
					t.Run(fmt.Sprintf("%s, %v after %v, serving: %v", name, length, after, serving), func(t *testing.T) {
						o.Connections, o.Warmup, o.Duration, o.Seed = 4, 20*ms, 200*ms, 3
						s := simulate(t, o, answering(o, always(100*time.Microsecond)))
						from := simStart + int64(after)
						s.pauses = []simPause{{from, from + int64(length), serving}}
						r := s.run()
						told := strings.Contains(r.Reasons.String(), "the generator had no turn for")
						inside := min(after+length, 220*ms+grace) - max(after, 20*ms)
						began := after < 215*ms // else all may have been settled before
						switch {
						case length < 10*ms || inside <= 0:
							require.False(t, told, r.Reasons)
						case inside > 6*ms && began: // the driver meant to wait for up to 5 ms
							require.True(t, told, r.Reasons)
							require.InDelta(t, float64(inside), float64(r.Pause), float64(6*ms))
						}
						require.Zero(t, r.Metrics["unanswered"]+r.Metrics["lost"]+r.Metrics["wrong"], "the server is right: %v", r.Metrics)
						if paused := min(after+length, 220*ms) - max(after, 20*ms); began && paused > 15*ms {
							require.False(t, r.Valid, "%v of 200 ms: %v", paused, r.Reasons)
						}
					})
				}
			}
		}
	}
}

// A generator that has little to do looks at its clock less often. It still tells every pause of 50 ms, and no response time
// has a pause in it that is not told.
func TestAPauseOfAnIdleGeneratorIsTold(t *testing.T) {
	const ms = time.Millisecond
	o := Options{Connections: 1, Arrivals: Poisson, Rate: 20, Warmup: 20 * ms, Duration: time.Second, Seed: 7}
	for _, length := range []time.Duration{20 * ms, 50 * ms} {
		for after := 20 * ms; after < time.Second-length; after += 3 * ms {
			s := simulate(t, o, answering(o, always(100*time.Microsecond)))
			from := simStart + int64(after)
			s.pauses = []simPause{{from, from + int64(length), false}}
			r := s.run()
			if r.Pauses == 0 {
				require.Less(t, length, 50*ms, "after %v", after)
				require.Less(t, r.Metrics["latency.max"], float64(pauseFrom+ms), "%v after %v", length, after)
				continue
			}
			require.LessOrEqual(t, r.Pause, length, "after %v", after)
			require.GreaterOrEqual(t, r.Pause, length-idleBeat, "after %v", after)
		}
	}
}
