package load_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/servers/upper"
)

// Clients whom the schedule wants nothing of within the window are neither served nor unserved.
func TestWhoAsksInTheWarmUpOnlyIsNotUnserved(t *testing.T) {
	address := serve(t, "tcp", honest(upper.Raw))
	engines(t, func(t *testing.T, o load.Options) {
		o.Address, o.Connections, o.Arrivals, o.Rate = address, 100, load.Poisson, 200
		o.Warmup, o.Duration = 300*time.Millisecond, 100*time.Millisecond
		r := run(t, o)
		require.Zero(t, r.Metrics["unserved"], "%v", r.Metrics)
		require.LessOrEqual(t, r.Metrics["completed"], r.Metrics["offered_rate"]*o.Duration.Seconds()+.5, "no answer is to what was wanted before")
	})
}

// A server that stands still in the warm-up answers what was wanted then in the window: no answers of the window's.
func TestWhatWasWantedBeforeTheWindowIsNoneOfItsRequests(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Arrivals, o.Rate, o.Warmup, o.Duration = load.Constant, 500, 300*time.Millisecond, 100*time.Millisecond
		began := make(chan struct{})
		var once sync.Once
		o.Ready = func(w load.Window) {
			go func() {
				time.Sleep(time.Until(w.Start.Add(20 * time.Millisecond)))
				once.Do(func() { close(began) })
			}()
		}
		answer := honest(upper.Raw)
		o.Address = serve(t, "tcp", func(conn net.Conn) { <-began; answer(conn) })
		r := run(t, o)
		wanted := r.Metrics["offered_rate"] * o.Duration.Seconds()
		require.InDelta(t, 50, wanted, 1)
		require.LessOrEqual(t, r.Metrics["completed"], wanted+.5)
		require.LessOrEqual(t, r.Metrics["completed"]+r.Metrics["unanswered"]+float64(r.Late), wanted+.5)
	})
}

// What is unanswered is part of what was wanted, in both loops, however deep the pipeline.
func TestNoMoreIsUnansweredThanWasWanted(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address = serve(t, "tcp", func(conn net.Conn) { _, _ = io.Copy(io.Discard, conn) })
		o.Pipeline, o.Warmup = 16, 100*time.Millisecond
		for _, arrivals := range []string{load.Closed, load.Constant} {
			o.Arrivals = arrivals
			if o.Open() {
				o.Rate = 1000
			}
			r := run(t, o)
			require.Positive(t, r.Metrics["unanswered"])
			require.LessOrEqual(t, r.Metrics["unanswered"], r.Wanted, "%s: %v", arrivals, r.Metrics)
			require.EqualValues(t, 4, r.Metrics["unserved"])
		}
	})
}

// A session that waits for a greeting when the window ends is waited for as a reply is.
func TestAGreetingAtTheWindowsEndIsInTime(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Conversation = &load.Conversation{Greeting: []byte("220\n"), Say: []byte("NOOP\n"), Until: []byte("\n")}
		o.Requests = 1
		o.Address = serve(t, "tcp", func(conn net.Conn) {
			time.Sleep(30 * time.Millisecond) // what a slow greeting is
			_, _ = io.WriteString(conn, "220\n")
			if _, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
				_, _ = io.WriteString(conn, "250\n")
			}
			_, _ = io.Copy(io.Discard, conn)
		})
		r := run(t, o)
		require.EqualValues(t, 4, r.Metrics["served"])
		require.Zero(t, r.Metrics["unanswered"]+r.Metrics["unserved"]+r.Metrics["lost"], "%v", r.Metrics)
	})
}

// Clients that are turned away until the end are all remembered, also those that would try again in the grace.
func TestWhoIsTurnedAwayIsNotForgotten(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		o.Address, o.Connections = "tcp://"+ln.Addr().String(), 8
		var conns []net.Conn
		var all sync.WaitGroup
		all.Go(func() {
			for range o.Connections {
				conn, err := ln.Accept()
				if err != nil {
					return
				}
				conns = append(conns, conn)
			}
		})
		o.Ready = func(load.Window) {
			all.Wait()
			_ = ln.Close()
			for _, conn := range conns {
				_ = conn.Close()
			}
		}
		o.Warmup = 100 * time.Millisecond
		r := run(t, o)
		require.EqualValues(t, 8, r.Metrics["unserved"], "%v", r.Metrics)
		require.EqualValues(t, 8, r.Metrics["unanswered"], "%v", r.Metrics)
	})
}

// A wrong reply serves nobody, is no answer and has no place in the latency; however long it is, it is one.
func TestAWrongReplyServesNobody(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Framing = upper.Line
		o.Address = serve(t, "tcp", func(conn net.Conn) {
			for lines := bufio.NewReader(conn); ; {
				if _, err := lines.ReadString('\n'); err != nil {
					return
				}
				_, _ = io.WriteString(conn, "ERROR: "+strings.Repeat("no such thing as that; ", 10)+"\n")
			}
		})
		r := run(t, o)
		require.Zero(t, r.Metrics["served"]+r.Metrics["completed"]+r.Metrics["duplicate"], "%v", r.Metrics)
		require.EqualValues(t, 4, r.Metrics["unserved"])
		require.NotContains(t, r.Metrics, "latency.mean")
		require.Positive(t, r.Metrics["wrong"])
	})
}

func TestOneLongErrorIsOneWrongReply(t *testing.T) {
	for _, framing := range []upper.Framing{upper.Raw, upper.Line} {
		t.Run(framing.String(), func(t *testing.T) {
			engines(t, func(t *testing.T, o load.Options) {
				o.Framing, o.Connections = framing, 1
				o.Address = serve(t, "tcp", func(conn net.Conn) {
					buf := make([]byte, 64)
					for k := 0; ; k++ {
						n, err := io.ReadFull(conn, buf)
						if err != nil {
							return
						}
						reply := upper.Bytes(nil, buf[:n])
						if k == 1 {
							reply = []byte(strings.Repeat("this is not what was asked for ", 10) + "\n")
						}
						_, _ = conn.Write(reply)
						if k == 1 && framing == upper.Raw { // where replies have no end of their own, the rest would be the next one
							_, _ = io.Copy(io.Discard, conn)
							return
						}
					}
				})
				r := run(t, o)
				require.LessOrEqual(t, r.Metrics["wrong"], 1., "%v", r.Metrics)
				require.Zero(t, r.Metrics["duplicate"], "%v", r.Metrics)
			})
		})
	}
}

// A client that has so many replies at once asks as often in one write, whichever engine plays it.
func TestAPipelineIsWrittenAtOnce(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		var lock sync.Mutex
		var reads []int
		o.Pipeline, o.Connections = 16, 2
		o.Address = serve(t, "tcp", func(conn net.Conn) {
			s := upper.Protocol{Limit: 1 << 20}.NewSession()
			for buf := make([]byte, 64<<10); ; {
				n, err := conn.Read(buf)
				if err != nil {
					return
				}
				lock.Lock()
				reads = append(reads, n/64)
				lock.Unlock()
				out, _, _ := s.Feed(context.Background(), nil, buf[:n])
				if _, err := conn.Write(out); err != nil {
					return
				}
			}
		})
		clean(t, o, run(t, o))
		lock.Lock()
		defer lock.Unlock()
		slices.Sort(reads)
		require.Equal(t, 16, reads[len(reads)/20], "requests a read, in 19 of 20")
	})
}

// A client that thinks does not send into a connection that the server has ended meanwhile.
func TestAClientThatThinksSeesTheServerLeave(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Think = 30 * time.Millisecond
		o.Address = serve(t, "tcp", func(conn net.Conn) { // one request a connection
			buf := make([]byte, 64)
			if n, err := io.ReadFull(conn, buf); err == nil {
				_, _ = conn.Write(upper.Bytes(nil, buf[:n]))
			}
		})
		r := run(t, o)
		require.Zero(t, r.Metrics["lost"], "%v", r.Metrics)
		require.Positive(t, r.Metrics["errors.closed"])
		require.Contains(t, r.Reasons.String(), "connections failed that clients wanted to keep: ")
	})
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
