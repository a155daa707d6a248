package load_test

import (
	"net"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
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
