package experiments

import (
	"context"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/patterns/child"
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
		t.Skip("needs the signals of Unix")
	}
	p := small(t, "sequential", "goroutine")
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for i := range kills() {
		dir := filepath.Join(t.TempDir(), "results")
		killed := 0
		start := func() *child.Process {
			p, err := child.Start(child.Options{Verb: "measure", Stderr: os.Stderr})
			require.NoError(t, err)
			require.NoError(t, p.Send(dir))
			return p
		}
		// Three kills in a row, so that a resumed run is killed too; then one that may end.
		for range 3 {
			process := start()
			moment := time.Duration(random.Int64N(int64(Estimate(p, registry()) / 3)))
			kill := time.AfterFunc(moment, func() {
				if p, err := os.FindProcess(process.PID); err == nil {
					p.Kill()
				}
			})
			<-process.Ended
			kill.Stop()
			if process.End(0).How == "" {
				break
			}
			killed++
		}
		process := start()
		watchdog := time.AfterFunc(time.Minute, func() { process.End(0) })
		<-process.Ended
		watchdog.Stop()
		require.Empty(t, process.End(0).How, "moment %d", i)

		r, err := result.Load(dir)
		require.NoError(t, err)
		require.False(t, r.Torn)
		seen := map[int]int{}
		for _, trial := range r.Trials {
			if !trial.Replaced {
				seen[trial.Order]++
			}
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
