package servertest

import (
	"context"
	"net"
	"regexp"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// A pool of few workers is told how many connections it serves at once. The first rule that needs more is broken, and the
// others that do are not asked.
func TestAPoolIsCounted(t *testing.T) {
	t.Parallel()
	only := regexp.MustCompile("^many/(beside-a-silent-one|two|ten|100|reverse|own-bytes|burst)$")
	report := Check(t.Context(), workers(2, reads(plain)), Options{Only: only, Patience: time.Second})
	for _, r := range report.Results {
		t.Log(r.Case, r.Outcome, r.Reason, r.Failure)
	}
	require.Equal(t, "serves 2 connections at once; the next one waits until one of them closes", servesOnly(2))
	require.Equal(t, []Fault{{Words: servesOnly(2), Cases: []string{"many/ten"}}}, report.Faults())
	require.Equal(t, servesOnly(2), report.Habit)
	require.Equal(t, 3, report.Count(Passed))
	require.Equal(t, 3, report.Count(Skipped))
	for _, r := range report.Results {
		if r.Case == "many/100" {
			require.Equal(t, "needs 100 connections at once; it serves 2 at a time", r.Reason)
		}
	}
}

// Who serves one connection at a time is told so first, too.
func TestOneAtATimeIsAHabit(t *testing.T) {
	t.Parallel()
	report := Check(t.Context(), workers(1, reads(plain)), Options{Only: regexp.MustCompile("^(bytes/hello|many/beside-a-silent-one)$"), Patience: time.Second})
	for _, r := range report.Results {
		t.Log(r.Case, r.Outcome, r.Reason, r.Failure)
	}
	require.Equal(t, oneAtATime, report.Habit)
	require.Equal(t, []Fault{{Words: oneAtATime, Cases: []string{capacityCase}}}, report.Faults())
}

// A server that answers nobody any more after its sixth connection is no pool: the next one waits in vain.
func TestWhoStopsAnsweringIsNoPool(t *testing.T) {
	t.Parallel()
	asleep := make(chan struct{})
	t.Cleanup(func() { close(asleep) })
	var open atomic.Int64
	target := program(func(c *net.TCPConn) {
		if open.Add(1) > 6 {
			<-asleep
		}
		reads(plain)(c)
	})
	start := target.Start
	target.Start = func(ctx context.Context, cfg servers.Config) (*Instance, error) {
		open.Store(0)
		return start(ctx, cfg)
	}
	report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^many/ten$"), Patience: time.Second})
	require.False(t, report.OK())
	require.Empty(t, report.Habit)
}

// A server that answers one message and then ends itself is told both.
func TestASingleShotIsTold(t *testing.T) {
	t.Parallel()
	target := Target{Name: "once", Start: func(context.Context, servers.Config) (*Instance, error) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			return nil, err
		}
		inst := &Instance{Network: "tcp", Address: ln.Addr().String(), Done: make(chan struct{})}
		inst.Stop = func() { ln.Close() }
		go func() {
			if conn, err := ln.Accept(); err == nil {
				buf := make([]byte, 1024)
				n, _ := conn.Read(buf)
				conn.Write(plain(buf[:n]))
				conn.Close()
				ln.Close()
			}
			inst.End(nil)
		}()
		return inst, nil
	}}
	report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^(bytes/(hello|alphabet)|order/ping-pong|recovery/next-client)$"), Patience: time.Second})
	for _, r := range report.Results {
		t.Log(r.Case, r.Outcome, r.Reason, r.Failure)
	}
	require.False(t, report.OK())
	require.Equal(t, endsAtOne, report.Habit)
}
