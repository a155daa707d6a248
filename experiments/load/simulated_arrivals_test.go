// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/upper"
)

// expectation is a request that a test expects; times from the start of the window.
type expectation struct{ intended, sent, done time.Duration }

// samplesOf returns the whole requests of a client, in order.
func samplesOf(r *Result, conn int) (all []expectation) {
	for _, s := range r.Samples {
		if s.Conn == conn {
			all = append(all, expectation{time.Duration(s.Intended), time.Duration(s.Sent), time.Duration(s.Done)})
		}
	}
	return all
}

// Coordinated omission: whatever a server does, each response time lasts from the time that the schedule wanted the
// request at. A server of one request a time for each connection stands still for 100 ms of the window; a queue that
// is worked off in order, in a few lines, says when each request is sent and answered.
func TestEveryResponseTimeBeginsWhenTheScheduleWantsIt(t *testing.T) {
	const d, stall = 100 * time.Microsecond, 100 * time.Millisecond
	for _, arrivals := range []string{Constant, Poisson, Bursts} {
		for _, connections := range []int{1, 3} {
			t.Run(fmt.Sprintf("%s, %d connections", arrivals, connections), func(t *testing.T) {
				o := Options{Arrivals: arrivals, Rate: 1500, Connections: connections, Duration: time.Second, Warmup: 50 * time.Millisecond, Seed: 9}
				if arrivals == Bursts {
					o.Rate, o.Burst = 500, Burst{Peak: 4000, Width: 40 * time.Millisecond, Period: 200 * time.Millisecond}
				}
				from := simStart + int64(o.Warmup+300*time.Millisecond)
				took := func(now int64) time.Duration {
					if now >= from && now < from+int64(stall) {
						return time.Duration(from+int64(stall)-now) + d
					}
					return d
				}
				r := simulate(t, o, answering(o, took)).run()

				want := make(map[int][]expectation)
				last := make(map[int]int64)
				o = o.WithDefaults()
				sum, longest, wanted := int64(0), int64(0), 0
				s := newSchedule(o, whole)
				for at, i := s.next(); at < int64(o.Warmup+o.Duration); at, i = s.next() {
					intended := simStart + at
					sent := max(intended, last[i])
					last[i] = sent + int64(took(sent))
					if origin := simStart + int64(o.Warmup); intended >= origin {
						want[i] = append(want[i], expectation{time.Duration(intended - origin), time.Duration(sent - origin), time.Duration(last[i] - origin)})
						sum += last[i] - intended
						longest = max(longest, last[i]-intended)
						wanted++
					}
				}
				for i := range connections {
					require.Equal(t, want[i], samplesOf(r, i))
				}
				require.GreaterOrEqual(t, longest, int64(stall*9/10), "somebody waited")
				require.EqualValues(t, wanted, r.Metrics["offered_rate"])
				require.EqualValues(t, wanted, r.Response.TotalCount())
				require.EqualValues(t, 1, r.Metrics["answered"])
				about(t, longest, r.Metrics["latency.max"])
				about(t, float64(sum)/float64(wanted), r.Metrics["latency.mean"])
				require.InEpsilon(t, float64(d), r.Metrics["service.p50"], .001, "from the send, the stall is all but invisible")
				require.Zero(t, r.Metrics["send_lag.p50"], "a driver that is never late has no lag")
				require.Zero(t, r.Lag.Max())
			})
		}
	}
}

// The proof of `socketbench load --prove`, on a clock without noise: of the requests of a window T, those wanted
// during a stop S wait for what is left of it, so that the p-th percentile is S-(1-p)T.
func TestAStalledServerIsSeenExactly(t *testing.T) {
	const stop = 700 * time.Millisecond
	o := Options{Arrivals: Constant, Rate: 1000, Connections: 8, Duration: 3 * time.Second}
	from := simStart + int64(o.Duration/4)
	s := simulate(t, o, answering(o, func(now int64) time.Duration {
		if now >= from && now < from+int64(stop) {
			return time.Duration(from + int64(stop) - now)
		}
		return 0
	}))
	r := s.run()
	for percentile, quantile := range map[float64]float64{90: .9, 99: .99} {
		analytic := max(0, float64(stop)-(100-percentile)/100*float64(o.Duration))
		require.InDelta(t, analytic, r.Response.Quantile(quantile), float64(2*time.Millisecond), "one request is one ms of the stop")
	}
	require.Zero(t, r.Metrics["service.p50"])
	require.Zero(t, r.Metrics["unanswered"])
}

func TestEvenArrivalsTakeTurns(t *testing.T) {
	o := Options{Arrivals: Constant, Rate: 1000, Connections: 4, Duration: 100 * time.Millisecond}
	r := simulate(t, o, answering(o, nil)).run()
	require.Len(t, r.Samples, 100)
	for k, s := range r.Samples {
		at := int64(k) * int64(time.Millisecond)
		require.Equal(t, k%4, s.Conn)
		require.Equal(t, []int64{at, at, at}, []int64{s.Intended, s.Sent, s.Done})
	}
}

// Arrivals of sessions: the first connects, the last ends the connection, and the next one waits for the first.
func TestArrivalsOfSessions(t *testing.T) {
	const connect, d = 3 * time.Millisecond, time.Millisecond
	o := Options{Arrivals: Constant, Rate: 100, Connections: 1, Requests: 3, Duration: 90 * time.Millisecond}
	server := answering(o, always(d))
	server.connect = func(int) (time.Duration, *fault) { return connect, nil }
	s := simulate(t, o, server)
	r := s.run()
	require.Len(t, r.Samples, 9)
	for k, sample := range r.Samples {
		at := int64(k) * int64(10*time.Millisecond)
		session := k/3 + 1
		require.Equal(t, session, sample.Session)
		require.Equal(t, at, sample.Intended)
		sent := at
		if k%3 == 0 && k > 0 { // the first was connected before
			sent += int64(connect)
			require.Equal(t, at, sample.Connect, "the session begins with its arrival")
			require.Equal(t, sent, sample.Open)
		}
		require.Equal(t, []int64{sent, sent + int64(d)}, []int64{sample.Sent, sample.Done})
	}
	require.Equal(t, 3, s.served)
	require.EqualValues(t, 2, r.Connect.TotalCount(), "those of the setup are not those of a session")
	about(t, connect, r.Connect.Max())
	about(t, connect+d, r.First.Max())
}

// Arrivals that wait when a session ends are sent in the next one.
func TestArrivalsOutliveTheirSession(t *testing.T) {
	const d = 3 * time.Millisecond
	o := Options{Arrivals: Constant, Rate: 1000, Connections: 1, Requests: 2, Duration: 30 * time.Millisecond}
	r := simulate(t, o, answering(o, always(d))).run()
	require.Len(t, r.Samples, 30)
	for k, s := range r.Samples {
		require.EqualValues(t, k*int(time.Millisecond), s.Intended)
		require.EqualValues(t, k*int(d), s.Sent)
		require.Equal(t, k/2+1, s.Session)
	}
}

// What was wanted before the window is none of its requests, whenever it is answered.
func TestTheWarmUpIsNotCounted(t *testing.T) {
	o := Options{Arrivals: Constant, Rate: 500, Connections: 4, Warmup: 300 * time.Millisecond, Duration: 100 * time.Millisecond}
	stands := simStart + int64(320*time.Millisecond)
	r := simulate(t, o, answering(o, func(now int64) time.Duration { return time.Duration(max(0, stands-now)) })).run()
	require.EqualValues(t, 50, r.Metrics["offered_rate"]*.1)
	require.EqualValues(t, 50, r.Metrics["completed"])
	about(t, 20*time.Millisecond, r.Metrics["latency.max"])

	// Clients that the schedule wants nothing of within the window are neither served nor unserved.
	o = Options{Arrivals: Poisson, Rate: 200, Connections: 100, Warmup: 300 * time.Millisecond, Duration: 100 * time.Millisecond}
	r = simulate(t, o, answering(o, nil)).run()
	require.Zero(t, r.Metrics["unserved"])
	require.Less(t, r.Metrics["served"], 30.)
	require.EqualValues(t, r.Metrics["offered_rate"]*.1, r.Metrics["completed"])
}

// A server that is asked for more than it can answers as fast as it can all the time, first what was wanted in the
// warm-up. Its rate is that of its replies, and what it uses is for these, whatever is still unanswered.
func TestAnOverloadedServersRateIsThatOfItsReplies(t *testing.T) {
	const d = 5 * time.Millisecond
	o := Options{Arrivals: Poisson, Rate: 8000, Connections: 4, Warmup: 200 * time.Millisecond, Duration: 800 * time.Millisecond, Size: 64}
	r := simulate(t, o, answering(o, always(d))).run()
	carries := 4 / d.Seconds() // one request a time for each connection
	require.InEpsilon(t, carries, r.Metrics["achieved_rate"], .01)
	require.InEpsilon(t, 64*carries, r.Metrics["throughput_bytes"], .01)
	require.Less(t, r.Metrics["answered"], .01, "in order, the requests of the window have not had their turn")
	require.True(t, FellBehind(r.Metrics))

	// One that stood still in the warm-up answers more than is wanted, while it works off what has waited.
	stands := simStart + int64(o.Warmup)
	o.Rate = carries / 2
	r = simulate(t, o, answering(o, func(now int64) time.Duration { return time.Duration(max(0, stands-now)) + d })).run()
	require.InEpsilon(t, 1.25*o.Rate, r.Metrics["achieved_rate"], .05)
	require.False(t, FellBehind(r.Metrics))
}

// In an open loop a pipeline lets arrivals leave although the reply to the one before is outstanding.
func TestADeepConnectionSendsOnTime(t *testing.T) {
	o := Options{Arrivals: Constant, Rate: 1000, Connections: 1, Pipeline: 4, Duration: 100 * time.Millisecond, Framing: upper.Line}
	r := simulate(t, o, answering(o, always(900*time.Microsecond))).run()
	for _, s := range r.Samples {
		require.Equal(t, s.Intended, s.Sent)
	}
	o.Pipeline = 1
	r = simulate(t, o, answering(o, always(1100*time.Microsecond))).run()
	for k, s := range r.Samples {
		require.EqualValues(t, k*1100_000, s.Sent, "each waits for the reply to the one before")
	}
	require.Zero(t, r.Lag.Max(), "which is the server's doing")
}
