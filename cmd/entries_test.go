package cmd

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/catalog"
	"socketbench/experiments/scenes"
	"socketbench/servers"
)

// A name that a command would take for something else is refused before anything starts.
func TestEntriesOfAnAuthorAreNamed(t *testing.T) {
	made := func(servers.Config) servers.Server { return nil }
	for name, why := range map[string]string{"goroutine": "a server of this name", "": "begins with a letter", "all": "every server",
		"x{port}": "letters, digits", "a b": "letters, digits", "tcp://x": "letters, digits", "-x": "begins with", "a\x1b[31m": "letters, digits",
		catalog.Names()[0]: "an experiment of this name", scenes.Names()[0]: "a scene of this name"} {
		var out, errs bytes.Buffer
		require.Equal(t, exitUsage, Main([]string{"list", "servers"}, nil, &out, &errs, servers.Entry{Name: name, New: made}), name)
		require.Contains(t, errs.String(), why, name)
		require.Equal(t, 1, strings.Count(errs.String(), "\n"), errs.String())
		require.NotContains(t, errs.String(), "\x1b")
		require.Empty(t, out.String())
	}
	var out, errs bytes.Buffer
	require.Equal(t, exitUsage, Main([]string{"list"}, nil, &out, &errs, servers.Entry{Name: "mine", New: made}, servers.Entry{Name: "mine", New: made}))
	require.Equal(t, exitUsage, Main([]string{"list"}, nil, &out, &errs, servers.Entry{Name: "mine"}))
	require.Contains(t, errs.String(), "New is nil")
	require.Equal(t, exitDone, Main([]string{"list", "servers"}, nil, &out, &errs, servers.Entry{Name: "mine", New: made}), errs.String())
}
