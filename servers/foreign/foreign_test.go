package foreign_test

import (
	"context"
	"encoding/binary"
	"errors"
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
	"socketbench/servers/upper"
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
		lines := 0 // of code and comments: the marks of regions are neither
		for line := range strings.Lines(e.Code) {
			if text := strings.TrimSpace(line); text != "" && !strings.Contains(text, "region ") && !strings.HasSuffix(text, "endregion") {
				lines++
			}
		}
		require.Less(t, lines, 90, "%s is to fit a screen or two", e.Name)
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
			if e.Datagrams {
				answersDatagrams(t, e.Launch)
				return
			}
			header := func(text string) string {
				if e.Traits.Framing == upper.Length {
					return string(binary.BigEndian.AppendUint32(nil, uint32(len(text))))
				}
				return ""
			}
			conn, ended := start(t, e.Launch)
			for _, text := range []string{"hello", "az{`@[AZ", "\x00\xff\xe4", strings.Repeat("long ", 3000)} {
				_, err := io.WriteString(conn, header(text)+text)
				require.NoError(t, err)
				got := make([]byte, len(header(text)+text))
				_, err = io.ReadFull(conn, got)
				require.NoError(t, err)
				require.Equal(t, header(text)+ascii(text), string(got))
			}
			_, err := io.WriteString(conn, header("last words")+"last words")
			require.NoError(t, err)
			require.NoError(t, conn.CloseWrite())
			rest, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, header("LAST WORDS")+"LAST WORDS", string(rest))
			conn.Close()
			ended()
		})
	}
}

// answersDatagrams starts a server of datagrams and sends it some, one of them empty. It is ready when it answers the
// first: until then the system refuses what is sent.
func answersDatagrams(t *testing.T, launch func(string) (string, error)) {
	at, _, ended := run(t, launch)
	conn, err := net.Dial("udp", at)
	require.NoError(t, err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(watchdog))
	got := make([]byte, 64<<10)
	n := 0
	for tick := time.NewTicker(10 * time.Millisecond); ; <-tick.C {
		conn.Write([]byte("ready?"))
		if n, err = conn.Read(got); !errors.Is(err, syscall.ECONNREFUSED) {
			tick.Stop()
			break
		}
	}
	require.NoError(t, err)
	require.Equal(t, "READY?", string(got[:n]))
	for _, text := range []string{"hello", "", "\x00\xff\xe4", strings.Repeat("long ", 10_000)} {
		_, err := conn.Write([]byte(text))
		require.NoError(t, err)
		n, err = conn.Read(got)
		require.NoError(t, err)
		require.Equal(t, ascii(text), string(got[:n]))
	}
	ended()
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
	at, exited, ended := run(t, launch)
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
		case said := <-exited:
			require.Fail(t, "the server ended: "+said)
		case <-ctx.Done():
			require.Fail(t, "the server does not listen")
		}
	}
}

// run starts a server that is to answer at an address. If the server ends by itself, exited has what it said.
func run(t *testing.T, launch func(string) (string, error)) (at string, exited chan string, ended func()) {
	t.Helper()
	command, err := launch(t.TempDir())
	require.NoError(t, err)
	port, err := foreign.FreePort("tcp")
	require.NoError(t, err)
	at = net.JoinHostPort("127.0.0.1", strconv.Itoa(port))
	line := strings.NewReplacer("{port}", strconv.Itoa(port), "{wait}", "0.001", "{slots}", "2", "{idle_timeout}", "0",
		"{wait_duration}", "0s", // a library may close at a half-close without waiting for the handler
		"{cpu}", "0", "{read_size}", "0", "{receive_buffer}", "0").Replace(command)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", line)
	said := new(strings.Builder)
	cmd.Stdout, cmd.Stderr = said, said
	require.NoError(t, cmd.Start())
	exited = make(chan string, 1)
	gone := make(chan struct{})
	go func() {
		cmd.Wait()
		exited <- fmt.Sprintf("%s\n%s", cmd.ProcessState, said)
		close(gone)
	}()
	ended = func() {
		cmd.Process.Signal(syscall.SIGTERM)
		select {
		case <-gone:
		case <-time.After(watchdog):
			t.Error("it does not end on SIGTERM")
			cmd.Process.Kill()
			<-gone
		}
	}
	t.Cleanup(ended)
	return at, exited, ended
}
