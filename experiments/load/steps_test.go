package load_test

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/patterns/proc"
	"socketbench/servers/upper"
)

// Several generators that play parts of one run take its steps together: the disturbers of all are there before a measured
// client of any connects, nobody sends before the run begins, and the parts add up to the whole.
func TestGeneratorsTakeEachStepTogether(t *testing.T) {
	var connections, bytes atomic.Int64
	address := serve(t, "tcp", func(conn net.Conn) {
		connections.Add(1)
		honest(upper.Raw)(counted{conn, &bytes})
	})
	engines(t, func(t *testing.T, o load.Options) {
		connections.Store(0)
		bytes.Store(0)
		const parts = 3
		o.Address, o.Arrivals, o.Rate, o.Connections = address, load.Poisson, 1000, 7
		o.Mute, o.Idle, o.SlowWriter, o.IdleAsksNothing = 4, 2, 2, true
		var all [parts]*load.Generator
		for i := range all {
			g, err := load.Start(nil)
			require.NoError(t, err)
			defer g.Close()
			all[i] = g
			require.NoError(t, g.Prepare(t.Context(), o.Split(i, parts)))
			require.Len(t, g.PIDs(), 1)
		}
		taken := func(n int) { // those that are connected may still wait in the backlog
			require.Eventually(t, func() bool { return connections.Load() >= int64(n) }, time.Minute, time.Millisecond)
			require.EqualValues(t, n, connections.Load())
		}
		taken(o.Mute + o.Idle + o.SlowWriter) // the disturbers of all, and nobody else
		for _, g := range all {
			require.NoError(t, g.Connect(t.Context()))
			require.False(t, g.Over())
		}
		taken(o.Clients())
		require.Zero(t, bytes.Load(), "nobody sends before the run begins")
		first := proc.Clock() + int64(20*time.Millisecond)
		for _, g := range all {
			g.Begin(first)
		}
		offered, served := 0.0, 0.0
		for _, g := range all {
			r, err := g.Result(t.Context())
			require.NoError(t, err)
			require.Zero(t, r.Metrics["wrong"])
			offered += r.Metrics["offered_rate"]
			served += r.Metrics["served"] + r.Metrics["unserved"]
		}
		whole := run(t, o)
		require.Equal(t, whole.Metrics["offered_rate"], offered, "the schedule is dealt out and not changed")
		require.Equal(t, whole.Metrics["served"]+whole.Metrics["unserved"], served)
	})
}

// counted counts what is read of a connection.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.bytes.Add(int64(n))
	return n, err
}

// A generator that cannot play anything is over before the window, and does not wait for it.
func TestAGeneratorThatCannotPlayIsOver(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := "tcp://" + ln.Addr().String()
	require.NoError(t, ln.Close())
	g, err := load.Start(nil)
	require.NoError(t, err)
	defer g.Close()
	require.NoError(t, g.Prepare(t.Context(), load.Options{Address: address, Connections: 2, Duration: time.Hour}))
	require.NoError(t, g.Connect(t.Context()))
	require.True(t, g.Over())
	r, err := g.Result(t.Context())
	require.NoError(t, err)
	require.False(t, r.Valid)
	require.Contains(t, r.Reasons[0].Text, "nothing was played")
}

// Whenever a generator is stopped, the steps after that return.
func TestAGeneratorIsStoppedAtAnyStep(t *testing.T) {
	address := serve(t, "tcp", honest(upper.Raw))
	for stopped := range 4 {
		g, err := load.Start(nil)
		require.NoError(t, err)
		if stopped == 0 {
			g.Stop()
		}
		if err := g.Prepare(t.Context(), load.Options{Address: address, Connections: 2, Duration: time.Hour}); stopped > 0 {
			require.NoError(t, err)
		}
		if stopped == 1 {
			g.Stop()
		}
		require.NoError(t, g.Connect(t.Context()))
		if stopped == 2 {
			g.Stop()
		}
		g.Begin(proc.Clock() + int64(g.Lead()))
		if stopped == 3 {
			time.Sleep(20 * time.Millisecond)
			g.Stop()
		}
		if _, err := g.Result(t.Context()); stopped > 0 {
			require.NoError(t, err)
		}
		g.Close()
	}
}
