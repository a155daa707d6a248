package fleet

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/patterns/child"
)

// Files of keys are for their owner alone, and are never written over.
func TestKeyFiles(t *testing.T) {
	k, j := Key{Address: "10.0.0.1:7422", Coordinator: "SUA", Agents: "UA", Private: "PRIVATE"}, Join{Address: "10.0.0.1:7422", Agent: "SUB", Certificate: "C"}
	key, join := filepath.Join(t.TempDir(), "fleet.key"), filepath.Join(t.TempDir(), "fleet.join")
	require.NoError(t, Write(key, k))
	require.NoError(t, Write(join, j))
	require.ErrorContains(t, Write(key, k), "exists already")
	back, err := ReadKey(key)
	require.NoError(t, err)
	require.Equal(t, k, back)
	_, err = ReadKey(join)
	require.ErrorContains(t, err, "is not a coordinator's key file")
	_, err = ReadJoin(key)
	require.ErrorContains(t, err, "is not an agent's file")
	require.NoError(t, os.Chmod(key, 0o640))
	_, err = ReadKey(key)
	require.ErrorContains(t, err, "chmod 600")
	for _, address := range []string{"loader:7422", "10.0.0.1", "10.0.0.1:0", "0.0.0.0:7422", ""} {
		require.Error(t, CheckAddress(address, ""), address)
	}
}

// Who is missing is named, and who cannot do what is wanted.
func TestWhoIsMissing(t *testing.T) {
	mine := child.Version()
	server, one, two := Present{"server", mine, true, false}, Present{"one", mine, false, true}, Present{"two", mine, false, true}
	for _, c := range []struct {
		there   []Present
		wanted  Wanted
		names   []string
		missing string
		err     string
	}{
		{nil, Wanted{Server: "server", Count: 1}, nil, "the server's agent server has not joined", ""},
		{[]Present{one, server}, Wanted{Server: "server", Count: 2}, nil, "1 of 2 agents that load have joined", ""},
		{[]Present{one, server, two}, Wanted{Server: "server", Count: 2}, []string{"server", "one", "two"}, "", ""},
		{[]Present{one, server, two}, Wanted{Server: "server", Loaders: []string{"two"}}, []string{"server", "two"}, "", ""},
		{[]Present{one, server}, Wanted{Server: "server", Loaders: []string{"two", "one"}}, nil, "these agents have not joined: two", ""},
		{[]Present{one, server}, Wanted{Server: "one", Count: 1}, nil, "", "agent one does not serve"},
		{[]Present{one, server}, Wanted{Server: "server", Loaders: []string{"server"}}, nil, "", "agent server does not load"},
		{[]Present{one, one}, Wanted{Server: "server", Count: 1}, nil, "", "two agents are called one"},
		{[]Present{{"one", "older", true, true}}, Wanted{Server: "one", Count: 1}, nil, "", "another build"},
	} {
		names, missing, err := c.wanted.choose(c.there)
		require.Equal(t, c.names, names)
		require.Equal(t, c.missing, missing)
		if c.err != "" {
			require.ErrorContains(t, err, c.err)
		} else {
			require.NoError(t, err)
		}
	}
}
