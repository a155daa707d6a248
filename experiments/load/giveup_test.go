package load

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/servers/upper"
)

// lonely is a run of an hour, which ends early or never.
func lonely(engine string, pc net.PacketConn) Options {
	return Options{Address: "udp://" + pc.LocalAddr().String(), Engine: engine, Connections: 4, Size: 9, Warmup: 30 * time.Minute, Duration: 30 * time.Minute,
		GiveUp: true, unheard: time.Second}
}

// Datagrams to a port where nobody listens are refused by the system, which ends the run.
func TestDatagramsThatAreRefusedEndTheRun(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{BestEngine, EnginePortable} {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		require.NoError(t, pc.Close())
		r, err := Run(t.Context(), lonely(engine, pc))
		require.NoError(t, err)
		require.True(t, r.Unplayed, engine)
		require.False(t, r.Valid)
		require.NotZero(t, r.Metrics["errors.refused"], engine)
		require.Zero(t, r.Metrics[metric.Served])
		require.Contains(t, r.Reasons[0].Text, "nothing was played: nobody received the datagrams: ")
	}
}

// Datagrams of which nothing is heard end the run after a while, and not before enough of them are lost.
func TestDatagramsThatNobodyAnswersEndTheRun(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{BestEngine, EnginePortable} {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0") // and nobody reads
		require.NoError(t, err)
		r, err := Run(t.Context(), lonely(engine, pc))
		require.NoError(t, err)
		require.NoError(t, pc.Close())
		require.True(t, r.Unplayed, engine)
		require.Regexp(t, `^nothing was played: not one of [2-9]\d+ datagrams was answered in [1-9][0-9.]*s: `, r.Reasons[0].Text)
	}
}

// One datagram that comes back is enough: a server that answers that little is measured, and the window lasts as long as was asked for.
func TestAServerThatLosesNearlyAllIsMeasured(t *testing.T) {
	t.Parallel()
	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		buf := make([]byte, 64)
		if n, from, err := pc.ReadFrom(buf); err == nil {
			pc.WriteTo(upper.Bytes(nil, buf[:n]), from)
		}
	}()
	o := lonely(BestEngine, pc)
	o.Warmup, o.Duration, o.unheard = 0, 2*time.Second, 100*time.Millisecond
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.NoError(t, pc.Close())
	<-answered
	require.False(t, r.Unplayed)
	require.EqualValues(t, 1, r.Metrics[metric.Served])
}
