package cmd

import (
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
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

// datagramProgram is a server as a student writes it: %s stands before the reply.
const datagramProgram = `import socket, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.bind(("127.0.0.1", int(sys.argv[1])))
while True:
    data, who = s.recvfrom(65535)
    %s
    s.sendto(data.upper(), who)
`

func studentsServer(t *testing.T, before string) (command string) {
	path := filepath.Join(t.TempDir(), "mine.py")
	require.NoError(t, os.WriteFile(path, fmt.Appendf(nil, datagramProgram, before), 0o644))
	return "python3 " + path + " {port}"
}

// A student's own server is watched without being told the scene's settings, where it is alone; guesses on it are marked.
func TestAnOwnDatagramServerIsWatchedAndGuessed(t *testing.T) {
	mine := studentsServer(t, "pass")
	code, stdout, stderr := withLines("1\n1\n3\n", "watch", "--ask", "datagrams", mine)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stderr, `three sends  at 0.1 s sends "one", sends an empty message, sends "three", waits for the reply,`)
	flat := strings.Join(strings.Fields(stdout), " ")
	for _, want := range []string{"answered three sends, long one and ten sends", "the command is not told read_size: 16 and wait: 150ms; put {read_size} and {wait} in it",
		"nothing is known of its design, so the marks go by what was seen", "of 3 guesses"} {
		require.Contains(t, flat, want)
	}

	code, stdout, _ = command("watch", "datagrams", mine, "udp")
	require.Equal(t, exitDone, code)
	require.Contains(t, strings.Join(strings.Fields(stdout), " "), "the scene was not played: the command is not told read_size: 16 and wait: 150ms",
		"beside another, all must do the same work")
	code, _, stderr = command("watch", "--framing", "line", "datagrams", mine)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "the command is not told framing: line", "its clients would speak what it does not")
}

// A server that takes an empty datagram for the end is shown to end there.
func TestAnOwnDatagramServerThatEndsAtAnEmptyOne(t *testing.T) {
	code, stdout, stderr := withLines("1\n1\n3\n", "watch", "--ask", "datagrams", studentsServer(t, "if not data: break"))
	require.Equal(t, exitNo, code, stderr)
	require.Contains(t, strings.Join(strings.Fields(stdout), " "), "the server ended in the middle of the scene (exit status 0)")
	require.Regexp(t, `✗ three sends +you said 1 at once; seen: 3 never: it got no answer: the server\s+ended`, stdout)
	require.Regexp(t, `✓ ten sends +3 never`, stdout)
}

// What is lost or cut is told of the client that is asked about; a port that no program uses is said so.
func TestGuessesOnDatagrams(t *testing.T) {
	code, stdout, stderr := withLines("1\n3\n3\n", "watch", "--ask", "datagrams", "udp")
	require.Equal(t, exitDone, code, stderr)
	require.Regexp(t, `✓ long one +3 never: it got 16 of the 20 bytes back that it had sent`, stdout)
	require.Regexp(t, `✓ ten sends +3 never: it got no reply to \d+ of its 10 datagrams`, stdout)

	pc, err := net.ListenPacket("udp", "127.0.0.1:0")
	require.NoError(t, err)
	pc.Close()
	code, stdout, _ = command("watch", "datagrams", "udp://"+pc.LocalAddr().String())
	require.Equal(t, exitNo, code)
	require.Contains(t, stdout, "the scene was not played: no datagram found a server: nobody listens on")
}
