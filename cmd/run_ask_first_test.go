package cmd

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The guesses about an experiment's predictions stand beside the predictions and what was measured.
func TestRunAsksFirst(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	code, stdout, stderr := withLines("1\n2\n", "run", "--ask", "head-of-line", "--servers", "goroutine,sequential,timeout",
		"--blocks", "1", "--duration", "200ms", "--out", dir)
	require.NotEqual(t, exitUsage, code, stderr)
	asked := strings.Index(stderr, "Connections served of sequential (beside 1 silent client): how many? (1 0, 2 above 0): ")
	require.GreaterOrEqual(t, asked, 0, stderr)
	require.Less(t, asked, strings.Index(stderr, "block"), "nothing is measured before the questions")
	require.NotContains(t, stderr[:asked], "answers nobody", "the claim tells the answer")
	for _, want := range []string{"your guesses, the predictions and the measurement", "  you        1 0\n", "  predicted  1 0\n", "  measured   "} {
		require.Contains(t, stdout, want)
	}
	require.Regexp(t, `\d of \d guess(es)? (is|are) right|no guess to mark`, stdout)
}

func TestRunAsksNothingThatCannotBeGuessed(t *testing.T) {
	for says, args := range map[string][]string{
		"run: --ask asks about one experiment; name one of the 2": {"quick", "latency"},
		"leave out --ask":                   {"quick", "--servers", "owner"},
		"leave it out with --dry-run":       {"quick", "--dry-run"},
		"of which some trials are known":    {"--resume", "nowhere"},
		"run: the input ended after 0 of 2": {"head-of-line", "--servers", "goroutine,sequential,timeout"},
	} {
		code, stdout, stderr := withLines("", append([]string{"run", "--ask", "--out", filepath.Join(t.TempDir(), "out")}, args...)...)
		require.Equal(t, exitUsage, code, args)
		require.Empty(t, stdout)
		require.Contains(t, stderr, says)
	}
}
