// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"socketbench/servers/upper"
)

// reset, closed and the like, as a pointer.
func failing(kind fault) *fault { return &kind }

// flawless demands that everybody was answered rightly.
func flawless(t require.TestingT, r *Result, o Options) {
	for _, name := range []string{"wrong", "duplicate", "lost", "unanswered", "unserved"} {
		require.Zero(t, r.Metrics[name], "%s: %v %+v", name, r.Metrics, r.Wrong)
	}
	require.EqualValues(t, o.WithDefaults().Connections, r.Metrics["served"])
	require.EqualValues(t, 1, r.Metrics["answered"])
}

// Every shape of a request, with replies that come in pieces of any size, is answered and verified.
func TestEveryShapeInPieces(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		o := Options{
			Framing:  rapid.SampledFrom([]upper.Framing{upper.Raw, upper.Line, upper.Length}).Draw(t, "framing"),
			Size:     rapid.SampledFrom([]int{1, 2, 64, 5000, 300_000}).Draw(t, "size"),
			Pipeline: rapid.SampledFrom([]int{1, 2, 7, 64}).Draw(t, "pipeline"),
			Requests: rapid.SampledFrom([]int{0, 1, 3, 10}).Draw(t, "requests"),
			Seed:     rapid.Uint64().Draw(t, "seed"), Connections: 2, Duration: 20 * time.Millisecond,
		}
		piece := rapid.SampledFrom([]int{1, 3, 60, 70_000}).Draw(t, "piece")
		if o.Size > 1000 {
			piece = max(piece, 1000)
		}
		p := upper.Protocol{Framing: o.Framing, Limit: 1 << 30}
		sessions := map[*simLink]*upper.Session{}
		s := simulate(t, o, simServer{open: func(l *simLink) { session := p.NewSession(); sessions[l] = &session }, request: func(l *simLink, b []byte) {
			out, _, err := sessions[l].Feed(l.s.context, nil, b)
			require.NoError(t, err)
			for l.busy = max(l.busy, l.s.now+int64(time.Millisecond)); len(out) > 0; l.busy += 1000 {
				n := min(piece, len(out))
				l.reply(time.Duration(l.busy-l.s.now), out[:n])
				out = out[n:]
			}
		}})
		r := s.run()
		flawless(t, r, o)
		require.EqualValues(t, r.Metrics["completed"], r.Response.TotalCount()-r.Late)
		total := int64(0)
		for _, interval := range r.Log {
			total += interval.Response.TotalCount()
		}
		require.Equal(t, r.Response.TotalCount(), total, "the log is the histogram, in intervals")
		if o.Requests > 0 {
			require.Greater(t, s.served, o.Connections)
		}
	})
}

// A closed loop asks again at the moment of the reply, and what is answered within the window counts.
func TestAClosedLoopFollowsTheReplies(t *testing.T) {
	const d = 30 * time.Millisecond
	o := Options{Connections: 2, Duration: 100 * time.Millisecond, Warmup: 50 * time.Millisecond}
	r := simulate(t, o, answering(o, always(d))).run()
	// Replies come at -20, 10, 40, 70 and 100 ms from the start of the window.
	var want []expectation
	for done := 10 * time.Millisecond; done <= o.Duration; done += d {
		want = append(want, expectation{done - d, done - d, done})
	}
	require.Equal(t, want, samplesOf(r, 0))
	require.Equal(t, want, samplesOf(r, 1))
	require.EqualValues(t, 6, r.Metrics["completed"])
	require.EqualValues(t, 2, r.Late)
	require.Len(t, r.Log, 2)
	require.Zero(t, r.Log[1].Length, "what comes after the window has a interval of its own")
	require.EqualValues(t, 2, r.Log[1].Response.TotalCount())
	require.EqualValues(t, 1, r.Metrics["fairness"])
	require.EqualValues(t, 6*64/.1, r.Metrics["throughput_bytes"])
	flawless(t, r, o)
}

// Clients begin spread over the think time, as clients that have been thinking for a while are. Then each thinks for half to
// one and a half of it, and for the whole on average.
func TestThinkTimeIsAMean(t *testing.T) {
	const d, think = 2 * time.Millisecond, 50 * time.Millisecond
	o := Options{Connections: 5, Think: think, Duration: 20 * time.Second}
	r := simulate(t, o, answering(o, always(d))).run()
	var sum, n time.Duration
	for i := range o.Connections {
		list := samplesOf(r, i)
		at := time.Duration(i) * think / time.Duration(o.Connections)
		require.Equal(t, expectation{at, at, at + d}, list[0])
		for k, s := range list[1:] {
			pause := s.intended - list[k].done
			require.GreaterOrEqual(t, pause, think/2)
			require.Less(t, pause, think*3/2)
			require.Equal(t, expectation{s.intended, s.intended, s.intended + d}, s)
			sum, n = sum+pause, n+1
		}
	}
	require.Greater(t, n, 1800*time.Nanosecond)
	require.InDelta(t, float64(think), float64(sum)/float64(n), float64(time.Millisecond))
	flawless(t, r, o)

	again := simulate(t, o, answering(o, always(d))).run()
	require.Equal(t, r.Samples, again.Samples, "the seed says how long")
	o.Seed++
	require.NotEqual(t, r.Samples, simulate(t, o, answering(o, always(d))).run().Samples)
}

// Clients that a pause of the server has brought into step do not stay so.
func TestClientsThatThinkFallOutOfStep(t *testing.T) {
	const think, stall = 40 * time.Millisecond, 100 * time.Millisecond
	o := Options{Connections: 8, Think: think, Duration: 250 * time.Millisecond}
	r := simulate(t, o, answering(o, func(now int64) time.Duration {
		return max(time.Millisecond, stall-time.Duration(now-simStart))
	})).run()
	var next []time.Duration // when each client asked again
	for i := range o.Connections {
		list := samplesOf(r, i)
		require.Equal(t, stall, list[0].done)
		next = append(next, list[1].intended)
	}
	require.Greater(t, slices.Max(next)-slices.Min(next), think/2)
}

// Sessions begin without a thought, and a think time after the last reply.
func TestSessionsThinkBeforeTheyBegin(t *testing.T) {
	const d, think = 2 * time.Millisecond, 50 * time.Millisecond
	o := Options{Pipeline: 2, Connections: 1, Requests: 3, Think: think, Duration: 200 * time.Millisecond}
	s := simulate(t, o, answering(o, always(d)))
	s.run()
	require.Equal(t, [][]int{{1, 1, 1}, {2, 1}}, requestsAWrite(s, 64)[:2])
}

// requestsAWrite counts, for each connection, the requests of each write.
func requestsAWrite(s *simulation, size int) (all [][]int) {
	for _, l := range s.taken {
		var counts []int
		for _, piece := range l.writes {
			counts = append(counts, len(piece)/size)
		}
		all = append(all, counts)
	}
	return all
}

// A client that has so many replies at once asks as often at once, in one write.
func TestAPipelineIsOneWrite(t *testing.T) {
	o := Options{Connections: 2, Pipeline: 16, Duration: 9500 * time.Microsecond}
	p := upper.Protocol{Limit: 1 << 20}
	s := simulate(t, o, simServer{request: func(l *simLink, b []byte) {
		session := p.NewSession()
		out, _, _ := session.Feed(l.s.context, nil, b)
		l.reply(time.Millisecond, out)
	}})
	r := s.run()
	for _, l := range s.taken {
		require.Equal(t, 10, len(l.writes))
		for _, piece := range l.writes {
			require.Equal(t, 16*64, len(piece))
		}
	}
	require.EqualValues(t, 10*2*16, r.Response.TotalCount())
	flawless(t, r, o)
}

// A socket that takes part of what is sent is given the rest when there is room.
func TestAShortWriteIsGoneOnWith(t *testing.T) {
	for _, framing := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
		o := Options{Connections: 1, Pipeline: 3, Size: 500, Framing: framing, Duration: 20 * time.Millisecond}
		server := answering(o, nil)
		server.open = func(l *simLink) {
			l.room = 0
			var more func()
			more = func() {
				l.room = 7
				l.later(10*time.Microsecond, more)
			}
			l.later(0, more)
		}
		r := simulate(t, o, server).run()
		require.Greater(t, r.Metrics["completed"], 20.)
		flawless(t, r, o)
	}
}

// A liar answers the k-th request of a connection, of 64 bytes, in a way of its own.
func liar(answer func(l *simLink, k int, reply []byte)) simServer {
	asked := map[*simLink]int{}
	return simServer{request: func(l *simLink, b []byte) {
		if l.c.profile.neverReads {
			return
		}
		for l.kept = append(l.kept, b...); len(l.kept) >= 64; l.kept = l.kept[64:] {
			k := asked[l]
			asked[l]++
			answer(l, k, upper.Bytes(nil, l.kept[:64]))
		}
	}}
}

// What servers do wrong, and the exact counts of it: 2 clients, a reply takes 1 ms, the window 10.5 ms.
func TestEveryFaultIsCounted(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		name   string
		answer func(l *simLink, k int, reply []byte)
		want   map[string]float64
		check  func(t *testing.T, r *Result)
	}{
		{"a wrong byte in every other reply", func(l *simLink, k int, reply []byte) {
			if k%2 == 1 {
				reply[5] ^= 1
			}
			l.reply(ms, reply)
		}, map[string]float64{"wrong": 10, "completed": 10, "served": 2}, func(t *testing.T, r *Result) {
			require.Equal(t, 5, r.Wrong.Offset)
			require.EqualValues(t, 1, r.Wrong.Request)
			require.Equal(t, r.Wrong.Want[0]^1, r.Wrong.Got[0])
			require.Equal(t, r.Wrong.Want[1:], r.Wrong.Got[1:])
			require.Zero(t, r.Metrics["missing"], "a wrong reply is there")
		}},
		{"all wrong", func(l *simLink, k int, reply []byte) {
			reply[0] ^= 1
			l.reply(ms, reply)
		}, map[string]float64{"wrong": 22, "unserved": 2}, func(t *testing.T, r *Result) {
			require.NotContains(t, r.Metrics, "latency.mean", "how soon it came is no figure of the server's")
			require.Zero(t, r.Metrics["answered"])
		}},
		{"the reply to the request before", func(l *simLink, k int, reply []byte) {
			if k == 3 {
				reply = upper.Bytes(nil, l.writes[2])
			}
			l.reply(ms, reply)
		}, map[string]float64{"wrong": 2, "completed": 18, "served": 2}, nil},
		{"every reply twice", func(l *simLink, k int, reply []byte) { l.reply(ms, append(reply, reply...)) },
			map[string]float64{"duplicate": 22, "completed": 20, "served": 2}, nil},
		{"a reply that is too short", func(l *simLink, k int, reply []byte) {
			if k == 4 {
				reply = reply[:10]
			}
			l.reply(ms, reply)
		}, map[string]float64{"completed": 8, "unanswered": 2, "served": 2}, func(t *testing.T, r *Result) {
			require.EqualValues(t, 2, r.Censored)
			require.Equal(t, 6*ms+ms/2+grace, r.AtLeast, "wanted at 4 ms, and waited for until the grace is over")
			require.Equal(t, 6*ms+ms/2, r.Silent)
		}},
		{"never", func(l *simLink, k int, reply []byte) {}, map[string]float64{"unanswered": 2, "unserved": 2}, func(t *testing.T, r *Result) {
			require.Equal(t, 10*ms+ms/2+grace, r.AtLeast)
			require.EqualValues(t, 2, r.Response.TotalCount(), "a request that is open at the end enters at its age")
			require.Zero(t, r.Silent, "what never answered did not stop")
			require.EqualValues(t, 2, r.Metrics["missing"])
		}},
		{"within the grace", func(l *simLink, k int, reply []byte) { l.reply(10*ms+ms/2+grace-1, reply) },
			map[string]float64{"served": 2}, func(t *testing.T, r *Result) { require.EqualValues(t, 2, r.Late) }},
		{"when the grace is over", func(l *simLink, k int, reply []byte) { l.reply(10*ms+ms/2+grace+1, reply) },
			map[string]float64{"unanswered": 2, "unserved": 2}, nil},
		{"closes owing a reply", func(l *simLink, k int, reply []byte) {
			if k == 4 {
				l.end(ms, closed)
				return
			}
			l.reply(ms, reply)
		}, map[string]float64{"lost": 2, "errors.closed": 2, "completed": 8, "served": 2}, nil}, // they come again after 20 ms, when it is over
		{"resets owing a reply", func(l *simLink, k int, reply []byte) {
			if k == 9 {
				l.end(ms/2, reset)
				return
			}
			l.reply(ms, reply)
		}, map[string]float64{"lost": 2, "errors.reset": 2, "completed": 18, "served": 2}, nil},
		{"closes with the reply", func(l *simLink, k int, reply []byte) {
			l.reply(ms, reply)
			if k == 4 {
				l.end(ms, closed)
			}
		}, map[string]float64{"lost": 2, "errors.closed": 2, "completed": 10, "served": 2}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			o := Options{Connections: 2, Duration: 10*ms + ms/2}
			r := simulate(t, o, liar(c.answer)).run()
			for _, name := range []string{"completed", "wrong", "duplicate", "lost", "unanswered", "served", "unserved", "errors.closed", "errors.reset"} {
				require.EqualValues(t, c.want[name], r.Metrics[name], "%s: %v", name, r.Metrics)
			}
			if c.check != nil {
				c.check(t, r)
			}
		})
	}
}

// However long a wrong reply is, it is one.
func TestALongErrorIsOneWrongReply(t *testing.T) {
	for _, framing := range []upper.Framing{upper.Raw, upper.Line} {
		o := Options{Framing: framing, Connections: 1, Duration: 10 * time.Millisecond}
		r := simulate(t, o, liar(func(l *simLink, k int, reply []byte) {
			switch {
			case k == 1:
				reply = []byte(strings.Repeat("this is not what was asked for ", 10) + "\n")
			case k > 1 && framing == upper.Raw: // where replies have no end of their own, the rest would be the next one
				return
			}
			l.reply(time.Millisecond, reply)
		})).run()
		require.EqualValues(t, 1, r.Metrics["wrong"], fmt.Sprint(framing))
		require.Zero(t, r.Metrics["duplicate"])
	}
}

// A client that thinks sees the server leave, and sends nothing into a connection that has ended.
func TestAClientThatThinksSeesTheEnd(t *testing.T) {
	o := Options{Connections: 3, Think: 30 * time.Millisecond, Duration: 200 * time.Millisecond}
	r := simulate(t, o, liar(func(l *simLink, k int, reply []byte) { // one request a connection
		l.reply(time.Millisecond, reply)
		l.end(time.Millisecond, closed)
	})).run()
	require.Zero(t, r.Metrics["lost"])
	require.Positive(t, r.Metrics["errors.closed"])
	require.Contains(t, r.Reasons.String(), "connections failed that clients wanted to keep: ")
}

// What is unanswered is part of what was wanted, in both loops, however deep the pipeline.
func TestNoMoreIsUnansweredThanWasWanted(t *testing.T) {
	for _, o := range []Options{{}, {Arrivals: Constant, Rate: 1000}} {
		o.Connections, o.Pipeline, o.Warmup, o.Duration = 4, 16, 100*time.Millisecond, 200*time.Millisecond
		r := simulate(t, o, simServer{}).run()
		wanted := 4. * 16
		if o.OpenLoop() {
			wanted = 200
		}
		require.Equal(t, wanted, r.Metrics["unanswered"])
		require.Equal(t, wanted, r.Wanted)
		require.EqualValues(t, 4, r.Metrics["unserved"])
	}
}

// A server that hangs, in the warm-up or in the window, is silent from its last reply on.
func TestAServerThatHangs(t *testing.T) {
	for _, last := range []int{20, 130} {
		o := Options{Connections: 4, Warmup: 100 * time.Millisecond, Duration: 100 * time.Millisecond}
		r := simulate(t, o, liar(func(l *simLink, k int, reply []byte) {
			if k < last {
				l.reply(time.Millisecond, reply)
			}
		})).run()
		answered := max(0, last-100)
		require.Equal(t, o.Duration-time.Duration(answered)*time.Millisecond, r.Silent)
		require.InDelta(t, float64(answered)/100, r.Metrics["answered"], .02)
	}
}

// The header is part of the reply.
func TestAWrongHeaderIsAWrongReply(t *testing.T) {
	o := Options{Framing: upper.Length, Size: 60, Connections: 1, Duration: 9500 * time.Microsecond}
	r := simulate(t, o, liar(func(l *simLink, k int, reply []byte) {
		reply[3]++
		l.reply(time.Millisecond, reply)
	})).run()
	require.EqualValues(t, 10, r.Metrics["wrong"])
	require.Equal(t, 3, r.Wrong.Offset)
}
