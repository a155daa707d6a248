//go:build unix

package load_test

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
	"socketbench/servers/upper"
)

// A generator that is stopped in the middle of its window says so; what it says of pauses of any length at any moment
// is tested in simulated time. The stop is what is measured: it takes a while.
func TestAGeneratorThatIsStoppedSaysSo(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		generator, err := child.Start(child.Options{Verb: load.Command})
		require.NoError(t, err)
		defer generator.End(time.Minute)
		defer time.AfterFunc(time.Minute, func() { generator.End(0) }).Stop()
		o.Address, o.Warmup, o.Duration = serve(t, "tcp", honest(upper.Raw)), 0, time.Second
		require.NoError(t, generator.Send(map[string]any{"Options": o}))
		require.NoError(t, generator.Send(map[string]any{"Connect": true}))
		for {
			var news struct {
				Met    bool
				Result *load.Result
				Error  string
			}
			require.NoError(t, generator.Receive(&news))
			require.Empty(t, news.Error)
			switch {
			case news.Met:
				require.NoError(t, generator.Send(map[string]any{"Begin": proc.Clock() + int64(time.Millisecond)}))
				time.Sleep(50 * time.Millisecond)
				require.NoError(t, syscall.Kill(generator.PID, syscall.SIGSTOP))
				time.Sleep(1500 * time.Millisecond)
				require.NoError(t, syscall.Kill(generator.PID, syscall.SIGCONT))
			case news.Result != nil:
				require.Contains(t, news.Result.Reasons.String(), "the generator had no turn for")
				require.False(t, news.Result.Valid)
				require.Zero(t, news.Result.Metrics["lost"], "the server is right")
				return
			}
		}
	})
}
