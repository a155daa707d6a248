package load_test

import (
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/servers/upper"
)

// Both engines keep the account in the same way.
func TestHowMuchWasAnswered(t *testing.T) {
	honest := honest(upper.Line)
	engines(t, func(t *testing.T, o load.Options) {
		o.Framing = upper.Line
		play := func(t *testing.T, o load.Options, answer func(net.Conn)) *load.Result {
			o.Address = serve(t, "tcp", answer)
			return run(t, o)
		}
		t.Run("all", func(t *testing.T) {
			o := o
			o.Address = serve(t, "tcp", honest)
			_, r := answered(t, o, run)
			require.EqualValues(t, 1, r.Metrics["answered"])
			require.Zero(t, r.Metrics["missing"])
			require.Zero(t, r.Silent)
		})
		t.Run("nobody", func(t *testing.T) {
			r := play(t, o, func(conn net.Conn) { _, _ = conn.Read(make([]byte, 1)); <-t.Context().Done() })
			require.Zero(t, r.Metrics["answered"])
			require.EqualValues(t, 4, r.Metrics["missing"])
			require.Zero(t, r.Silent, "what never answered did not stop")
		})
		t.Run("hangs in the warm-up", func(t *testing.T) {
			o := o
			o.Warmup = time.Second
			r := play(t, o, liar(func(k int, reply []byte) []byte {
				if k == 20 {
					<-t.Context().Done()
				}
				return reply
			}))
			require.Zero(t, r.Metrics["answered"])
			require.Equal(t, o.Duration, r.Silent)
		})
		t.Run("ends connections in good order", func(t *testing.T) {
			r := play(t, o, liar(func(k int, reply []byte) []byte {
				if k == 20 {
					return nil
				}
				return reply
			}))
			require.Positive(t, r.Metrics["lost"], "the next request is owed")
			require.Greater(t, r.Metrics["answered"], .5, "the clients come back")
			require.Less(t, r.Metrics["answered"], 1.)
		})
		t.Run("wrongly", func(t *testing.T) {
			r := play(t, o, liar(func(_ int, reply []byte) []byte { reply[0] ^= 1; return reply }))
			require.Zero(t, r.Metrics["answered"])
			require.Zero(t, r.Metrics["missing"], "a wrong reply is there")
		})
	})
}
