package cmd

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/scenes"
	"socketbench/experiments/watch"
)

// A printed scene is the file of the built-in one, and plays as that.
func TestASceneIsPrintedAsAFile(t *testing.T) {
	for _, name := range scenes.Names() {
		code, stdout, stderr := command("watch", "--print", name)
		require.Equal(t, exitDone, code, stderr)
		mine, err := watch.Parse("mine.yaml", []byte(stdout))
		require.NoError(t, err)
		builtIn, err := scenes.Get(name)
		require.NoError(t, err)
		require.Equal(t, builtIn, mine)
	}
	for want, args := range map[string][]string{
		"--print wants one scene": {"watch", "--print"},
		`did you mean "silent"?`:  {"watch", "--print", "silnt"},
	} {
		code, stdout, stderr := command(args...)
		require.Equal(t, exitUsage, code)
		require.Empty(t, stdout)
		require.Contains(t, stderr, want)
		require.Equal(t, 1, strings.Count(stderr, "\n"), "one line")
	}
}

// A file with faults is not played, and each fault has its line.
func TestEveryFaultOfASceneIsTold(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte("name: mine\nlasts: 3\nclients:\n  - name: ann\n    steps: [conect]\n"), 0o600))
	code, stdout, stderr := command("watch", file, "goroutine")
	require.Equal(t, exitUsage, code)
	require.Empty(t, stdout)
	for _, want := range []string{":1:1: teaches is missing", ":2:8: lasts", `:5:13: unknown step "conect"`} {
		require.Contains(t, stderr, want)
	}
	for _, odd := range []string{t.TempDir(), os.DevNull} {
		link := filepath.Join(t.TempDir(), "odd.yaml")
		require.NoError(t, os.Symlink(odd, link))
		code, _, stderr := command("watch", link, "goroutine")
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, "scene file: ")
	}
}

// The sentence that a scene teaches stands only under a play that has shown it.
func TestAPlayThatShowsNothingTeachesNothing(t *testing.T) {
	t.Parallel()
	_, stdout, stderr := command("watch", "silent", "goroutine")
	require.NotContains(t, stdout, "waits for the slowest", stderr)
	require.Contains(t, strings.Join(strings.Fields(stdout), " "),
		"This play does not show what the scene is about. To see it: socketbench watch silent sequential goroutine")
	_, unnamed, _ := command("watch", "goroutine")
	require.Contains(t, strings.Join(strings.Fields(unnamed), " "), "To see it: socketbench watch silent sequential goroutine")
	_, stdout, stderr = command("watch", "silent", "sequential")
	require.Contains(t, stdout, "waits for the slowest", stderr)
}
