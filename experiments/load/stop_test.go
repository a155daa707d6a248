package load_test

import (
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/servers/upper"
)

// Clients of a server that is stopped go on asking until it has sent every one of them away. What it
// leaves unread, also where its last reply and its end arrive together, is unanswered and not lost.
func TestStopUnderLoad(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		var end atomic.Int64 // of the window
		o.Address = serve(t, "tcp", func(conn net.Conn) {
			liar(func(_ int, reply []byte) []byte {
				if over := end.Load(); over > 0 && time.Now().UnixNano() > over {
					_, _ = conn.Write(reply)
					return nil
				}
				return reply
			})(conn)
		})
		o.Stop, o.Pipeline, o.Framing = true, 3, upper.Line
		o.Ready = func(w load.Window) { end.Store(w.End.UnixNano()) }
		r := run(t, o)
		require.Positive(t, r.Metrics["completed"])
		require.Zero(t, r.Metrics["lost"])
		require.Zero(t, r.Metrics["wrong"])
		require.NotContains(t, r.Metrics, "errors.closed")
		require.NotContains(t, r.Metrics, "errors.reset")
		require.Greater(t, float64(r.Received), r.Metrics["completed"]*64, "the window is not all there was")
	})
}

func TestStopNeedsClientsThatTell(t *testing.T) {
	for _, o := range []load.Options{
		{Stop: true, Arrivals: load.Poisson, Rate: 100},
		{Stop: true, SlowReader: 1},
		{Stop: true, Reset: 1},
	} {
		o.Address = "tcp://127.0.0.1:1"
		require.ErrorContains(t, o.Check(), "stop needs a closed loop")
	}
}
