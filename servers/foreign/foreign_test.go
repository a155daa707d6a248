package foreign_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers/foreign"
)

const watchdog = 20 * time.Second

// TestEntriesAreComplete asks of every entry what lists and refusals need.
func TestEntriesAreComplete(t *testing.T) {
	for _, e := range foreign.Entries() {
		require.NotEmpty(t, e.Idea, e.Name)
		require.NotEmpty(t, e.Code, e.Name)
		if e.Family == "libraries" {
			require.NotEmpty(t, e.Instead, e.Name)
			require.NotEmpty(t, e.Traits.Library, e.Name)
			continue
		}
		require.Contains(t, e.Instead, "apt-get install", e.Name)
		require.Less(t, strings.Count(e.Code, "\n"), 90, "%s is to fit a screen or two", e.Name)
		require.Equal(t, "foreign", e.Family, e.Name)
	}
}

// TestServers starts each server as its users do and has a conversation with it. It needs python3, node
// and cc; a server whose program is missing is listed as not available, and asked nothing.
func TestServers(t *testing.T) {
	for _, e := range foreign.Entries() {
		t.Run(e.Name, func(t *testing.T) {
			if !e.Available() {
				t.Skipf("needs %s: %s", e.Needs, e.Instead)
			}
			conn, ended := start(t, e.Launch)
			for _, text := range []string{"hello", "az{`@[AZ", "\x00\xff\xe4", strings.Repeat("long ", 3000)} {
				_, err := io.WriteString(conn, text)
				require.NoError(t, err)
				got := make([]byte, len(text))
				_, err = io.ReadFull(conn, got)
				require.NoError(t, err)
				require.Equal(t, []byte(ascii(text)), got)
			}
			_, err := io.WriteString(conn, "last words")
			require.NoError(t, err)
			require.NoError(t, conn.CloseWrite())
			rest, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, "LAST WORDS", string(rest))
			conn.Close()
			ended()
		})
	}
}

func ascii(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			b[i] = c - 32
		}
	}
	return string(b)
}

// start runs a server and connects to it as soon as that works: here, unlike in a measurement, the
// connection that finds it ready is the one that is used. ended tells it to end and waits.
func start(t *testing.T, launch func(string) (string, error)) (conn *net.TCPConn, ended func()) {
	t.Helper()
	command, err := launch(t.TempDir())
	require.NoError(t, err)
	port, err := foreign.FreePort()
	require.NoError(t, err)
	at := net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	line := strings.NewReplacer("{port}", strconv.Itoa(port), "{wait}", "0.001", "{slots}", "2",
		"{wait_duration}", "0s", // a library may close at a half-close without waiting for the handler
		"{cpu}", "0", "{read_size}", "0").Replace(command)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	said := new(strings.Builder)
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(t, cmd.Start())
	exited := make(chan struct{})
	go func() { cmd.Wait(); close(exited) }()
	ended = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-exited:
		case <-time.After(watchdog):
			t.Error("it does not end on SIGTERM")
			cmd.Process.Kill()
			<-exited
		}
	}
	t.Cleanup(ended)
	ctx, cancel := context.WithTimeout(t.Context(), watchdog)
	defer cancel()
	for tick := time.NewTicker(10 * time.Millisecond); ; {
		c, err := net.Dial("tcp", at)
		if err == nil {
			tick.Stop()
			c.SetDeadline(time.Now().Add(watchdog))
			return c.(*net.TCPConn), ended
		}
		select {
		case <-tick.C:
		case <-exited:
			require.Fail(t, fmt.Sprintf("the server ended: %s\n%s", cmd.ProcessState, said))
		case <-ctx.Done():
			require.Fail(t, "the server does not listen")
		}
	}
}
