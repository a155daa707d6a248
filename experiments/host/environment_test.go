package host

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// What a shell has for itself must not tune what is measured; what the job says does.
func TestEnvironmentIsOrderedAndNotInherited(t *testing.T) {
	for _, name := range []string{"GOGC", "GOMAXPROCS", "GODEBUG", "LD_PRELOAD"} {
		t.Setenv(name, "3")
	}
	t.Setenv("LC_ALL", "de_DE")
	env := environment(Options{})
	for _, entry := range []string{"GOGC=3", "GOMAXPROCS=3", "GODEBUG=3", "LD_PRELOAD=3", "LC_ALL=de_DE"} {
		require.NotContains(t, env, entry)
	}
	require.Contains(t, env, "LC_ALL=C.UTF-8")
	require.True(t, slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "PATH=") }))
	env = environment(Options{GOMAXPROCS: 2, GOGC: 50})
	require.Contains(t, env, "GOGC=50")
	require.Contains(t, env, "GOMAXPROCS=2")
}
