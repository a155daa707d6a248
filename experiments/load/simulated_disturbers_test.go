// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/upper"
)

// byKind returns the connections of a kind of client, in the order in which they were taken.
func byKind(s *simulation, kind string) (all []*simLink) {
	for _, l := range s.taken {
		if l.c.profile.name == kind {
			all = append(all, l)
		}
	}
	return all
}

// What each kind of disturber does in a window of 100 ms, beside a client that is measured.
func TestDisturbersAreExact(t *testing.T) {
	for _, framing := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
		o := Options{Framing: framing, Connections: 1, Think: 10 * time.Millisecond, Duration: 99500 * time.Microsecond,
			Mute: 2, Idle: 2, SlowWriter: 2, SlowReader: 1, Bulk: 1, Churn: 2, Reset: 2}
		sessions := map[*simLink]*upper.Session{}
		p := upper.Protocol{Framing: framing, Limit: 1 << 30}
		s := simulate(t, o, simServer{
			open: func(l *simLink) {
				session := p.NewSession()
				sessions[l] = &session
				if l.c.profile.neverReads {
					l.room = 1 << 20 // of the sockets; the server stops reading when it cannot write
				}
			},
			request: func(l *simLink, b []byte) {
				out, _, err := sessions[l].Feed(l.s.context, nil, b)
				require.NoError(t, err)
				if !l.c.profile.neverReads && len(out) > 0 {
					l.reply(time.Millisecond, out)
				}
			},
		})
		r := s.run()
		flawless(t, r, o)
		d := r.Disturbers
		for _, kind := range []string{"mute", "idle", "slowwriter", "bulk", "churn", "reset", "slowreader"} {
			require.Zero(t, d[kind+".wrong"]+d[kind+".ended"], kind)
			require.Equal(t, d[kind+".wanted"], d[kind+".start"], kind)
			require.Equal(t, d[kind+".wanted"], d[kind+".end"], kind)
		}
		require.EqualValues(t, 1, r.Metrics["disturbers"])
		require.EqualValues(t, 2, d["mute.connected"])
		require.Zero(t, d["mute.requests"])
		require.EqualValues(t, 2, d["idle.connected"])
		require.EqualValues(t, 2, d["idle.requests"])
		require.Zero(t, d["slowwriter.requests"], "64 bytes take 630 ms")
		for _, l := range byKind(s, "slowwriter") {
			require.Len(t, l.writes, 10, "a byte each 10 ms, from the start on")
			require.Len(t, l.writes[9], 1)
		}
		require.Equal(t, 0, byKind(s, "slowreader")[0].room)
		require.Positive(t, d["bulk.requests"])
		require.EqualValues(t, 2*50, d["churn.requests"], "1 ms for the answer, 1 ms to the next session")
		require.EqualValues(t, 2*100, d["reset.requests"], "1 ms to the next session, without an answer")
		for _, l := range byKind(s, "reset")[:100] {
			require.True(t, l.reset)
		}
	}
}

// A slow reader asks for 64 MiB and no more.
func TestASlowReaderIsBounded(t *testing.T) {
	o := Options{Connections: 1, Think: time.Millisecond, SlowReader: 1, Duration: 10 * time.Millisecond}
	asked := 0
	r := simulate(t, o, simServer{request: func(l *simLink, b []byte) {
		if l.c.profile.neverReads {
			asked += len(b)
			return
		}
		l.reply(0, upper.Bytes(nil, b))
	}}).run()
	require.GreaterOrEqual(t, asked, slowReaderBytes)
	require.Less(t, asked, slowReaderBytes+bulkSize)
	flawless(t, r, o)
}

// Clients that the server ends within the window, and lets in no more, are there at its start and not at its end.
func TestWhoIsThereIsTold(t *testing.T) {
	o := Options{Connections: 3, Mute: 3, Idle: 3, SlowWriter: 3, SlowReader: 3, Bulk: 3, Churn: 3, Reset: 3, Duration: 100 * time.Millisecond}
	ends := simStart + int64(25*time.Millisecond)
	server := liar(func(l *simLink, k int, reply []byte) { l.reply(time.Millisecond, reply) })
	server.open = func(l *simLink) { l.end(time.Duration(ends-l.s.now), closed) }
	s := simulate(t, o, server)
	s.server.connect = func(int) (time.Duration, *fault) {
		if s.now >= ends {
			return 0, failing(refused)
		}
		return 0, nil
	}
	r := s.run()
	for _, p := range r.Present() {
		require.EqualValues(t, []int64{3, 3, 0}, []int64{p.Wanted, p.Start, p.End}, p.Kind)
		require.Contains(t, r.Reasons.String(), "0 at its end", p.Kind)
	}
	require.Len(t, r.Present(), 8)
	require.Zero(t, r.Metrics["disturbers"])
}

// How long clients are waited for before anything is played, to the nanosecond (and the 10 ms of a look).
func TestHowLongClientsAreWaitedFor(t *testing.T) {
	const look = float64(10 * time.Millisecond)
	taken := func(n int) func(int) (time.Duration, *fault) {
		return func(attempt int) (time.Duration, *fault) {
			if attempt < n {
				return 0, nil
			}
			return time.Hour, nil // it waits in the server's backlog
		}
	}
	t.Run("all come at once", func(t *testing.T) {
		o := Options{Connections: 10, Idle: 1000, Duration: time.Millisecond}
		s := simulate(t, o, answering(o, nil))
		s.connect()
		require.Equal(t, simStart, s.now)
		require.EqualValues(t, 1000, s.recorder.disturb("idle").here)
	})
	t.Run("a server that takes 20 of 50", func(t *testing.T) {
		o := Options{Connections: 1, Mute: 50, Duration: time.Millisecond}
		s := simulate(t, o, simServer{connect: taken(20)})
		s.connect()
		require.InDelta(t, float64(2*patience), float64(s.now-simStart), 3*look, "the disturbers, and the client behind them")
		s.play()
		r := s.result()
		require.Contains(t, r.Reasons.String(), "20 of 50 mute")
	})
	t.Run("a server that takes 20 of 50, which dial again", func(t *testing.T) {
		o := Options{Connections: 1, Mute: 50, Duration: time.Millisecond}
		s := simulate(t, o, simServer{connect: taken(20)})
		s.redials = true
		s.come(false)
		require.InDelta(t, float64(silence), float64(s.now-simStart), 2*look)
		require.Greater(t, s.dialed, 50+30*4, "each of the 30 tried several times")
	})
	t.Run("a server that answers one", func(t *testing.T) {
		o := Options{Connections: 1, Idle: 300, Duration: time.Millisecond}
		s := simulate(t, o, liar(func(l *simLink, k int, reply []byte) {
			if l.number == 0 {
				l.reply(0, reply)
			}
		}))
		s.connect()
		require.EqualValues(t, 300, s.recorder.disturb("idle").connected, "more are let go although nobody is answered")
		require.EqualValues(t, 1, s.recorder.disturb("idle").here)
		require.InDelta(t, float64(silence), float64(s.now-simStart), float64(300*time.Millisecond))
	})
	t.Run("idle clients that ask nothing", func(t *testing.T) {
		o := Options{Connections: 1, Idle: 20, IdleAsksNothing: true, Duration: time.Millisecond}
		s := simulate(t, o, answering(o, always(time.Millisecond)))
		r := s.run()
		require.EqualValues(t, 20, r.Disturbers["idle.start"])
		require.Zero(t, r.Disturbers["idle.requests"])
	})
	t.Run("clients that still come when the time is over", func(t *testing.T) {
		o := Options{Connections: 1, Mute: 100, Duration: time.Millisecond}
		s := simulate(t, o, simServer{connect: func(attempt int) (time.Duration, *fault) { return time.Duration(attempt) * time.Second, nil }})
		s.come(false)
		require.InDelta(t, float64(o.Bound()), float64(s.now-simStart), look)
		require.EqualValues(t, 69, s.recorder.disturb("mute").cut, "one a second in 30.5 s")
	})
	t.Run("clients whose SYN the system dropped", func(t *testing.T) {
		o := Options{Connections: 1, Mute: 1000, Duration: time.Millisecond}
		s := simulate(t, o, simServer{})
		s.redials = true
		s.server.connect = func(attempt int) (time.Duration, *fault) {
			if attempt >= 300 && s.now < simStart+int64(300*time.Millisecond) {
				return time.Second, nil // the backlog is full for 300 ms
			}
			return 30 * time.Microsecond, nil
		}
		s.connect()
		require.EqualValues(t, 1000, s.recorder.disturb("mute").connected, "each once")
		require.InDelta(t, float64(450*time.Millisecond), float64(s.now-simStart), float64(50*time.Millisecond),
			"dialed again when all attempts have lasted about 50, 100, 200 and 400 ms, and not after the second of the system")
	})
	t.Run("clients of a server that is far away", func(t *testing.T) {
		o := Options{Connections: 1, Mute: 200, Duration: time.Millisecond}
		s := simulate(t, o, simServer{connect: func(int) (time.Duration, *fault) { return 180 * time.Millisecond, nil }})
		s.redials = true
		s.connect()
		require.Equal(t, 201, s.dialed, "each once")
	})
	t.Run("as many at once as a backlog holds", func(t *testing.T) {
		o := Options{Connections: 1, Mute: 1000, Duration: time.Millisecond}
		s, most := simulate(t, o, simServer{}), 0
		s.server.connect = func(int) (time.Duration, *fault) {
			most = max(most, s.dialed+1-s.served) // with this one
			return time.Millisecond, nil
		}
		s.come(false)
		require.Equal(t, atOnce, most)
	})
}
