package cmd

import (
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/watch"
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

// A legend has the signs that the scene can show, and no others until they appear.
func TestTheLegendHasTheSignsOfTheScene(t *testing.T) {
	legend := func(scene, server string, events ...watch.Event) string {
		a := &app{stdout: io.Discard, stderr: io.Discard, registry: servers.All()}
		w, err := a.newWatching([]string{scene, server}, nil)
		require.NoError(t, err)
		w.seen[0].Events = events
		m := screenModel{watching: w, size: 200, rows: 60, held: true}
		return m.fitted(time.Second, 0).below
	}
	datagrams := legend("datagrams", "udp")
	for _, sign := range []string{"waiting for an answer", "sent", "answered", "no reply: lost, or late"} {
		require.Contains(t, datagrams, sign)
	}
	for _, sign := range []string{"connecting", "connected", "closed", "reset", "refused"} {
		require.NotContains(t, datagrams, sign)
	}
	silent := legend("silent", "goroutine")
	for _, sign := range []string{"half-closed", "reset", "lost", "refused"} {
		require.NotContains(t, silent, sign)
	}
	require.Contains(t, legend("vanish", "goroutine"), "reset")
	require.Contains(t, legend("half-close", "goroutine"), "half-closed")
	require.Contains(t, legend("silent", "goroutine", watch.Event{What: watch.Refused}), "refused", "once it is there")
}
