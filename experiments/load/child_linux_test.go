package load_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/patterns/proc"
	"socketbench/servers/upper"
)

// A generator that has told its result stays until it is closed, so that its parent can read what it has used, however
// late the parent is.
func TestAGeneratorStaysUntilItIsClosed(t *testing.T) {
	g, err := load.Start(nil)
	require.NoError(t, err)
	defer g.Close()
	_, err = g.Play(t.Context(), load.Options{Address: serve(t, "tcp", honest(upper.Raw)), Connections: 2, Warmup: time.Millisecond, Duration: 20 * time.Millisecond})
	require.NoError(t, err)
	for range 100_000 { // a process that ends takes milliseconds
		_, err := proc.CPUTime(g.PID())
		require.NoError(t, err)
	}
	g.Close()
	_, err = proc.CPUTime(g.PID())
	require.Error(t, err)
}
