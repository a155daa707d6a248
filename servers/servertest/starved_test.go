package servertest

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A server that the machine does not let run is waited for longer, and not for ever.
func TestATurnWithoutACPUIsNotCounted(t *testing.T) {
	for _, test := range []struct{ starved, want int }{
		{0, patienceTurns},
		{7, patienceTurns + 7},
		{1 << 20, patienceTurns + lentTurns},
	} {
		tries, left := 0, test.starved
		require.False(t, counted(func() bool { tries++; return false }, func() bool { left--; return left >= 0 }))
		require.Equal(t, test.want, tries)
		require.True(t, counted(func() bool { tries++; return tries > test.want+3 }, func() bool { return false }))
		require.Equal(t, test.want+4, tries, "it ends with the first success")
	}
}

// Of a server in this process and of one whose process is not known nobody can say that it waits for a CPU.
func TestNotEveryServerIsSeenToWait(t *testing.T) {
	require.False(t, (&Instance{PID: 1, Own: true, queue: queue{last: true}}).starved())
	require.False(t, (&Instance{queue: queue{last: true}}).starved())
}
