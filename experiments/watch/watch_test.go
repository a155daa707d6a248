package watch_test

import (
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/experiments/watch"
	"socketbench/servers"
	"socketbench/servers/address"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const scene = `name: n
teaches: t
lasts: 400ms
clients:
  - name: ann
    steps: [connect, 'send "hello"', read, close]
  - name: bob
    steps: [pause 100ms, connect, 'send "hello"', read, close]
`

func TestParseNamesThePlaceAndTheRemedy(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: [conect]}]", `x.yaml:4:29: unknown step "conect"; did you mean "connect"?`},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: [pause]}]", "pause needs a time such as 300ms"},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: ['send hello']}]", `send needs text in quotes`},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: ['send \"a\" twice']}]", "times N"},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: ['send \"ab\" times 9223372036854775807']}]", "1 MiB"},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: [read]}]", "x.yaml:4:29: read before connect"},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: [connect, connect]}]", "close first"},
		{"name: n\nteaches: t\nlasts: 2s\nclients: []", "a scene has 1 to 12"},
		{"name: n\nteaches: t\nlasts: 2h\nclients: [{name: a, steps: [connect]}]", "up to 1m"},
		{"name: n\nlasts: 2s\nclients: [{name: a, steps: [connect]}]", "teaches is missing in a scene: the sentence at the end"},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: [connect]}, {name: a}]", `a client named "a" is there twice`},
		{"name: n\nteaches: t\nlasts: 2s\nclient: []", `no field "client"; did you mean "clients"?`},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: [connect]}]\nsee: [{if: many}]", "use ahead, any, few, framed, limit, loop, loops, one"},
		{"name: n\nteaches: t\nlasts: 2s\nclients: [{name: a, steps: [connect]}]\nsee: [{if: any, answered: [b]}]", `no client "b"; there are a`},
	} {
		_, err := watch.Parse("x.yaml", []byte(c.src))
		require.ErrorContains(t, err, c.want, c.src)
		require.ErrorContains(t, err, "x.yaml")
	}
}

// All faults of a file are reported at once, each where it stands.
func TestParseReportsEveryFault(t *testing.T) {
	_, err := watch.Parse("x.yaml", []byte(`name: 7
question: what?
lasts: soon
config: {wait: 300, workrs: 2}
framings: [lines]
clients:
  - name: ann
    steps: [conect, 'send hello']
  - {name: bob, steps: [connect, connect]}
  - steps: [connect]
see:
  - answered: [ann]
    contrast: 7
`))
	told := strings.Split(err.Error(), "\n")
	for i, want := range []string{
		"x.yaml:1:1: teaches is missing in a scene",
		"x.yaml:1:7: name wants text; this is a number",
		"x.yaml:3:8: lasts: soon; a scene lasts up to 1m",
		"x.yaml:4:16: 300 is a number without a unit",
		`x.yaml:4:29: no field "config.workrs"; did you mean "config.workers"?`,
		`x.yaml:5:12: upper: no framing "lines"`,
		`x.yaml:8:13: unknown step "conect"`,
		"x.yaml:8:21: send needs text in quotes",
		"x.yaml:9:34: connect while connected",
		"x.yaml:10:5: name is missing in clients[2]",
		"x.yaml:12:5: if is missing in see[0]",
		"x.yaml:13:15: see[0].contrast wants true, false or the words of a half, such as the waits overlap; this is a number",
	} {
		require.Greater(t, len(told), i, err)
		require.Contains(t, told[i], want)
	}
	require.Len(t, told, 12)
}

// Where nobody showed what the scene is about, its sentence would be a claim.
func TestWhatASceneTeachesMustBeShown(t *testing.T) {
	s, err := watch.Parse("x.yaml", []byte(scene+`see:
  - if: one
    contrast: true
    in_vain: [bob]
  - if: any
    answered: [ann, bob]
`))
	require.NoError(t, err)
	all := against(t, nil, func(c net.Conn) { io.ReadFull(c, make([]byte, 5)); c.Write([]byte("HELLO")) })
	shows := func(seen ...watch.Performance) bool { _, missing := s.Shown(seen); return len(missing) == 0 }
	require.False(t, shows(all))
	var clients atomic.Int32
	one := against(t, nil, func(c net.Conn) {
		if io.ReadFull(c, make([]byte, 5)); clients.Add(1) == 1 {
			c.Write([]byte("HELLO"))
			return
		}
		io.Copy(io.Discard, c)
	})
	require.True(t, shows(all, one))
	require.False(t, shows(watch.Performance{Server: "x"}), "nobody got a connection")

	// Of a contrast with halves, both must be seen.
	s.See[0].Half, s.See[1].Half, s.See[1].Contrast = "bob waits", "all are answered", true
	s.See = append(s.See, s.See[1]) // the same half once more
	shown, missing := s.Shown([]watch.Performance{all})
	require.Equal(t, []string{"all are answered"}, shown)
	require.Equal(t, []string{"bob waits"}, missing)
	shown, missing = s.Shown([]watch.Performance{one})
	require.Equal(t, []string{"bob waits"}, shown)
	require.Equal(t, []string{"all are answered"}, missing)
	require.True(t, shows(one, all))

	for i := range s.See {
		s.See[i].Contrast = false
	}
	require.True(t, shows(all), "without a contrast, anything that is to be seen will do")
}

// against plays the scene to a server that treats each connection with serve.
func against(t *testing.T, gone <-chan struct{}, serve func(net.Conn)) watch.Performance {
	t.Helper()
	s, err := watch.Parse("scene.yaml", []byte(scene))
	require.NoError(t, err)
	ln, err := servers.Listen(t.Context(), address.Address{Network: "tcp", Where: "127.0.0.1:0"}, servers.Traits{})
	require.NoError(t, err)
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { defer conn.Close(); serve(conn) })
		}
	})
	perf := watch.Performance{Server: "x", Kernel: watch.SeesKernel()}
	watch.Play(context.Background(), s, address.Of(ln.Addr()), gone, time.Now(), func(e watch.Event) {
		perf.Events = append(perf.Events, e)
	})
	ln.Close()
	conns.Wait()
	return perf
}

func tell(perf watch.Performance) []string {
	var words []string
	for i := range 2 {
		word, _ := watch.Tell(perf, i, time.Minute)
		words = append(words, word)
	}
	return words
}

func TestWhatServersDoIsTold(t *testing.T) {
	for name, c := range map[string]struct {
		serve func(net.Conn)
		want  string
	}{
		"answers":         {func(c net.Conn) { io.ReadFull(c, make([]byte, 5)); c.Write([]byte("HELLO")) }, "answered"},
		"never answers":   {func(c net.Conn) { io.Copy(io.Discard, c) }, "waits in vain"},
		"answers wrongly": {func(c net.Conn) { io.ReadFull(c, make([]byte, 5)); c.Write([]byte("hello")) }, "wrong reply"},
		"says too much":   {func(c net.Conn) { io.ReadFull(c, make([]byte, 5)); c.Write([]byte("HELLOO")) }, "wrong reply"},
		"closes at once":  {func(c net.Conn) { io.ReadFull(c, make([]byte, 5)) }, "closed, no answer"},
		"resets": {func(c net.Conn) {
			io.ReadFull(c, make([]byte, 5))
			c.(*net.TCPConn).SetLinger(0)
		}, "reset"},
	} {
		t.Run(name, func(t *testing.T) {
			perf := against(t, nil, c.serve)
			require.Equal(t, []string{c.want, c.want}, tell(perf))
		})
	}
}

func TestAServerThatDiesIsToldAndEndsTheScene(t *testing.T) {
	gone := make(chan struct{})
	perf := against(t, gone, func(c net.Conn) {
		io.ReadFull(c, make([]byte, 5))
		select {
		case <-gone:
		default:
			close(gone)
		}
		io.Copy(io.Discard, c)
	})
	require.Equal(t, "server gone", tell(perf)[0])
	require.Contains(t, watch.Sentence(watch.Scene{Clients: make([]watch.Client, 2)}, perf), "the server ended in the middle")
}

func TestAClientThatHasLeftIsNotToldThatTheServerWent(t *testing.T) {
	gone := make(chan struct{})
	var clients atomic.Int32
	perf := against(t, gone, func(c net.Conn) {
		first := clients.Add(1) == 1 // bob comes when ann has long been answered
		if io.ReadFull(c, make([]byte, 5)); first {
			c.Write([]byte("HELLO"))
			return
		}
		close(gone)
		io.Copy(io.Discard, c)
	})
	require.Equal(t, []string{"answered", "server gone"}, tell(perf))
}

func TestTheSentenceNamesEveryFate(t *testing.T) {
	s, err := watch.Parse("scene.yaml", []byte(scene))
	require.NoError(t, err)
	for want, serve := range map[string]func(net.Conn){
		"x: nobody was answered; ann and bob got a wrong reply":                              func(c net.Conn) { io.ReadFull(c, make([]byte, 5)); c.Write([]byte("hello")) },
		"x: nobody was answered; the connection of ann and bob was closed without an answer": func(c net.Conn) { io.ReadFull(c, make([]byte, 5)) },
	} {
		require.Equal(t, want, watch.Sentence(s, against(t, nil, serve)))
	}
}

func TestNobodyListensIsRefused(t *testing.T) {
	s, err := watch.Parse("scene.yaml", []byte(scene))
	require.NoError(t, err)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln.Close()
	var perf watch.Performance
	watch.Play(t.Context(), s, address.Of(ln.Addr()), nil, time.Now(), func(e watch.Event) {
		perf.Events = append(perf.Events, e)
	})
	require.Equal(t, []string{"refused", "refused"}, tell(perf))
	require.False(t, watch.Played(perf))
	require.Contains(t, watch.Sentence(s, perf), "the scene was not played: no client got a connection: nobody listens on tcp://"+ln.Addr().String())
}

// A picture is drawn and a sentence written of whatever a server is called.
func TestNamesOfOthersAreQuoted(t *testing.T) {
	s, err := watch.Parse("scene.yaml", []byte(scene))
	require.NoError(t, err)
	perf := against(t, nil, func(c net.Conn) { io.Copy(c, c) })
	perf.Server = "up \x1b[31m\u202e {port}"
	require.Equal(t, `up \x1b[31m\u202e {port}`, watch.Draw(s, []watch.Performance{perf}, s.Lasts).Panels[0].Title)
	require.Contains(t, watch.Sentence(s, perf), `up \x1b[31m\u202e {port}: `)
}

// A picture of a scene that is over ends soon after the last thing that happened, and who waits in vain waits to its end.
func TestThePictureEndsWhenNothingHappensAnyMore(t *testing.T) {
	s, err := watch.Parse("scene.yaml", []byte(strings.Replace(scene, "400ms", "4s", 1)))
	require.NoError(t, err)
	perf := watch.Performance{Server: "x", Events: []watch.Event{
		{Client: 0, At: 0, What: watch.Connected}, {Client: 0, At: 100 * time.Millisecond, What: watch.Sent, Bytes: 10},
		{Client: 1, At: 100 * time.Millisecond, What: watch.Connected},
		{Client: 0, At: 300 * time.Millisecond, What: watch.Received, Bytes: 5},
		{Client: 0, At: 800 * time.Millisecond, What: watch.Received, Bytes: 5}, {Client: 0, At: 800 * time.Millisecond, What: watch.Answered},
		{Client: 1, At: 4 * time.Second, What: watch.InVain},
	}}
	whole := watch.DrawWhole(s, []watch.Performance{perf}, s.Lasts+time.Second)
	require.Equal(t, time.Second, whole.To)
	require.Equal(t, 4*time.Second, watch.Draw(s, []watch.Performance{perf}, s.Lasts).To)
	text := whole.Text(80, nil)
	require.Contains(t, text, "waits in vain")
	require.Contains(t, text, "+", "the first part of the reply")
	require.Contains(t, text, "a reply, and more is owed")
	perf.Events = nil
	require.Equal(t, 4*time.Second, watch.DrawWhole(s, []watch.Performance{perf}, s.Lasts).To, "nothing happened")
}

// What stands in a picture and on a terminal is text: letters of every script, and nothing that commands either.
func TestASceneIsShownAsItIsWritten(t *testing.T) {
	read := func(question string) (watch.Scene, error) {
		return watch.Parse("x.yaml", []byte("name: x\nquestion: \""+question+"\"\nteaches: t\nlasts: 1s\nclients: [{name: 安 👩\u200d💻, steps: [connect]}]\n"))
	}
	s, err := read("谁在等？ «\u00a0qui\u00a0» e\u0301")
	require.NoError(t, err)
	require.Equal(t, "谁在等？ «\u00a0qui\u00a0» e\u0301", s.Question)
	for _, no := range []string{`\e[31mred`, `a\x01b`, `right \u202e left`} {
		_, err = read(no)
		require.ErrorContains(t, err, "question has characters that command a terminal", no)
		require.NotRegexp(t, "[\x1b\x01\u202e]", err.Error())
	}
}
