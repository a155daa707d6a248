package load_test

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/experiments/load"
	"socketbench/patterns/child"
	"socketbench/servers/upper"
)

// A test binary that is told to be a generator is one: what Spawn starts.
func TestMain(m *testing.M) {
	child.Become(load.Command, load.Main)
	child.Become(answerVerb, answer)
	goleak.VerifyTestMain(m)
}

// serve answers each connection with a function of its own until the test ends.
func serve(t testing.TB, network string, answer func(net.Conn)) (address string) {
	t.Helper()
	at := "127.0.0.1:0"
	if network == "unix" {
		at = filepath.Join(t.TempDir(), "s")
	}
	ln, err := net.Listen(network, at)
	require.NoError(t, err)
	var lock sync.Mutex
	conns := map[net.Conn]bool{}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			lock.Lock()
			conns[conn] = true
			lock.Unlock()
			all.Go(func() {
				answer(conn)
				_ = conn.Close()
				lock.Lock()
				delete(conns, conn)
				lock.Unlock()
			})
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		lock.Lock()
		for conn := range conns {
			_ = conn.Close()
		}
		lock.Unlock()
		all.Wait()
	})
	return network + "://" + ln.Addr().String()
}

// honest answers as a server must.
func honest(framing upper.Framing) func(net.Conn) {
	return answering(upper.Protocol{Framing: framing, Limit: 1 << 30})
}

// answering serves what the protocol says, its work included.
func answering(p upper.Protocol) func(net.Conn) {
	return func(conn net.Conn) {
		s := p.NewSession()
		buf := make([]byte, 64<<10)
		for {
			n, err := conn.Read(buf)
			if err != nil {
				return
			}
			out, _, err := s.Feed(context.Background(), nil, buf[:n])
			if err != nil {
				return
			}
			if _, err := conn.Write(out); err != nil {
				return
			}
		}
	}
}

// engines runs a test with each engine there is.
func engines(t *testing.T, test func(t *testing.T, o load.Options)) {
	names := []string{load.EnginePortable}
	if runtime.GOOS == "linux" {
		names = append(names, load.EngineEpoll)
	}
	for _, name := range names {
		t.Run(name, func(t *testing.T) {
			test(t, load.Options{Engine: name, Connections: 4, Duration: 200 * time.Millisecond, Warmup: 20 * time.Millisecond, Seed: 7})
		})
	}
}

// run plays o, which must not take longer than a watchdog's patience.
func run(t testing.TB, o load.Options) *load.Result {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	r, err := load.Run(ctx, o)
	require.NoError(t, err)
	require.NoError(t, ctx.Err(), "the run hung")
	return r
}

// spawn plays o in a process of its own.
func spawn(t testing.TB, o load.Options) *load.Result {
	t.Helper()
	r, err := load.Spawn(t.Context(), o)
	require.NoError(t, err)
	return r
}

// accounted demands of a run before an honest server what holds on any machine: nobody was told anything wrong,
// nothing was lost, and what the schedule wanted was answered or is known to be outstanding.
func accounted(t testing.TB, o load.Options, r *load.Result) {
	t.Helper()
	for _, name := range []string{"wrong", "duplicate", "lost"} {
		require.Zero(t, r.Metrics[name], "%s: %v %+v", name, r.Metrics, r.Wrong)
	}
	require.EqualValues(t, r.Metrics["completed"], r.Response.TotalCount()-r.Late-r.Censored, "every request is in the histogram")
	if !o.OpenLoop() {
		require.EqualValues(t, o.Connections, r.Metrics["served"]+r.Metrics["unserved"])
	} else if o.Rate > 0 {
		require.InDelta(t, r.Metrics["offered_rate"]*o.Duration.Seconds(), r.Response.TotalCount(), .01, "the schedule's requests, and no others")
	}
}

// counting is a connection that ends a wait when enough was read from it and others.
type counting struct {
	net.Conn
	left   *atomic.Int64
	enough func()
}

func (c counting) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	if c.left.Add(int64(-n)) <= 0 {
		c.enough()
	}
	return n, err
}

// until plays o, in a window without an end, until a server that answers so has read so many bytes: no machine is too
// slow for it.
func until(t testing.TB, o load.Options, network string, read int64, answer func(net.Conn)) *load.Result {
	t.Helper()
	ctx, enough := context.WithCancel(t.Context())
	defer enough()
	hung := errors.New("hung")
	ctx, cancel := context.WithTimeoutCause(ctx, time.Minute, hung)
	defer cancel()
	var left atomic.Int64
	left.Store(read)
	o.Address = serve(t, network, func(conn net.Conn) { answer(counting{conn, &left, enough}) })
	o.Warmup, o.Duration = 0, time.Hour
	r, err := load.Run(ctx, o)
	require.NoError(t, err)
	require.NotErrorIs(t, context.Cause(ctx), hung)
	return r
}

// A liar answers the k-th request of a connection in a way of its own.
func liar(answer func(k int, req []byte) []byte) func(net.Conn) {
	return func(conn net.Conn) {
		r := bufio.NewReader(conn)
		for k := 0; ; k++ {
			req, err := r.ReadBytes('\n')
			if err != nil {
				return
			}
			reply := answer(k, upper.Bytes(nil, req))
			if reply == nil {
				return
			}
			if _, err := conn.Write(reply); err != nil {
				return
			}
		}
	}
}

// greets speaks first, in pieces, and answers each line with one.
func greets(conn net.Conn) {
	for _, piece := range []string{"220-mail.example\r\n22", "0 ready\r", "\n"} {
		if _, err := io.WriteString(conn, piece); err != nil {
			return
		}
	}
	liar(func(int, []byte) []byte { return []byte("250 ok\r\n") })(conn)
}

// Both engines play the same clients, whose rules are tested in simulated time. What is left to each is to connect,
// to send, to read and to close, over every kind of socket and for each kind of client.
func TestEachEngineDrivesTheClients(t *testing.T) {
	mail := &load.Conversation{Greeting: []byte("220 ready\r\n"), Say: []byte("NOOP\r\n"), Expect: []byte("250 ok\r\n")}
	engines(t, func(t *testing.T, o load.Options) {
		for _, c := range []struct {
			name    string
			network string
			o       load.Options
			answer  func(net.Conn)
		}{
			{"raw", "tcp", load.Options{}, nil},
			{"deep, over a unix socket", "unix", load.Options{Pipeline: 64, Size: 1}, nil},
			{"lines", "tcp", load.Options{Framing: upper.Line, Size: 5000, Pipeline: 7}, nil},
			{"lengths in sessions", "tcp", load.Options{Framing: upper.Length, Requests: 3, Pipeline: 2}, nil},
			{"sessions over a unix socket", "unix", load.Options{Requests: 1}, nil},
			{"large", "tcp", load.Options{Size: 3 << 20}, nil},
			{"thinking", "tcp", load.Options{Think: time.Millisecond}, nil},
			{"Poisson", "tcp", load.Options{Arrivals: load.Poisson, Rate: 2000}, nil},
			{"even, in sessions", "tcp", load.Options{Arrivals: load.Constant, Rate: 1000, Requests: 5}, nil},
			{"a server that speaks first", "tcp", load.Options{Conversation: mail, Requests: 4}, greets},
			{"disturbed", "tcp", load.Options{Mute: 2, Idle: 2, SlowWriter: 2, SlowReader: 1, Bulk: 1, Churn: 2, Reset: 2}, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				c.o.Engine, c.o.Connections, c.o.Seed = o.Engine, 4, o.Seed
				if c.answer == nil {
					c.answer = honest(c.o.Framing)
				}
				read := 200*64 + 20*c.o.Size*max(1, c.o.Pipeline)
				read += c.o.Bulk << 24 // more than a slow reader sends before all sockets are full
				r := until(t, c.o, c.network, int64(read), c.answer)
				c.o.Rate = 0 // the window's end is not the schedule's
				accounted(t, c.o, r)
				require.Positive(t, r.Metrics["completed"]+float64(r.Disturbers["bulk.requests"]))
				for _, s := range r.Samples {
					require.LessOrEqual(t, s.Connect, s.Open)
					if s.Sent >= 0 {
						require.LessOrEqual(t, s.Open, s.Sent)
						require.LessOrEqual(t, s.Intended, s.Sent)
					}
					if s.Done >= 0 {
						require.Less(t, s.Sent, s.Done)
					}
				}
				d := r.Disturbers
				for _, p := range r.Present() {
					require.Zero(t, d[p.Kind+".wrong"]+d[p.Kind+".ended"], p.Kind)
				}
				require.EqualValues(t, c.o.Mute, d["mute.connected"])
				require.EqualValues(t, c.o.Idle, d["idle.requests"])
				require.EqualValues(t, c.o.SlowReader, d["slowreader.connected"])
			})
		}
	})
}

// What the schedule wants does not depend on the server, nor on the machine.
func TestTheSameSeedWantsTheSame(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address, o.Arrivals, o.Rate = serve(t, "tcp", honest(upper.Raw)), load.Poisson, 1000
		r := run(t, o)
		accounted(t, o, r)
		require.EqualValues(t, 955, r.Metrics["offered_rate"], "seed 7")
	})
}

func TestEachEngineSeesWhatServersDoWrong(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Framing = upper.Line
		r := until(t, o, "tcp", 100*64, liar(func(k int, reply []byte) []byte { reply[5] ^= 1; return reply }))
		require.Positive(t, r.Metrics["wrong"])
		require.Equal(t, 5, r.Wrong.Offset)
		r = until(t, o, "tcp", 100*64, liar(func(k int, reply []byte) []byte { return append(reply, reply...) }))
		require.Positive(t, r.Metrics["duplicate"]+r.Metrics["wrong"])
		r = until(t, o, "tcp", 100*64, liar(func(k int, reply []byte) []byte {
			if k == 2 {
				return nil // closes, owing a reply
			}
			return reply
		}))
		require.Positive(t, r.Metrics["lost"])
		require.Positive(t, r.Metrics["errors.closed"]+r.Metrics["errors.reset"])
		require.Positive(t, r.Metrics["completed"])
	})
}

func TestNobodyThere(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "tcp://" + ln.Addr().String()
	require.NoError(t, ln.Close())
	engines(t, func(t *testing.T, o load.Options) {
		o.Duration = time.Hour // it must not be played
		for _, address := range []string{address, "unix://" + filepath.Join(t.TempDir(), "none")} {
			o.Address = address
			r := run(t, o)
			require.EqualValues(t, 4, r.Metrics["errors.refused"], "%v", r.Metrics)
			require.EqualValues(t, 4, r.Metrics["unserved"])
			require.False(t, r.Valid)
			require.NotEmpty(t, r.Reasons)
		}
	})
}

func TestStopEndsTheWindowEarly(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address = serve(t, "tcp", honest(upper.Raw))
		o.Duration, o.Warmup = time.Hour, 0
		ctx, cancel := context.WithCancel(t.Context())
		o.Progress = func(p load.Progress) {
			if p.Completed > 0 {
				cancel()
			}
		}
		r, err := load.Run(ctx, o)
		require.NoError(t, err)
		require.Positive(t, r.Metrics["completed"])
		require.Positive(t, r.Metrics["achieved_rate"])
		require.Zero(t, r.Metrics["wrong"])
	})
}

func TestRefusedBeforeAnythingIsSent(t *testing.T) {
	good := load.Options{Address: "tcp://127.0.0.1:1", Duration: time.Second}
	for _, test := range []struct {
		name, want string
		change     func(o *load.Options)
	}{
		{"rate", "limit", func(o *load.Options) { o.Arrivals, o.Rate = load.Poisson, 1e12 }},
		{"no rate", "above 0", func(o *load.Options) { o.Arrivals = load.Constant }},
		{"descriptors", "descriptors", func(o *load.Options) { o.Connections = 100_000_000 }},
		{"pipeline", "1 to 64", func(o *load.Options) { o.Pipeline = 65 }},
		{"elsewhere", "beyond this machine", func(o *load.Options) { o.Address = "tcp://192.0.2.1:80" }},
		{"address", "missing port", func(o *load.Options) { o.Address = "127.0.0.1" }},
		{"arrivals", "choose", func(o *load.Options) { o.Arrivals = "sometimes" }},
		{"closed loop with a rate", "closed loop", func(o *load.Options) { o.Rate = 5 }},
		{"think in an open loop", "think", func(o *load.Options) { o.Arrivals, o.Rate, o.Think = load.Poisson, 5, 5 }},
		{"conversation without an end", "one of expect, until and reply_bytes", func(o *load.Options) { o.Conversation = &load.Conversation{Say: []byte("x")} }},
		{"negative", "negative", func(o *load.Options) { o.Mute = -1 }},
		{"engine", "engine", func(o *load.Options) { o.Engine = "magic" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := good
			test.change(&o)
			_, err := load.Run(t.Context(), o)
			require.ErrorContains(t, err, test.want)
			_, err = load.Spawn(t.Context(), o)
			require.ErrorContains(t, err, test.want)
		})
	}
}

func TestGeneratorProcess(t *testing.T) {
	o := load.Options{
		Address: serve(t, "tcp", honest(upper.Length)), Framing: upper.Length, Connections: 5, Duration: 1200 * time.Millisecond, Seed: 3,
		Arrivals: load.Poisson, Rate: 500, Mute: 2,
	}
	var window load.Window
	progress := 0
	o.Ready = func(w load.Window) { window = w }
	o.Progress = func(load.Progress) { progress++ }
	before := time.Now()
	r := spawn(t, o)
	accounted(t, o, r)
	require.Equal(t, o.Duration, window.End.Sub(window.Start).Round(time.Millisecond))
	require.True(t, window.Start.After(before) && window.End.Before(time.Now()), "the window lies within the call")
	require.Positive(t, progress)
	require.NotEmpty(t, r.Samples)
	require.NotEmpty(t, r.Log)
	require.EqualValues(t, 2, r.Disturbers["mute.connected"])
	if longest, told := r.Metrics["latency.max"]; told { // else a pause of the machine has made it
		require.EqualValues(t, longest, r.Response.Max())
	}
}

func TestGeneratorProcessEndsWithItsInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := load.Options{Address: serve(t, "tcp", honest(upper.Raw)), Connections: 2, Duration: time.Hour}
	o.Progress = func(p load.Progress) {
		if p.Completed > 0 {
			cancel()
		}
	}
	r, err := load.Spawn(ctx, o)
	require.NoError(t, err)
	require.Positive(t, r.Metrics["completed"])
}

// A run that ends before its window began has no figures, and says so.
func TestARunThatEndsInTheWarmUpHasNoFigures(t *testing.T) {
	address := serve(t, "tcp", honest(upper.Raw))
	engines(t, func(t *testing.T, o load.Options) {
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		o.Address, o.Warmup = address, time.Minute
		o.Ready = func(load.Window) { cancel() }
		r, err := load.Run(ctx, o)
		require.NoError(t, err)
		require.False(t, r.Valid)
		require.Empty(t, r.Metrics)
		require.Len(t, r.Reasons, 1)
		require.Contains(t, r.Reasons[0].Text, "during the warm-up")
	})
}
