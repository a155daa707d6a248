package load_test

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/experiments/load"
	"socketbench/servers/upper"
)

// A test binary that is told to be a generator is one: what Spawn starts.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == "generate" {
		if err := load.Main(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		os.Exit(0)
	}
	if len(os.Args) > 1 && os.Args[1] == "answer" {
		answer()
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

var self = []string{os.Args[0], "generate"}

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

// clean demands that everybody was answered rightly.
func clean(t testing.TB, o load.Options, r *load.Result) {
	t.Helper()
	for _, name := range []string{"wrong", "duplicate", "lost", "unanswered", "unserved"} {
		require.Zero(t, r.Metrics[name], "%s: %v %+v", name, r.Metrics, r.Wrong)
	}
	require.Nil(t, r.Wrong)
	require.Positive(t, r.Metrics["completed"])
	require.EqualValues(t, o.Connections, r.Metrics["served"])
	require.EqualValues(t, r.Metrics["completed"], r.Response.TotalCount()-r.Late, "every reply is in the histogram")
}

// enough plays o until what it did is enough, five times at most. Where the machine had no CPU for the server or
// the clients, too little happened: each time is twice as long as the one before, as what starves for a moment is
// fed in the end. The options are those of the last time.
func enough(t testing.TB, o load.Options, play player, is func(r *load.Result) bool) (load.Options, *load.Result) {
	t.Helper()
	r := play(t, o)
	for range 4 {
		if is(r) {
			break
		}
		o.Duration *= 2
		r = play(t, o)
	}
	return o, r
}

// player is how options are played: here ([run]) or by a process ([spawn]).
type player func(testing.TB, load.Options) *load.Result

// spawn plays o in a process of its own.
func spawn(t testing.TB, o load.Options) *load.Result {
	t.Helper()
	r, err := load.Spawn(t.Context(), self, o)
	require.NoError(t, err)
	return r
}

// answered plays o and demands that everybody was answered rightly: nobody waits at the end, everybody
// came, and of sessions some began and were answered.
func answered(t testing.TB, o load.Options, play player) (load.Options, *load.Result) {
	t.Helper()
	o, r := enough(t, o, play, func(r *load.Result) bool {
		everybody := r.Metrics["unanswered"] == 0 && r.Metrics["unserved"] == 0 && r.Metrics["completed"] > 0
		return everybody && (o.Requests == 0 || r.Connect.TotalCount() > 0 && r.First.TotalCount() > 0)
	})
	clean(t, o, r)
	return o, r
}

func TestEveryShapeIsAnsweredAndVerified(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		for _, network := range []string{"tcp", "unix"} {
			for _, framing := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
				address := serve(t, network, honest(framing))
				for _, shape := range []struct{ size, pipeline, requests int }{
					{64, 1, 0}, {1, 1, 0}, {1, 64, 0}, {64, 7, 0}, {5000, 3, 0}, {300_000, 1, 0}, {64, 1, 3}, {64, 4, 10},
				} {
					t.Run(fmt.Sprintf("%s/%s/%d bytes, pipeline %d, sessions of %d", network, framing, shape.size, shape.pipeline, shape.requests), func(t *testing.T) {
						o := o
						o.Duration = 50 * time.Millisecond // of nearly a hundred shapes
						o.Address, o.Framing, o.Size, o.Pipeline, o.Requests = address, framing, shape.size, shape.pipeline, shape.requests
						if o.Size > 100_000 {
							o.Connections = 1 // several wait for each other, on a slow machine for longer than stragglers are waited for
						}
						_, r := answered(t, o, run)
						if o.Requests > 0 {
							require.Positive(t, r.First.TotalCount(), "sessions have a first reply")
							require.Positive(t, r.Connect.TotalCount())
						}
					})
				}
			}
		}
	})
}

func TestOpenLoopSendsWhatTheScheduleWants(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address = serve(t, "tcp", honest(upper.Raw))
		o.Rate = 1000
		o.Burst = load.Burst{}
		for _, arrivals := range []string{load.Constant, load.Poisson, load.Bursts} {
			for _, requests := range []int{0, 5} {
				t.Run(fmt.Sprintf("%s, sessions of %d", arrivals, requests), func(t *testing.T) {
					o := o
					o.Arrivals, o.Requests = arrivals, requests
					if arrivals == load.Bursts {
						o.Burst = load.Burst{Peak: 3000, Width: 20 * time.Millisecond, Period: 50 * time.Millisecond}
					}
					o, r := answered(t, o, run)
					offered, answered := r.Metrics["offered_rate"]*o.Duration.Seconds(), r.Metrics["completed"]+float64(r.Late)
					require.GreaterOrEqual(t, answered, offered, "what was wanted in the window was answered")
					require.LessOrEqual(t, answered, offered+100, "and nothing else but what the warm-up had left")
					require.Equal(t, r.Metrics["offered_rate"], run(t, o).Metrics["offered_rate"], "the same seed wants the same")
					if arrivals == load.Constant {
						require.EqualValues(t, 1000, r.Metrics["offered_rate"])
					}
					require.Positive(t, r.Lag.TotalCount())
				})
			}
		}
	})
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

func TestBadServersAreCounted(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Framing = upper.Line
		for _, test := range []struct {
			name   string
			answer func(net.Conn)
			check  func(t *testing.T, r *load.Result)
		}{
			{"one wrong byte", liar(func(k int, reply []byte) []byte {
				if k%2 == 1 {
					reply[5] ^= 1
				}
				return reply
			}), func(t *testing.T, r *load.Result) {
				require.Positive(t, r.Metrics["wrong"])
				require.NotNil(t, r.Wrong)
				require.Equal(t, 5, r.Wrong.Offset)
				require.Equal(t, r.Wrong.Want[0]^1, r.Wrong.Got[0])
				require.Equal(t, r.Wrong.Want[1:], r.Wrong.Got[1:])
				require.EqualValues(t, 1, r.Wrong.Request%2)
			}},
			{"the reply of the request before", func(conn net.Conn) {
				var before []byte
				liar(func(k int, reply []byte) []byte {
					if k == 3 {
						reply = before
					}
					before = bytes.Clone(reply)
					return reply
				})(conn)
			}, func(t *testing.T, r *load.Result) { require.Positive(t, r.Metrics["wrong"]) }},
			{"too many bytes", liar(func(k int, reply []byte) []byte { return append(reply, reply...) }),
				func(t *testing.T, r *load.Result) { require.Positive(t, r.Metrics["duplicate"]+r.Metrics["wrong"]) }},
			{"too few bytes", liar(func(k int, reply []byte) []byte { return reply[:10] }),
				func(t *testing.T, r *load.Result) {
					require.EqualValues(t, 4, r.Metrics["unanswered"])
					require.EqualValues(t, 4, r.Metrics["unserved"])
				}},
			{"never", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) }, func(t *testing.T, r *load.Result) {
				require.EqualValues(t, 4, r.Metrics["unanswered"])
				require.EqualValues(t, 4, r.Metrics["unserved"])
				require.Zero(t, r.Metrics["completed"])
				require.EqualValues(t, 4, r.Response.TotalCount(), "a request that is open at the end enters at its age")
				require.EqualValues(t, 4, r.Censored)
				require.GreaterOrEqual(t, r.AtLeast, o.Duration)
			}},
			{"closes at once", func(conn net.Conn) {}, func(t *testing.T, r *load.Result) {
				require.Positive(t, r.Metrics["errors.closed"]+r.Metrics["errors.reset"])
				require.Zero(t, r.Metrics["completed"])
				require.EqualValues(t, 4, r.Metrics["unserved"])
			}},
			{"closes owing a reply", liar(func(k int, reply []byte) []byte {
				if k == 2 {
					return nil
				}
				return reply
			}), func(t *testing.T, r *load.Result) {
				require.Positive(t, r.Metrics["lost"])
				require.Positive(t, r.Metrics["completed"])
			}},
		} {
			t.Run(test.name, func(t *testing.T) {
				o := o
				o.Address = serve(t, "tcp", test.answer)
				test.check(t, run(t, o))
			})
		}
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

func TestDisturbersAreBoundedAndCounted(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		for _, framing := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
			t.Run(framing.String(), func(t *testing.T) {
				o := o
				o.Address, o.Framing = serve(t, "tcp", honest(framing)), framing
				o.Mute, o.Idle, o.SlowWriter, o.SlowReader, o.Bulk, o.Churn, o.Reset = 2, 2, 2, 1, 1, 2, 2
				_, r := enough(t, o, run, func(r *load.Result) bool {
					return min(r.Disturbers["churn.connected"], r.Disturbers["reset.connected"]) > 2
				})
				require.Zero(t, r.Metrics["wrong"]+r.Metrics["duplicate"]+r.Metrics["lost"], "%v", r.Metrics)
				d := r.Disturbers
				require.EqualValues(t, 2, d["mute.connected"])
				require.EqualValues(t, 0, d["mute.requests"])
				require.EqualValues(t, 2, d["idle.connected"])
				require.EqualValues(t, 2, d["idle.requests"])
				require.EqualValues(t, 2, d["slowwriter.connected"])
				require.EqualValues(t, 1, d["slowreader.connected"])
				require.Zero(t, d["slowreader.requests"])
				require.Positive(t, d["bulk.requests"])
				require.Greater(t, d["churn.connected"], int64(2))
				require.Greater(t, d["reset.connected"], int64(2))
				for _, kind := range []string{"mute", "idle", "slowwriter", "bulk", "churn"} {
					require.Zero(t, d[kind+".wrong"], kind)
					require.Zero(t, d[kind+".ended"], kind)
				}
			})
		}
	})
}

func TestThinkTimeSpacesRequests(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address = serve(t, "tcp", honest(upper.Raw))
		o.Think = 50 * time.Millisecond
		o, r := answered(t, o, run)
		require.LessOrEqual(t, r.Metrics["completed"], float64(o.Connections)*(float64(o.Duration/o.Think)+1))
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

func TestSamplesAreWholeRequests(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address = serve(t, "tcp", honest(upper.Raw))
		o.Requests = 5
		r := run(t, o)
		require.NotEmpty(t, r.Samples)
		require.LessOrEqual(t, len(r.Samples), 2000)
		for _, s := range r.Samples {
			require.LessOrEqual(t, s.Connect, s.Open)
			require.LessOrEqual(t, s.Open, s.Sent)
			require.LessOrEqual(t, s.Intended, s.Sent)
			require.Less(t, s.Sent, s.Done)
			require.GreaterOrEqual(t, s.Done, int64(0), "a request counts when its reply comes after the window has begun")
			require.GreaterOrEqual(t, s.Conn, 0)
			require.Less(t, s.Conn, 4)
		}
		total := int64(0)
		for i, step := range r.Log {
			require.Equal(t, time.Duration(i)*100*time.Millisecond, step.Start)
			total += step.Response.TotalCount()
		}
		require.Equal(t, r.Response.TotalCount(), total, "the log is the histogram, in steps")
	})
}

func TestWhatComesAfterTheWindowHasAStepOfItsOwn(t *testing.T) {
	slow := upper.Protocol{Limit: 1 << 10, Work: upper.Work{Wait: 40 * time.Millisecond}}
	engines(t, func(t *testing.T, o load.Options) {
		o.Address = serve(t, "tcp", answering(slow))
		o.Duration = 150 * time.Millisecond // not a whole number of steps
		r := run(t, o)
		require.Positive(t, r.Late, "each client waits for a reply when the window ends")
		require.Len(t, r.Log, 3)
		require.Equal(t, 50*time.Millisecond, r.Log[1].Length)
		require.Zero(t, r.Log[2].Length)
		require.Equal(t, r.Late+r.Censored, r.Log[2].Response.TotalCount())
	})
}

func TestConversation(t *testing.T) {
	echo := serve(t, "tcp", liar(func(k int, reply []byte) []byte { return []byte("+OK then\r\nbye\r\n") }))
	for _, test := range []struct {
		name  string
		c     load.Conversation
		wrong bool
	}{
		{"expect", load.Conversation{Say: []byte("hello\n"), Expect: []byte("+OK then\r\nbye\r\n")}, false},
		{"until", load.Conversation{Say: []byte("hello\n"), Until: []byte("bye\r\n")}, false},
		{"reply bytes", load.Conversation{Say: []byte("hello\n"), ReplyBytes: 15}, false},
		{"expected otherwise", load.Conversation{Say: []byte("hello\n"), Expect: []byte("+OK thEn\r\nbye\r\n")}, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			engines(t, func(t *testing.T, o load.Options) {
				o.Address, o.Conversation, o.Pipeline = echo, &test.c, 3
				if !test.wrong {
					answered(t, o, run)
					return
				}
				r := run(t, o)
				require.Positive(t, r.Metrics["wrong"])
				require.Equal(t, 6, r.Wrong.Offset)
			})
		})
	}
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
		{"conversation without an end", "exactly one", func(o *load.Options) { o.Conversation = &load.Conversation{Say: []byte("x")} }},
		{"negative", "negative", func(o *load.Options) { o.Mute = -1 }},
		{"engine", "engine", func(o *load.Options) { o.Engine = "magic" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			o := good
			test.change(&o)
			_, err := load.Run(t.Context(), o)
			require.ErrorContains(t, err, test.want)
			_, err = load.Spawn(t.Context(), self, o)
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
	o, r := answered(t, o, spawn)
	require.Equal(t, o.Duration, window.End.Sub(window.Start).Round(time.Millisecond))
	require.True(t, window.Start.After(before) && window.End.Before(time.Now()), "the window lies within the call")
	require.Positive(t, progress)
	require.NotEmpty(t, r.Samples)
	require.NotEmpty(t, r.Log)
	require.EqualValues(t, 2, r.Disturbers["mute.connected"])
	require.EqualValues(t, r.Metrics["latency.max"], r.Response.Max())
}

func TestGeneratorProcessEndsWithItsInput(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	o := load.Options{Address: serve(t, "tcp", honest(upper.Raw)), Connections: 2, Duration: time.Hour}
	o.Progress = func(p load.Progress) {
		if p.Completed > 0 {
			cancel()
		}
	}
	r, err := load.Spawn(ctx, self, o)
	require.NoError(t, err)
	require.Positive(t, r.Metrics["completed"])
}

func TestLengthHeaderIsPartOfTheReply(t *testing.T) {
	address := serve(t, "tcp", func(conn net.Conn) {
		for {
			var header [4]byte
			if _, err := io.ReadFull(conn, header[:]); err != nil {
				return
			}
			body := make([]byte, binary.BigEndian.Uint32(header[:]))
			if _, err := io.ReadFull(conn, body); err != nil {
				return
			}
			header[3]++
			_, _ = conn.Write(append(header[:], upper.Bytes(nil, body)...))
		}
	})
	engines(t, func(t *testing.T, o load.Options) {
		o.Address, o.Framing = address, upper.Length
		r := run(t, o)
		require.Positive(t, r.Metrics["wrong"])
		require.Equal(t, 3, r.Wrong.Offset)
	})
}
