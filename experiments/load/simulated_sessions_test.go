// The race detector has nothing to say about simulated time, in which nothing runs at the same time.

//go:build !race

package load

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Sessions follow each other without a gap: connect, so many requests, close, connect.
func TestSessionsFollowEachOther(t *testing.T) {
	const connect, d = 3 * time.Millisecond, time.Millisecond
	o := Options{Connections: 1, Requests: 2, Duration: 50 * time.Millisecond}
	server := answering(o, always(d))
	server.connect = func(int) (time.Duration, *fault) { return connect, nil }
	s := simulate(t, o, server)
	r := s.run()
	wanted, open := time.Duration(0), time.Duration(0) // the first is connected before the window
	for k := 0; k < 18; k += 2 {
		require.Equal(t, []expectation{{wanted, open, open + d}, {open + d, open + d, open + 2*d}}, samplesOf(r, 0)[k:k+2])
		require.Equal(t, k/2+1, r.Samples[k].Session)
		wanted = open + 2*d
		open = wanted + connect
	}
	require.Len(t, r.Samples, 21, "the last begins in the window and is over after it")
	require.EqualValues(t, 9, r.Connect.TotalCount())
	about(t, connect, r.Connect.Max())
	about(t, connect+d, r.First.Max())
	require.Zero(t, r.Lag.Max(), "connecting is the server's time")
	flawless(t, r, o)
	for _, l := range s.taken[:9] {
		require.True(t, l.ended)
		require.False(t, l.reset)
	}
}

// A session that is over in the grace is the last one: nobody connects again when the window has ended.
func TestNoSessionBeginsInTheGrace(t *testing.T) {
	o := Options{Connections: 1, Requests: 1, Duration: 9500 * time.Microsecond}
	s := simulate(t, o, answering(o, always(time.Millisecond)))
	r := s.run()
	require.EqualValues(t, 9, r.Metrics["completed"])
	require.EqualValues(t, 1, r.Late)
	require.Equal(t, 10, s.dialed)
}

// Who is refused tries again every 20 ms and waits for all of the window; who is taken then is served.
func TestRefusedClientsComeAgain(t *testing.T) {
	o := Options{Connections: 2, Duration: 99 * time.Millisecond}
	server := answering(o, always(time.Millisecond))
	server.connect = func(attempt int) (time.Duration, *fault) { return 0, failing(refused) }
	s := simulate(t, o, server)
	s.connect()
	require.Zero(t, s.standing())
	s.play()
	r := s.result()
	require.EqualValues(t, 2+2*5, r.Metrics["errors.refused"], "before the window, and at 0, 20, 40, 60 and 80 ms of it")
	require.EqualValues(t, 2, r.Metrics["unanswered"])
	require.EqualValues(t, 2, r.Metrics["unserved"])
	require.EqualValues(t, o.Duration, r.AtLeast)

	server.connect = func(attempt int) (time.Duration, *fault) {
		if attempt < 6 {
			return 0, failing(refused)
		}
		return 0, nil
	}
	r = simulate(t, o, server).run()
	require.EqualValues(t, 6, r.Metrics["errors.refused"])
	require.Equal(t, expectation{0, 40 * time.Millisecond, 41 * time.Millisecond}, samplesOf(r, 0)[0], "its first request waits since the start")
	require.EqualValues(t, 2, r.Metrics["served"])
}

// Clients that are sent away for good are all remembered, also those that would try again in the grace.
func TestWhoIsTurnedAwayIsNotForgotten(t *testing.T) {
	o := Options{Connections: 8, Warmup: 10 * time.Millisecond, Duration: 95 * time.Millisecond}
	server := simServer{open: func(l *simLink) { l.end(time.Millisecond, closed) }}
	server.connect = func(attempt int) (time.Duration, *fault) {
		if attempt < o.Connections {
			return 0, nil
		}
		return 0, failing(refused)
	}
	r := simulate(t, o, server).run()
	require.EqualValues(t, 8, r.Metrics["unserved"])
	require.EqualValues(t, 8, r.Metrics["unanswered"])
	require.Equal(t, o.Duration-11*time.Millisecond, r.AtLeast, "they came again 20 ms after they were sent away")
}

// greeting is a server that speaks first, in pieces, and answers each line with one.
func greeting(after time.Duration, extra string) simServer {
	return simServer{
		open: func(l *simLink) {
			for i, piece := range []string{"220-mail.example\r\n22", "0 ready\r", "\n" + extra} {
				l.reply(after+time.Duration(i)*time.Millisecond, []byte(piece))
			}
		},
		request: func(l *simLink, b []byte) {
			require.NotZero(l.s.t, l.c.openAt, "nobody speaks before the greeting")
			l.reply(time.Millisecond, []byte(strings.Repeat("250 ok\r\n", strings.Count(string(b), "\n"))))
		},
	}
}

func TestAServerThatSpeaksFirstIsHeardOut(t *testing.T) {
	const after = 5 * time.Millisecond
	for _, c := range []*Conversation{
		{Expect: []byte("250 ok\r\n")}, {Until: []byte("\r\n")}, {ReplyBytes: 8},
	} {
		c.Greeting, c.Say = []byte("220 ready\r\n"), []byte("NOOP\r\n")
		o := Options{Connections: 2, Conversation: c, Requests: 3, Pipeline: 3, Duration: 50 * time.Millisecond}
		r := simulate(t, o, greeting(after, "")).run()
		flawless(t, r, o)
		about(t, after+2*time.Millisecond, r.Connect.Max(), "connecting lasts until the greeting is whole")
		about(t, after+2*time.Millisecond, r.Connect.Quantile(.01))
		about(t, after+3*time.Millisecond, r.First.Max())
		// 3 requests in 1 ms, 7 ms to the next: 7 sessions, the last of which is over in the grace.
		require.EqualValues(t, 2*3*7, r.Metrics["completed"]+float64(r.Late))
	}
}

func TestWhatComesBehindAGreetingIsUnasked(t *testing.T) {
	o := Options{Connections: 1, Duration: 10 * time.Millisecond,
		Conversation: &Conversation{Greeting: []byte("220 ready\r\n"), Say: []byte("NOOP\r\n"), Expect: []byte("250 ok\r\n")}}
	r := simulate(t, o, greeting(0, "250 early\r\n")).run()
	require.EqualValues(t, 1, r.Metrics["duplicate"])
	o.Conversation.Greeting = nil
	r = simulate(t, o, greeting(0, "")).run()
	require.Positive(t, r.Metrics["wrong"]+r.Metrics["duplicate"], "a server that is not heard out says more than it is asked")
}

// A session that waits for a greeting when the window ends is waited for as a reply is.
func TestAGreetingAtTheWindowsEndIsInTime(t *testing.T) {
	o := Options{Connections: 4, Requests: 1, Duration: 200 * time.Millisecond,
		Conversation: &Conversation{Greeting: []byte("220 ready\r\n"), Say: []byte("NOOP\r\n"), Until: []byte("\n")}}
	r := simulate(t, o, greeting(30*time.Millisecond, "")).run()
	require.EqualValues(t, 4, r.Metrics["served"])
	require.Zero(t, r.Metrics["unanswered"]+r.Metrics["unserved"]+r.Metrics["lost"])
}

func TestAnEndThatIsSoughtInPieces(t *testing.T) {
	for _, pieces := range [][]string{{"+OK then\r\nbye\r\n"}, {"+OK then\r", "\nby", "ebye", "\r", "\n"}} {
		o := Options{Connections: 1, Conversation: &Conversation{Say: []byte("hello\n"), Until: []byte("bye\r\n")}, Duration: 9500 * time.Microsecond}
		r := simulate(t, o, simServer{request: func(l *simLink, b []byte) {
			for _, piece := range pieces {
				l.reply(time.Millisecond, []byte(piece))
			}
		}}).run()
		require.EqualValues(t, 10, r.Metrics["completed"]+float64(r.Late))
		flawless(t, r, o)
	}
	o := Options{Connections: 1, Conversation: &Conversation{Say: []byte("hello\n"), Expect: []byte("+OK thEn\n")}, Duration: 9500 * time.Microsecond}
	r := simulate(t, o, simServer{request: func(l *simLink, b []byte) { l.reply(time.Millisecond, []byte("+OK then\n")) }}).run()
	require.EqualValues(t, 10, r.Metrics["wrong"])
	require.Equal(t, 6, r.Wrong.Offset)
}

// Clients of a server that is stopped go on asking until it has sent every one of them away. What it leaves unread is
// unanswered and not lost, and the run is over with the last of them.
func TestStopUnderLoad(t *testing.T) {
	const d, drained = time.Millisecond, 150700 * time.Microsecond
	o := Options{Connections: 2, Pipeline: 3, Mute: 1, Churn: 1, Stop: true, Duration: 100500 * time.Microsecond}
	server := answering(o, always(d))
	ending := simStart + int64(drained)
	server.open = func(l *simLink) { l.end(time.Duration(ending-l.s.now), closed) }
	server.connect = func(int) (time.Duration, *fault) { return 0, nil }
	s := simulate(t, o, server)
	server.connect = nil
	s.server.connect = func(int) (time.Duration, *fault) {
		if s.now >= ending {
			return 0, failing(refused)
		}
		return 0, nil
	}
	r := s.run()
	require.EqualValues(t, 200, r.Metrics["completed"])
	require.Zero(t, r.Metrics["unanswered"], "what was left unread was asked after the window")
	require.Zero(t, r.Metrics["lost"]+r.Metrics["wrong"]+r.Metrics["errors.closed"]+r.Metrics["errors.reset"])
	require.EqualValues(t, 2*64*150, r.Received-r.Disturbers["churn.requests"]*64, "the window is not all there was")
	require.InDelta(t, float64(ending), float64(s.now), float64(2*time.Millisecond), "nothing more is waited for")
}

// A server that is stopped and ends nobody is given 90 s.
func TestAStopIsBounded(t *testing.T) {
	o := Options{Connections: 1, Stop: true, Think: time.Second, Duration: 100 * time.Millisecond}
	s := simulate(t, o, answering(o, nil))
	s.run()
	require.Equal(t, simStart+int64(o.Duration+stopBound), s.now)
}

// A run that is ended early has the window until then, and waits for what is outstanding.
func TestAnEarlyEnd(t *testing.T) {
	const d = 3 * time.Millisecond
	for _, o := range []Options{{}, {Arrivals: Constant, Rate: 100}} {
		o.Connections, o.Duration, o.Warmup = 1, time.Hour, 10*time.Millisecond
		s := simulate(t, o, answering(o, always(d)))
		s.quitAt = simStart + int64(o.Warmup+50500*time.Microsecond)
		r := s.run()
		require.EqualValues(t, 50500*time.Microsecond, s.end-s.start)
		require.Less(t, s.now, s.quitAt+int64(d), "the reply that was under way, and no more")
		require.Zero(t, r.Metrics["unanswered"]+r.Metrics["lost"])
		if o.OpenLoop() {
			require.EqualValues(t, 6, r.Metrics["completed"]+float64(r.Late), "wanted at 0, 10, ... and 50 ms")
		}
	}
	o := Options{Connections: 1, Duration: time.Second, Warmup: time.Minute}
	s := simulate(t, o, answering(o, always(d)))
	s.quitAt = simStart + int64(time.Second)
	s.connect()
	s.play()
	require.LessOrEqual(t, s.recorder.end, s.recorder.start, "ended in the warm-up: no window")
	require.Zero(t, s.recorder.completed)
}
