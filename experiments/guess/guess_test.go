package guess_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/guess"
	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
	"socketbench/servers"
	"socketbench/servers/upper"
)

// told makes the events of one client: what happened, and when in milliseconds.
type told struct {
	at    int
	what  watch.What
	bytes int
	text  string
}

func events(list ...told) (events []watch.Event) {
	for _, e := range list {
		events = append(events, watch.Event{At: time.Duration(e.at) * time.Millisecond, What: e.what, Bytes: e.bytes, Text: e.text})
	}
	return events
}

func asked(at int) []told {
	return []told{{at: at, what: watch.Connected}, {at: at, what: watch.Sent, bytes: 5}, {at: at, what: watch.Reading}}
}

func answered(at int) []told {
	return []told{{at: at, what: watch.Received, bytes: 5}, {at: at, what: watch.Answered}}
}

// The truth is what was seen of one client, measured against the same client alone with the server.
func TestWhenAClientIsAnswered(t *testing.T) {
	const wait = 300 * time.Millisecond
	for name, c := range map[string]struct {
		events []told
		answer guess.Answer
		why    string
	}{
		"at once":                  {append(asked(100), answered(420)...), guess.AtOnce, "was answered 0.3 s after it asked, as if it were the only client"},
		"within the jitter":        {append(asked(100), answered(480)...), guess.AtOnce, "as if it were the only client"},
		"late":                     {append(asked(100), answered(720)...), guess.Late, "was answered 0.6 s after it asked; alone it would have been 0.3 s"},
		"in vain":                  {append(asked(100), told{at: 2500, what: watch.InVain}), guess.Never, "waited in vain for 2.4 s, until the scene ended"},
		"closed without an answer": {append(asked(100), told{at: 200, what: watch.Ended}), guess.Never, "got no answer: the server closed the connection"},
		"cut off": {append(append(asked(100), answered(400)...), told{at: 900, what: watch.Reading}, told{at: 1000, what: watch.Ended}),
			guess.Never, "was cut off by the server"},
		"reset":   {append(asked(100), told{at: 200, what: watch.Reset, text: "connection reset by peer"}), guess.Never, "got no answer: the connection was reset"},
		"refused": {[]told{{at: 0, what: watch.Connecting}, {at: 10, what: watch.Connected}, {at: 20, what: watch.Refused}}, guess.Never, "got no connection"},
		"wrong":   {append(asked(100), told{at: 200, what: watch.Received, bytes: 5}, told{at: 200, what: watch.Wrong}), guess.Never, "got a wrong reply"},
		"died":    {append(asked(100), told{at: 200, what: watch.ServerGone}), guess.Never, "got no answer: the server ended"},
		"two requests take two waits": {[]told{{at: 0, what: watch.Connected}, {at: 0, what: watch.Sent, bytes: 5}, {at: 100, what: watch.Sent, bytes: 5},
			{at: 100, what: watch.Reading}, {at: 600, what: watch.Received, bytes: 10}, {at: 600, what: watch.Answered}}, guess.AtOnce, ""},
		"it reads long after it has sent": {[]told{{at: 0, what: watch.Connected}, {at: 0, what: watch.Sent, bytes: 5}, {at: 2000, what: watch.Reading},
			{at: 2000, what: watch.Received, bytes: 5}, {at: 2000, what: watch.Answered}}, guess.AtOnce, ""},
		"the second of its requests is late": {append(append(asked(100), answered(400)...), told{at: 500, what: watch.Sent, bytes: 5},
			told{at: 500, what: watch.Reading}, told{at: 1500, what: watch.Received, bytes: 5}, told{at: 1500, what: watch.Answered}), guess.Late, "1 s after it asked"},
		"stopped by hand": {asked(100), 0, "nothing was decided before the scene ended"},
	} {
		t.Run(name, func(t *testing.T) {
			s := watch.Scene{Lasts: 2500 * time.Millisecond, Clients: []watch.Client{{Name: "ann"}}}
			s.Config.Protocol.Work.Wait = wait
			truth := guess.When.Truth(s, watch.Performance{Server: "x", Events: events(c.events...)}, 0)
			require.Equal(t, c.answer, truth.Answer, truth.Why)
			require.Contains(t, truth.Why, c.why)
		})
	}
	truth := guess.When.Truth(watch.Scene{}, watch.Performance{}, 0)
	require.Zero(t, truth.Answer)
	require.Contains(t, truth.Why, "no client got a connection")
}

// Over datagrams, a client that does not get all of them back has waited for more than came.
func TestWhenADatagramIsAnswered(t *testing.T) {
	const ms = time.Millisecond
	sent := func(at time.Duration, number, bytes int) watch.Event {
		return watch.Event{At: at, What: watch.Sent, Number: number, Bytes: bytes}
	}
	reading := watch.Event{At: 120 * ms, What: watch.Reading}
	for name, c := range map[string]struct {
		events []watch.Event
		answer guess.Answer
		why    string
	}{
		"one after the other": {[]watch.Event{sent(100*ms, 1, 3), sent(110*ms, 2, 0), reading, {At: 410 * ms, What: watch.Received, Number: 1, Bytes: 3},
			{At: 720 * ms, What: watch.Received, Number: 2}, {At: 720 * ms, What: watch.Answered}}, guess.AtOnce, "as if it were the only client"},
		"lost": {[]watch.Event{sent(100*ms, 1, 3), sent(110*ms, 2, 3), reading, {At: 410 * ms, What: watch.Received, Number: 2, Bytes: 3},
			{At: 1410 * ms, What: watch.Lost, Number: 1}}, guess.Never, "got no reply to 1 of its 2 datagrams"},
		"cut":            {[]watch.Event{sent(100*ms, 1, 20), reading, {At: 410 * ms, What: watch.Received, Number: 1, Bytes: 16}, {At: 410 * ms, What: watch.Answered}}, guess.Never, "got 16 of the 20 bytes back that it had sent"},
		"nobody listens": {[]watch.Event{sent(100*ms, 1, 3), reading, {At: 130 * ms, What: watch.Refused}}, guess.Never, "no program used the port"},
	} {
		t.Run(name, func(t *testing.T) {
			s := watch.Scene{Lasts: 2500 * ms, Transport: "udp", Clients: []watch.Client{{Name: "ann"}}}
			s.Config.Protocol.Work.Wait, s.Config.ReadSize = 300*ms, 16
			events := c.events
			if name == "nobody listens" { // somebody else is answered, so the scene was played
				events = append(events, watch.Event{Client: 1, What: watch.Received, Number: 1})
			}
			truth := guess.When.Truth(s, watch.Performance{Server: "x", Events: events}, 0)
			require.Equal(t, c.answer, truth.Answer, truth.Why)
			require.Contains(t, truth.Why, c.why)
		})
	}
}

func TestHowManyReadsSendsBecome(t *testing.T) {
	s := watch.Scene{Lasts: time.Second, Clients: []watch.Client{{Name: "ann"}}}
	perf := watch.Performance{Events: events(told{what: watch.Connected}, told{what: watch.Sent, bytes: 1}, told{what: watch.Sent, bytes: 1})}
	require.Zero(t, guess.Reads.Truth(s, perf, 0).Answer, "nobody knows")
	perf.ReadsKnown = true
	for n, want := range []guess.Answer{guess.Fewer, guess.Fewer, guess.AsMany, guess.More} {
		perf.Reads = make([]watch.Read, n)
		require.Equal(t, want, guess.Reads.Truth(s, perf, 0).Answer)
	}
	require.Equal(t, "2 sends became 3 reads", guess.Reads.Truth(s, perf, 0).Why)
	perf.Framing = upper.Line
	require.Equal(t, "2 sends became 3 messages", guess.Reads.Truth(s, perf, 0).Why)
}

// Every built-in scene asks something, and of every client that waits.
func TestEveryScenesAsks(t *testing.T) {
	for _, name := range scenes.Names() {
		s, err := scenes.Get(name)
		require.NoError(t, err)
		lines := guess.Lines(s, []watch.Performance{{Server: "a"}, {Server: "b", Unplayed: "it cannot"}})
		require.NotEmpty(t, lines, name)
		for _, c := range s.Clients {
			require.NotEmpty(t, guess.Part(c))
		}
		require.Equal(t, name == "sticky", guess.Of(s).Asks == guess.Reads.Asks, name)
	}
}

func TestPartsAreTold(t *testing.T) {
	s, err := scenes.Get("half-close")
	require.NoError(t, err)
	require.Equal(t, `at 0.1 s connects, sends "my last words", pauses 0.1 s, says that it has sent everything, waits for the reply, waits for the end, closes`,
		guess.Part(s.Clients[0]))
	s, err = scenes.Get("silent")
	require.NoError(t, err)
	require.Equal(t, "connects and sends nothing", guess.Part(s.Clients[0]))
	s, err = scenes.Get("sticky")
	require.NoError(t, err)
	require.Contains(t, guess.Part(s.Clients[1]), `sends "long " 8,000 times over`)
	s, err = scenes.Get("datagrams")
	require.NoError(t, err)
	require.Equal(t, `at 1.3 s sends 10 times, one every 0.01 s, from "1" to "10", waits for the reply, closes`, guess.Part(s.Clients[2]))
	require.Equal(t, `at 0.1 s sends "one", sends an empty message, sends "three", waits for the reply, closes`, guess.Part(s.Clients[0]))
}

func TestGuessesAreRead(t *testing.T) {
	v := func(n int) (v guess.Votes) { v[n-1] = 1; return v }
	for text, want := range map[string][]guess.Votes{
		"":      nil,
		"3":     {v(3)},
		"33 1":  {v(3), v(3), v(1)},
		"1,-,2": {v(1), {}, v(2)},
	} {
		got, err := guess.ParseGuesses(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"4", "0", "x", "1x2", "yes", "三"} {
		_, err := guess.ParseGuesses(text)
		require.ErrorContains(t, err, "type 1, 2 or 3 for each client", text)
	}
}

func TestVotesAreRead(t *testing.T) {
	for text, want := range map[string]guess.Votes{
		"":              {},
		"1123":          {2, 1, 1},
		"1x12 2x5":      {12, 5, 0},
		"1x12, 3, 3 33": {12, 0, 4},
		"2x0":           {},
	} {
		got, err := guess.ParseVotes(text)
		require.NoError(t, err, text)
		require.Equal(t, want, got, text)
	}
	for _, text := range []string{"4", "1x", "x3", "12x3", "1x-2", "one", "1x99999"} {
		_, err := guess.ParseVotes(text)
		require.Error(t, err, text)
	}
}

func TestGuessesAreCounted(t *testing.T) {
	truth := func(a guess.Answer) guess.Truth { return guess.Truth{Answer: a} }
	for want, marked := range map[string][]guess.Marked{
		"no guess to mark":         {{Votes: guess.Votes{}, Truth: truth(1)}, {Votes: guess.Votes{1}, Truth: truth(0)}},
		"1 of 1 guess is right":    {{Votes: guess.Votes{1}, Truth: truth(1)}},
		"1 of 2 guesses is right":  {{Votes: guess.Votes{1}, Truth: truth(1)}, {Votes: guess.Votes{1}, Truth: truth(2)}},
		"0 of 1 guess is right":    {{Votes: guess.Votes{0, 1}, Truth: truth(3)}},
		"12 of 17 votes are right": {{Votes: guess.Votes{12, 5}, Truth: truth(1)}},
	} {
		noun := "guess"
		if marked[0].Votes.All() > 1 {
			noun = "vote"
		}
		require.Equal(t, want, guess.Score(marked, noun))
	}
	require.Equal(t, guess.Answer(2), guess.Marked{Votes: guess.Votes{0, 1}}.Guess())
}

// What decides is said by the design's traits, and a play that went otherwise is called that.
func TestWhyADesignDoesWhatItDoes(t *testing.T) {
	design := func(name string) servers.Traits {
		e, err := servers.All().Lookup(name)
		require.NoError(t, err)
		return e.Traits
	}
	for _, c := range []struct{ scene, design, want string }{
		{"silent", "sequential", "it serves one connection at a time"},
		{"silent", "goroutine", "it serves all 4 connections at the same time"},
		{"starvation", "pool", "it serves 2 connections at the same time, and there are 5 clients"},
		{"cut-off", "timeout", "it closes a connection that is silent for 0.6 s"},
		{"half-close", "goroutine", "it serves both connections at the same time"},
		{"sticky", "goroutine", "one read returns what has come by then, at most 16,384 bytes"},
		{"datagrams", "udp", "it has one loop, and a handler that waits stops it for every client"},
		{"datagrams", "udpreaders", "it answers several datagrams at the same time"},
		{"slow-handler", "deadline", "it has one loop, and a handler that waits stops it for every client"},
	} {
		s, err := scenes.Get(c.scene)
		require.NoError(t, err)
		require.Equal(t, c.want, guess.Why(s, watch.Performance{Server: c.design}, design(c.design)))
	}
	s, err := scenes.Get("silent")
	require.NoError(t, err)
	perf := watch.Performance{Server: "goroutine", Events: events(told{what: watch.Connected})}
	require.Contains(t, guess.Why(s, perf, design("goroutine")), "this play went otherwise than the scene says (ann is not answered;")
}
