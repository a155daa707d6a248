package load_test

import (
	"io"
	"net"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/servers/upper"
)

// disturbing sets how many disturbers of a kind there are.
var disturbing = map[string]func(*load.Options) *int{
	"mute":       func(o *load.Options) *int { return &o.Mute },
	"idle":       func(o *load.Options) *int { return &o.Idle },
	"slowwriter": func(o *load.Options) *int { return &o.SlowWriter },
	"slowreader": func(o *load.Options) *int { return &o.SlowReader },
	"bulk":       func(o *load.Options) *int { return &o.Bulk },
	"churn":      func(o *load.Options) *int { return &o.Churn },
	"reset":      func(o *load.Options) *int { return &o.Reset },
}

// gate is a server that lets in so many clients, and whose clients can be sent away for good.
type gate struct {
	ln    net.Listener
	most  int // 0: all
	lock  sync.Mutex
	conns []net.Conn
	shut  bool
	all   sync.WaitGroup
}

func newGate(t *testing.T, most int) *gate {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	g := &gate{ln: ln, most: most}
	g.all.Go(func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			g.lock.Lock()
			if g.conns = append(g.conns, conn); g.shut || g.most > 0 && len(g.conns) > g.most {
				_ = conn.Close()
			}
			g.lock.Unlock()
			g.all.Go(func() {
				defer conn.Close()
				honest(upper.Raw)(conn)
			})
		}
	})
	t.Cleanup(func() {
		g.close()
		g.all.Wait()
	})
	return g
}

// close sends everybody away, and lets nobody in.
func (g *gate) close() {
	_ = g.ln.Close()
	g.lock.Lock()
	defer g.lock.Unlock()
	g.shut = true
	for _, conn := range g.conns {
		_ = conn.Close()
	}
}

// told reports whether a reason of the result names the kind.
func told(r *load.Result, kind string) bool {
	for _, reason := range r.Reasons {
		if strings.Contains(reason.Text, kind+" clients") {
			return true
		}
	}
	return false
}

// What a run says it had beside it was there at both ends of the window, or it says who was not: with a server
// that keeps its clients, and with one that ends them within the window and lets nobody in again.
func TestDisturbersAreThereOrItIsSaid(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		for _, count := range disturbing {
			*count(&o) = 3
		}
		keeps := newGate(t, 0)
		o.Address = "tcp://" + keeps.ln.Addr().String()
		r := run(t, o)
		for kind := range disturbing {
			require.EqualValues(t, 3, r.Disturbers[kind+".start"], "%s: %q", kind, r.Reasons)
			require.EqualValues(t, 3, r.Disturbers[kind+".end"], "%s: %q", kind, r.Reasons)
			require.False(t, told(r, kind), r.Reasons)
		}
		require.EqualValues(t, 1, r.Metrics["disturbers"])

		ends := newGate(t, 0)
		var ending sync.WaitGroup
		o.Ready = func(w load.Window) {
			ending.Go(func() {
				time.Sleep(time.Until(w.Start.Add(w.End.Sub(w.Start) / 4)))
				ends.close()
			})
		}
		o.Address, o.Duration = "tcp://"+ends.ln.Addr().String(), time.Second
		r = run(t, o)
		ending.Wait()
		for kind := range disturbing {
			require.EqualValues(t, 3, r.Disturbers[kind+".start"], "%s: %q", kind, r.Reasons)
			require.Zero(t, r.Disturbers[kind+".end"], kind)
			require.True(t, told(r, kind), "%s: %q", kind, r.Reasons)
		}
		require.True(t, told(r, "measured"), r.Reasons)
		require.Zero(t, r.Metrics["disturbers"])
	})
}

// A server that takes so many and no more has that said of it, and is judged: the trial is valid.
func TestWhoTheServerTook(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		for _, kind := range []string{"mute", "idle"} {
			t.Run(kind, func(t *testing.T) {
				o := o
				*disturbing[kind](&o) = 50
				g := newGate(t, 20)
				o.Address = "tcp://" + g.ln.Addr().String()
				r := run(t, o)
				require.EqualValues(t, 20, r.Disturbers[kind+".start"], r.Reasons)
				require.EqualValues(t, 20, r.Disturbers[kind+".end"], r.Reasons)
				require.InDelta(t, 0.4, r.Metrics["disturbers"], 1e-9)
				require.True(t, r.Valid || r.Paused > 0, r.Reasons)
				require.True(t, told(r, "20 of 50 "+kind), r.Reasons)
			})
		}
	})
}

// One that answers nobody after the first is given its time, which is bounded: all have connected, one is idle.
func TestACrowdThatIsNotAnswered(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		var one sync.Mutex
		o.Address = serve(t, "tcp", func(conn net.Conn) {
			if one.TryLock() {
				honest(upper.Raw)(conn)
				return
			}
			_, _ = io.Copy(io.Discard, conn) // no answer until the client leaves
		})
		o.Idle, o.Duration = 300, 50*time.Millisecond
		r := run(t, o)
		require.EqualValues(t, 300, r.Disturbers["idle.connected"], r.Reasons)
		require.EqualValues(t, 1, r.Disturbers["idle.start"], r.Reasons)
		require.True(t, told(r, "1 of 300 idle"), r.Reasons)
		require.Contains(t, r.Reasons.String(), "299 connected and not answered")
	})
}

// What the generator lacks is not told as the server's.
func TestWhatTheGeneratorLacksIsItsOwn(t *testing.T) {
	for kind, remedy := range map[string]string{"ports": "ip_local_port_range", "descriptors": "ulimit -n"} {
		for _, name := range []string{"errors." + kind, ""} {
			r := &load.Result{Metrics: map[string]float64{"served": 1, "completed": 1}, Disturbers: map[string]int64{}}
			if name != "" {
				r.Metrics[name] = 3
			} else {
				r.Disturbers["churn.errors."+kind] = 3
			}
			load.Judge(load.Options{}, r, 1) // also where the server was busy
			require.False(t, r.Valid)
			require.Contains(t, r.Reasons[0].Text, "the generator, not the server")
			require.Contains(t, r.Reasons[0].Text, remedy)
		}
	}
}

// A crowd that was still coming when its time was over is not the one that was asked for.
func TestACrowdOnItsWayIsNotValid(t *testing.T) {
	r := &load.Result{
		Metrics:    map[string]float64{"served": 1, "completed": 1},
		Disturbers: map[string]int64{"idle.wanted": 12000, "idle.start": 8369, "idle.end": 9000, "idle.connected": 9000, "idle.requests": 9000, "idle.cut": 3631},
	}
	o := load.Options{Idle: 12000}
	load.Judge(o, r, -1)
	require.False(t, r.Valid)
	require.Contains(t, r.Reasons[0].Text, "8,369 of 12,000 idle clients at the window's start, 9,000 at its end")
	require.Contains(t, r.Reasons[0].Text, o.Bound().String())
}

// Every error that a full client may meet has its kind.
func TestErrorsOfAFullClient(t *testing.T) {
	for errno, want := range map[syscall.Errno]string{
		syscall.EMFILE: "descriptors", syscall.ENFILE: "descriptors", syscall.ENOBUFS: "descriptors", syscall.ENOMEM: "descriptors",
		syscall.EADDRNOTAVAIL: "ports", syscall.EADDRINUSE: "ports",
	} {
		require.Equal(t, want, load.KindOf(&net.OpError{Op: "dial", Err: errno}), "%v", errno)
	}
}

// Where a handler waits, an idle crowd does not go through it before the window.
func TestIdleClientsThatAskNothing(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		o.Address, o.Idle, o.IdleAsksNothing = serve(t, "tcp", honest(upper.Raw)), 20, true
		r := run(t, o)
		require.EqualValues(t, 20, r.Disturbers["idle.start"], r.Reasons)
		require.EqualValues(t, 20, r.Disturbers["idle.end"], r.Reasons)
		require.Zero(t, r.Disturbers["idle.requests"])
		require.False(t, told(r, "idle"), r.Reasons)
	})
}
