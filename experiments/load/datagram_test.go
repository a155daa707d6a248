package load_test

import (
	"bytes"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
)

// Both engines send datagrams over real sockets, and tell what was answered from what was not.
func TestDatagramsOverSockets(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{load.BestEngine, load.EnginePortable} {
		pc, err := net.ListenPacket("udp", "127.0.0.1:0")
		require.NoError(t, err)
		var server sync.WaitGroup
		asked := 0
		server.Go(func() {
			for buf := make([]byte, 64<<10); ; {
				n, from, err := pc.ReadFrom(buf)
				if err != nil {
					return
				}
				if asked++; asked%100 != 0 { // the rest is lost
					pc.WriteTo(bytes.ToUpper(buf[:n:n]), from)
				}
			}
		})
		r, err := load.Run(t.Context(), load.Options{Address: "udp://" + pc.LocalAddr().String(), Engine: engine, Arrivals: load.Constant, Rate: 500,
			Connections: 4, Pipeline: 64, Size: 9, Duration: 400 * time.Millisecond})
		require.NoError(t, err)
		require.NoError(t, pc.Close())
		server.Wait()
		require.EqualValues(t, 200, r.Metrics["completed"]+float64(r.Late)+r.Metrics["lost"]+r.Metrics["wrong"], "%s: %v", engine, r.Metrics)
		require.EqualValues(t, 2, r.Metrics["lost"], "%s: %v", engine, r.Metrics)
	}
}
