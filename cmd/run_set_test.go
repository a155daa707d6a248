package cmd

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/catalog"
)

// planned returns the hash and the text of a dry run.
func planned(t *testing.T, args ...string) (hash, text string) {
	t.Helper()
	code, stdout, stderr := command(append([]string{"run", "--dry-run", "--seed", "1"}, args...)...)
	require.Equal(t, exitDone, code, stderr)
	return regexp.MustCompile(`plan [0-9a-f]+`).FindString(stdout), stdout
}

func TestSetIsTheFileEdited(t *testing.T) {
	before, _ := planned(t, "quick")
	after, text := planned(t, "quick", "--set", "load.mute=0,2", "--set", "load.size=1KiB")
	require.NotEqual(t, before, after)
	require.Contains(t, text, "load.size              1024 bytes (command line)\n")
	require.Contains(t, text, "load.mute              0, 2 (command line)\n")
	require.Contains(t, text, "is not askable here: load.mute 1 is not in this experiment; one of 0, 2\n")
	code, _, stderr := command("run", "quick", "--set", "load.mute=many")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "--set load.mute=many: many is no number in plain decimal digits; load.mute wants a whole number from 0 to 60000")
	code, _, stderr = command("run", "--resume", t.TempDir(), "--set", "load.mute=1")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "leave the rest out")
}

// Two values of one field are refused: which of them is meant cannot be known.
func TestAFieldIsSetOnce(t *testing.T) {
	for _, test := range []struct {
		args []string
		says string
	}{
		{[]string{"--set", "load.size=64", "--set", "load.size=1KiB"}, "--set load.size=1KiB: load.size is set already, by --set load.size=64; leave one of them out"},
		{[]string{"--set", "blocks=4", "--blocks", "3"}, "run: --set blocks=4: blocks is set already, by --blocks; leave one of them out"},
		{[]string{"--set", "max_blocks=4", "--blocks", "3"}, "run: --set max_blocks=4: max_blocks is set already, by --blocks, which is exact; leave one of them out"},
		{[]string{"--set", "load.duration=1s", "--duration", "2s"}, "run: --set load.duration=1s: load.duration is set already, by --duration; leave one of them out"},
		{[]string{"--set", "placement=same", "--placement", "split"}, "run: --set placement=same: placement is set already, by --placement; leave one of them out"},
		{[]string{"--set", "servers=epoll,goroutine", "goroutine"}, "run: --set servers=epoll,goroutine: servers is set already, by the servers that are named; leave one of them out"},
		{[]string{"--set", "servers=epoll,goroutine", "--servers", "goroutine"}, "run: --set servers=epoll,goroutine: servers is set already, by the servers that are named; leave one of them out"},
	} {
		code, _, stderr := command(append([]string{"run", "--dry-run", "quick"}, test.args...)...)
		require.Equal(t, exitUsage, code)
		require.Equal(t, test.says+"\n", stderr)
	}
}

// The command that repeats a run has what was set.
func TestARunWithSetIsRepeated(t *testing.T) {
	var a app
	f := runFlags{seed: 5, sets: []string{"load.mute=0,2"}}
	require.Equal(t, []string{"socketbench", "run", "quick", "--seed", "5", "--set", "load.mute=0,2"}, a.repeat([]string{"quick"}, f))
}

// What --print writes is a file that asks the same.
func TestPrintIsAFileToBeginWith(t *testing.T) {
	source, err := catalog.Source("quick")
	require.NoError(t, err)
	for _, set := range [][]string{nil, {"--set", "load.mute=0,8"}} {
		code, stdout, stderr := command(append([]string{"run", "quick", "--print"}, set...)...)
		require.Equal(t, exitDone, code, stderr)
		if set == nil {
			require.Equal(t, string(source), stdout, "comments and all")
		}
		file := filepath.Join(t.TempDir(), "mine.yaml")
		require.NoError(t, os.WriteFile(file, []byte(stdout), 0o600))
		want, _ := planned(t, append([]string{"quick"}, set...)...)
		got, _ := planned(t, file)
		require.Equal(t, want, got)
	}
	code, _, stderr := command("run", "quik", "--print")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, `did you mean "quick"?`)
}
