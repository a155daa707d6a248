package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func runCode(args ...string) (code int, out, errs string) {
	var stdout, stderr bytes.Buffer
	code = Main(append([]string{"code"}, args...), strings.NewReader(""), &stdout, &stderr)
	return code, stdout.String(), stderr.String()
}

func TestCodeIsPlainTextWithoutATerminal(t *testing.T) {
	code, out, errs := runCode("goroutine", "pool")
	require.Equal(t, exitDone, code, errs)
	require.Contains(t, out, "from goroutine to pool: ")
	require.NotContains(t, out, "\x1b")
	require.Contains(t, out, "\n-- dispatch: ")

	_, beside, _ := runCode("goroutine", "pool", "--width", "217")
	require.Contains(t, beside, " | ")
	_, full, _ := runCode("goroutine", "pool", "--full")
	require.Greater(t, strings.Count(full, "\n"), strings.Count(out, "\n"))
	require.NotContains(t, full, "the same ...")
}

func TestCodeOfOneDesign(t *testing.T) {
	code, out, _ := runCode("pool")
	require.Equal(t, exitDone, code)
	require.True(t, strings.HasPrefix(out, "pool\n"))
	require.NotContains(t, out, "the same ...")
	require.Contains(t, out, "func NewPool(")
}

func TestCodeOfNoDesign(t *testing.T) {
	code, out, errs := runCode("gorutine", "pool")
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	require.Equal(t, "servers: no server \"gorutine\"; did you mean \"goroutine\"? (socketbench list servers)\n", errs)
}

// What a run measured stands beside the region that it comes from.
func TestCodeWithResults(t *testing.T) {
	code, out, errs := runCode("sequential", "goroutine", "--results", recorded)
	require.Equal(t, exitDone, code, errs)
	for _, says := range []string{"goroutines for 16 connections (alone)", "reads per request (alone)", "writes per request (alone)", "CPU per request (alone)"} {
		require.Contains(t, out, says)
	}
	code, _, errs = runCode("sequential", "goroutine", "--results", t.TempDir())
	require.Equal(t, exitUsage, code)
	require.Contains(t, errs, "is not a results directory")
}
