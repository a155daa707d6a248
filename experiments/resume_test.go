package experiments

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
)

// measureInto is a whole run, new or resumed, as the test that kills it starts it.
func measureInto(ctx context.Context, dir string) error {
	_, err := os.Stat(dir)
	resume := !errors.Is(err, fs.ErrNotExist)
	p := small(failing{}, "sequential", "goroutine")
	_, err = Run(ctx, Options{Plan: p, Registry: registry(), Dir: dir, Resume: resume})
	return err
}

// failing ends a process in place of a test.
type failing struct{}

func (failing) Errorf(format string, args ...any) { panic(format) }
func (failing) FailNow()                          { panic("failed") }

// kills is how many moments a run is killed at; SOCKETBENCH_KILLS=50 for the long form.
func kills() int {
	if n, err := strconv.Atoi(os.Getenv("SOCKETBENCH_KILLS")); err == nil {
		return n
	}
	return 4
}

// A run killed with SIGKILL at any moment and resumed is complete: no trial twice, none lost.
func TestKilledRunIsResumed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs SIGKILL")
	}
	self, err := os.Executable()
	require.NoError(t, err)
	p := small(t, "sequential", "goroutine")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range kills() {
		dir := filepath.Join(t.TempDir(), "results")
		killed := 0
		start := func() *exec.Cmd {
			cmd := exec.Command(self, "measure", dir)
			cmd.Stderr = os.Stderr
			require.NoError(t, cmd.Start())
			return cmd
		}
		// Three kills in a row, so that a resumed run is killed too; then one that may end.
		for range 3 {
			cmd := start()
			moment := time.Duration(random.Int64N(int64(Estimate(p, registry()) / 3)))
			kill := time.AfterFunc(moment, func() { cmd.Process.Kill() })
			err := cmd.Wait()
			kill.Stop()
			if err == nil {
				break
			}
			killed++
		}
		cmd := start()
		watchdog := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
		require.NoError(t, cmd.Wait(), "moment %d", i)
		watchdog.Stop()

		r, err := result.Load(dir)
		require.NoError(t, err)
		require.False(t, r.Torn)
		seen := map[int]int{}
		for _, trial := range r.Trials {
			seen[trial.Order]++
			h, err := r.Histograms(trial)
			require.NoError(t, err)
			require.NotNil(t, h.Response)
		}
		require.Len(t, seen, len(p.Trials), "a trial was lost")
		for order, n := range seen {
			require.Equal(t, 1, n, "trial %d was stored more than once", order)
		}
		require.False(t, r.Manifest.Finished.IsZero())
		t.Logf("killed %d times, resumed %d times, complete", killed, len(r.Manifest.Resumed))
	}
}
