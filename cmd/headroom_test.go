package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// A headroom that cannot be searched is refused in one line with the remedy, and nothing is written.
func TestHeadroomIsRefused(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ args, want string }{
		{"run latency --headroom", "nothing is required; give --require"},
		{"run quick --require unserved==0 --headroom", "the clients of a closed loop have none; give load.rate"},
		{"run burst --require unserved==0 --headroom", "bursts have two; set load.arrivals to poisson"},
		{"run --resume nowhere --headroom", "leave the rest out"},
		{"fit --rate 1k --headroom", "--rate 1k --p99 200ms"},
	} {
		code, stdout, stderr := command(strings.Fields(c.args)...)
		require.Equal(t, exitUsage, code, c.args)
		require.Empty(t, stdout, c.args)
		require.Contains(t, stderr, c.want, c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, left)
}

// A dry run says how long the search may take, and the command that repeats a run asks for it again.
func TestHeadroomIsPlanned(t *testing.T) {
	code, stdout, stderr := command("run", "service", "goroutine", "--require", "unserved == 0", "--headroom", "--dry-run")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "headroom               true (command line)\n")
	require.Contains(t, stdout, "at most for the headroom")
	var a app
	require.Contains(t, strings.Join(a.repeat(nil, runFlags{headroom: true}), " "), "--headroom")
	code, stdout, stderr = command("fit", "--rate", "100", "--p99", "1s", "--headroom", "--print", "goroutine")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "headroom: true\n")
}

// A backend with one slot of 5 ms carries 200 requests a second, which is 4 times what is asked: whatever the machine does
// meanwhile, no more can be answered. What was found is told again by every report, and is not searched again.
func TestHeadroomOfABackend(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	code, answer, stderr := command("fit", "--active", "4", "--rate", "50", "--backend", "slots=1,wait=5ms", "--p99", "10s",
		"--blocks", "2", "--duration", "1s", "--seed", "7", "--headroom", "--out", dir, "goroutine")
	require.Contains(t, []int{exitDone, exitNo}, code, stderr)
	run, err := result.Load(dir)
	require.NoError(t, err)
	require.Contains(t, strings.Join(run.Manifest.Command, " "), "--headroom ")
	a, err := verdict.Judge(run)
	require.NoError(t, err)
	require.Len(t, run.Manifest.Headrooms, len(a.Searches()), stderr)
	if len(a.Searches()) == 0 { // on a busy machine no trial may be valid, and nothing is known to multiply
		require.NotContains(t, answer, "headroom")
		return
	}
	h := a.Required[0].Headroom
	require.NotNil(t, h)
	require.Less(t, h.Met, 5.0, "%+v", h.Search.Pushes)
	require.LessOrEqual(t, len(h.Search.Pushes), verdict.MostPushes)
	require.Contains(t, stderr, "headroom: "+h.Sentence)
	flat := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	require.Contains(t, flat(answer), h.Sentence)

	_, again, _ := command("run", "--resume", dir)
	require.Equal(t, answer, again)
	after, err := result.Load(dir)
	require.NoError(t, err)
	require.Equal(t, run.Manifest.Headrooms, after.Manifest.Headrooms)
	for _, format := range []string{"text", "json", "csv"} {
		_, told, _ := command("report", dir, "--format", format)
		if format == "json" {
			var doc struct {
				Required []struct{ Headroom struct{ Sentence string } }
			}
			require.NoError(t, json.Unmarshal([]byte(told), &doc))
			told = doc.Required[0].Headroom.Sentence
		}
		require.Contains(t, flat(strings.ReplaceAll(told, `""`, `"`)), h.Sentence, format)
	}
}
