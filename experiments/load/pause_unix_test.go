//go:build unix

package load_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/servers/upper"
)

// A generator that is stopped in the middle of its window says so; what it says of pauses of any length at any moment
// is tested in simulated time. The stop is what is measured: it takes a while.
func TestAGeneratorThatIsStoppedSaysSo(t *testing.T) {
	engines(t, func(t *testing.T, o load.Options) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, self[0], self[1:]...)
		in, err := cmd.StdinPipe()
		require.NoError(t, err)
		out, err := cmd.StdoutPipe()
		require.NoError(t, err)
		require.NoError(t, cmd.Start())
		defer func() {
			_ = in.Close()
			_, _ = io.Copy(io.Discard, out)
			_ = cmd.Wait()
		}()
		o.Address, o.Warmup, o.Duration = serve(t, "tcp", honest(upper.Raw)), 0, time.Second
		told, err := json.Marshal(map[string]any{"Options": o, "Ready": true})
		require.NoError(t, err)
		fmt.Fprintf(in, "%s\n", told)
		for lines := json.NewDecoder(bufio.NewReader(out)); ; {
			var news struct {
				Ready  *struct{}
				Result *load.Result
				Error  string
			}
			require.NoError(t, lines.Decode(&news))
			require.Empty(t, news.Error)
			switch {
			case news.Ready != nil:
				require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))
				time.Sleep(1500 * time.Millisecond)
				require.NoError(t, cmd.Process.Signal(syscall.SIGCONT))
			case news.Result != nil:
				require.Contains(t, news.Result.Reasons.String(), "the generator had no turn for")
				require.False(t, news.Result.Valid)
				require.Zero(t, news.Result.Metrics["lost"], "the server is right")
				return
			}
		}
	})
}
