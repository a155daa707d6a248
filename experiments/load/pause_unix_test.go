//go:build unix

package load_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/servers/upper"
)

// stopped plays o in a process that is stopped at a moment of its window, for so long.
func stopped(t *testing.T, o load.Options, after, pause time.Duration) *load.Result {
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
		case news.Ready != nil: // the stop must take a while: it is what is measured
			time.Sleep(o.Warmup + after)
			require.NoError(t, cmd.Process.Signal(syscall.SIGSTOP))
			time.Sleep(pause)
			require.NoError(t, cmd.Process.Signal(syscall.SIGCONT))
		case news.Result != nil:
			return news.Result
		}
	}
}

// A generator that is stopped at a random moment says so, whatever it was doing.
func TestAGeneratorThatIsStoppedSaysSo(t *testing.T) {
	address := serve(t, "tcp", honest(upper.Raw))
	engines(t, func(t *testing.T, o load.Options) {
		for name, arrivals := range map[string]string{"closed": "", "open": load.Poisson} {
			t.Run(name, func(t *testing.T) {
				t.Parallel() // they wait most of the time
				random := rand.New(rand.NewPCG(17, uint64(len(o.Engine)+len(name))))
				for k := range 13 {
					o := o
					o.Address, o.Arrivals, o.Duration = address, arrivals, 200*time.Millisecond
					if o.Open() {
						o.Rate = 500
					}
					pause := 20*time.Millisecond + time.Duration(random.IntN(80))*time.Millisecond
					if k == 0 {
						pause = 2 * time.Second
					}
					after := time.Duration(random.Int64N(int64(o.Duration)))
					r := stopped(t, o, after, pause)
					told := strings.Contains(r.Reasons.String(), "the generator had no turn for")
					spoilt := max(r.Metrics["latency.max"], float64(r.AtLeast)) >= float64(pause)/2
					require.True(t, told || !spoilt && after+pause > o.Duration, "%v after %v: %v %v", pause, after, r.Reasons, r.Metrics)
					require.Zero(t, r.Metrics["unanswered"]+r.Metrics["lost"], "the server is right: %v after %v: %v", pause, after, r.Metrics)
					if after+pause < o.Duration-10*time.Millisecond {
						require.False(t, r.Valid, "%v of 200ms: %v", pause, r.Reasons)
					}
				}
			})
		}
	})
}
