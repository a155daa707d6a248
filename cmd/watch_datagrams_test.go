package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// A server is asked over what its scene is played over, and a server of datagrams alone has a scene of its own.
func TestASceneRefusesServersOfTheOtherTransport(t *testing.T) {
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"silent", "udp"}, `"udp" answers datagrams, and scene silent is played over connections; watch it in a scene over udp (socketbench watch datagrams udp)`},
		{[]string{"silent", "python-udp"}, "answers datagrams"},
		{[]string{"silent", "udp://127.0.0.1:9000"}, "answers datagrams"},
		{[]string{"datagrams", "udp", "goroutine"}, `"goroutine" answers over connections, and scene datagrams is played over datagrams; watch it in another scene (socketbench watch silent goroutine)`},
		{[]string{"datagrams", "tcp://127.0.0.1:9000"}, "answers over connections"},
		{[]string{"datagrams", "python-loop"}, "answers over connections"},
	} {
		code, _, stderr := command(append([]string{"watch"}, c.args...)...)
		require.Equal(t, exitUsage, code, "%v", c.args)
		require.Contains(t, stderr, c.want, "%v", c.args)
	}
	a := &app{registry: servers.All()}
	for scene, names := range map[string][]string{"datagrams": {"udp", "udpreaders"}, "silent": {"goroutine"}} {
		w, err := a.newWatching(names[:1], nil)
		require.NoError(t, err)
		require.Equal(t, scene, w.scene.Name)
	}
}

// A command of the user's is asked over the transport of the scene.
func TestACommandIsWatchedOverDatagrams(t *testing.T) {
	code, out, stderr := command("watch", "datagrams", "udp", "python3 -c 'import os, sys; os.execvp(\"cat\", [\"cat\"])' {port} {wait} {read_size}", "--json")
	require.Equal(t, exitNo, code, out)
	require.Contains(t, stderr, "did not start")
}
