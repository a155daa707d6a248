//go:build unix

package cmd

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// More idle clients than this machine can hold: three crowds are measured, and the memory alone is about the number that was
// asked for, marked as extrapolated wherever it stands.
func TestFitExtrapolatesTheMemoryOfALargerCrowd(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	const script = `ulimit -n 400 && exec "$0" fit --idle 50k --active 2 --rate 100 --p99 10s --memory 64GiB --blocks 2 --duration 100ms --seed 7 --out "$1" goroutine`
	self, err := os.Executable()
	require.NoError(t, err)
	c := exec.Command("sh", "-c", script, self, dir)
	c.Env = append(os.Environ(), asMain+"=1")
	var stdout, stderr strings.Builder
	c.Stdout, c.Stderr = &stdout, &stderr
	if err := c.Run(); err != nil { // on a busy machine the server may have no valid trial
		require.Equal(t, exitNo, c.ProcessState.ExitCode(), stderr.String())
	}
	flat := strings.Join(strings.Fields(stdout.String()), " ")
	require.Contains(t, flat, "This is the answer for 382 idle clients instead of 50,000: a process here may open 400 descriptors; raise that with ulimit -n 50018.")
	require.Contains(t, flat, "The memory alone (rss_peak) is about 50,000 idle clients: it is extrapolated.")
	require.Contains(t, flat, "Extrapolated: nobody has measured that memory")
	run, err := result.Load(dir)
	require.NoError(t, err)
	a, err := verdict.Judge(run)
	require.NoError(t, err)
	require.Equal(t, 50_000, a.Experiment.Beyond)
	require.Equal(t, spec.Factors{{Field: "load.idle", Values: []any{95, 191, 382}}}, a.Experiment.Vary)
	require.Equal(t, []string{"latency.p99 < 10s where load.idle=382", "rss_peak < 64GiB", "unserved == 0 where load.idle=382", "answered >= 99% where load.idle=382"},
		a.Experiment.Require)
	memory := a.Required[0].Memory
	require.NotNil(t, memory)
	require.Contains(t, flat, memory.Sentence)
	if memory.Why != "" { // a crowd has no valid trial
		require.Equal(t, verdict.Undecided, a.Required[0].Each[1].Word)
		return
	}
	require.Equal(t, []int{95, 191, 382}, memory.Crowds)
	require.Contains(t, flat, "extrapolated")
	require.Less(t, memory.Low, memory.High)
	for _, format := range []string{"text", "md", "json"} {
		_, told, _ := command("report", dir, "--format", format)
		require.Contains(t, told, "extrapolated", format)
	}
}
