package reason

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What is stored can be read by people and by scripts that do not know of kinds, and is read back whole.
func TestReasonsAreStoredAsLines(t *testing.T) {
	var list List
	list.Warn(Drift, "p50 drifted from %d to %d", 1, 2).RestsOn = "latency.p50"
	require.True(t, list.Valid())
	list.Invalid(Generator, "the generator was late").RestsOn = "send_lag.p99"
	require.False(t, list.Valid())
	require.Equal(t, []string{"warning: p50 drifted from 1 to 2", "the generator was late"}, list.Lines())
	require.Equal(t, "warning: p50 drifted from 1 to 2; the generator was late", list.String())
	require.Equal(t, []string{"the generator was late"}, list.Faults())
	require.Equal(t, []string{"p50 drifted from 1 to 2"}, list.Warnings())
	require.Equal(t, list, Read(list.Lines(), list.Abouts()))

	old := Read(list.Lines(), nil)
	require.Equal(t, list.Lines(), old.Lines())
	require.True(t, old[0].Warning)
	require.Empty(t, old[0].Kind)
	require.Equal(t, []string{}, List(nil).Lines())
}

func TestFaultsAreStoredAsClauses(t *testing.T) {
	for _, c := range []struct {
		fault       Fault
		text, short string
	}{
		{Fault{Died, "signal: killed"}, "died (signal: killed)", "died (signal: killed)"},
		{Fault{Ended, "exit status 1"}, "ended by itself (exit status 1)", "ended by itself (exit status 1)"},
		{Fault{Died, "signal: aborted (core dumped)"}, "died (signal: aborted (core dumped))", "died (signal: aborted (core dumped))"},
		{Fault{Stopped, "nobody got a reply: in 480 ms"}, "stopped answering: nobody got a reply: in 480 ms", "stopped answering"},
		{Fault{NotStarted, "bind: in use"}, "did not start: bind: in use", "did not start"},
		{Fault{Kind: Hung}, "hung when it was told to end, and was killed", "hung when it was told to end, and was killed"},
		{Fault{Kind: "flew away", Detail: "north"}, "flew away: north", "flew away"},
		{Fault{}, "", ""},
	} {
		require.Equal(t, c.text, c.fault.String())
		require.Equal(t, c.short, c.fault.Short())
		var read Fault
		require.NoError(t, read.UnmarshalText([]byte(c.text)))
		require.Equal(t, c.fault, read)
	}
}
