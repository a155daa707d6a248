package servertest

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/servers"
)

// TestOwnLimitIsNotTheServersFault checks a right server in a process that may open few descriptors. Cases that
// run at once must not use up each other's descriptors, and a case that cannot run is no fault of the server.
func TestOwnLimitIsNotTheServersFault(t *testing.T) {
	apart(t, func(t *testing.T) {
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 128, Max: 128}))
		report := Check(t.Context(), InProcess(entryOf("reference", flaw{}, servers.Traits{}), "tcp", t.TempDir()), Options{Parallel: 8, Patience: registryPatience, Only: regexp.MustCompile(
			`^(many/.*|recovery/.*|back-pressure/many-stuck|bytes/(hello|random))$`)})
		beyond := 0
		for _, r := range report.Results {
			require.NotEqual(t, Failed, r.Outcome, "%s: %v", r.Case, r.Failure)
			require.NotEqual(t, NotRun, r.Outcome, "%s: %s", r.Case, r.Reason)
			if r.Limit {
				beyond++
			}
		}
		require.Positive(t, beyond)
		require.Less(t, beyond, len(report.Results))
		require.Contains(t, report.Summary(), "could not be asked from here: the first ")
		require.True(t, report.OK())
	})
}

// TestNothingAskedIsNoPass: if no rule could be checked, it is unknown whether the server keeps any.
func TestNothingAskedIsNoPass(t *testing.T) {
	apart(t, func(t *testing.T) {
		require.NoError(t, unix.Setrlimit(unix.RLIMIT_NOFILE, &unix.Rlimit{Cur: 64, Max: 64}))
		report := Check(t.Context(), InProcess(entryOf("reference", flaw{}, servers.Traits{}), "tcp", t.TempDir()), Options{Only: regexp.MustCompile(`^bytes/`)})
		require.NotEmpty(t, report.Results)
		require.True(t, report.Silent())
		require.False(t, report.OK())
		require.Contains(t, report.WhyNot(), "needs 100 descriptors in one process, whose limit is 64; raise it with ulimit -n 100")
	})
}
