package host

import (
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const watchdog = 20 * time.Second

// resetting is a server that resets its first clients, as a proxy does whose server is not there yet.
const resetting = `python3 -c '
import socket, struct, sys
s = socket.create_server(("%s", {port}), family=socket.%s)
for n in range(10**9):
    c, _ = s.accept()
    if n < %d:
        c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    else:
        while d := c.recv(100): c.sendall(d.upper())
    c.close()
'`

// A server that listens and resets is waited for, at every start, and answers the first client that comes after.
func TestServerThatResetsAtFirstIsWaitedFor(t *testing.T) {
	t.Parallel()
	var l Launcher
	for range 2 {
		s, err := l.Serve(t.Context(), Options{Job: Job{Server: fmt.Sprintf(resetting, "127.0.0.1", "AF_INET", 3)}})
		require.NoError(t, err)
		require.Equal(t, "HELLO", ask(t, s.Address, "hello"))
		s.End()
	}
}

// A server is asked where it listens.
func TestServerOfIPv6IsAskedThere(t *testing.T) {
	t.Parallel()
	s := start(t, Options{Job: Job{Server: fmt.Sprintf(resetting, "::1", "AF_INET6", 0)}})
	require.True(t, strings.HasPrefix(s.Address, "tcp://[::1]:"), s.Address)
	require.Equal(t, "HELLO", ask(t, s.Address, "hello"))
	s.End()
}

// What cannot be asked is told in one sentence, and is not started again to find that out once more.
func TestServerThatIsNeverReady(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		command string
		start   time.Duration // more than Python needs to get there on busy CPUs
		want    string
	}{
		"resets":      {fmt.Sprintf(resetting, "127.0.0.1", "AF_INET", 1_000_000), 6 * time.Second, "every connection failed before anything was answered"},
		"never":       {"echo {port} >/dev/null; exec sleep 60", 2 * time.Second, "did not listen on port"},
		"other port":  {`exec python3 -c 'import socket, time; s = socket.create_server(("127.0.0.1", 0)); time.sleep(60)' {port}`, watchdog, "and not on port"},
		"from before": {"", 6 * time.Second, "is not below the command"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			starts := filepath.Join(t.TempDir(), "starts")
			command := "echo {port} >>" + starts + "\n" + c.command
			if name == "from before" { // who is asked by the command to listen, and does
				listenForOthers(t, starts)
				command += "exec sleep 60"
			}
			var l Launcher
			o := Options{Job: Job{Server: command, Start: c.start}}
			_, first := l.Serve(t.Context(), o)
			require.ErrorContains(t, first, c.want)
			_, second := l.Serve(t.Context(), o)
			require.Equal(t, first, second)
			b, err := os.ReadFile(starts)
			require.NoError(t, err)
			require.Len(t, strings.Fields(string(b)), 1, "it was started so many times")
		})
	}
}

// listenForOthers listens on the first port that is written to a file, from this process.
func listenForOthers(t *testing.T, file string) {
	over := make(chan struct{})
	t.Cleanup(func() { <-over })
	go func() {
		defer close(over)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			if b, _ := os.ReadFile(file); strings.HasSuffix(string(b), "\n") {
				tick.Stop()
				if ln, err := net.Listen("tcp", "127.0.0.1:"+strings.TrimSpace(string(b))); err == nil {
					<-t.Context().Done()
					ln.Close()
				}
				return
			}
			select {
			case <-tick.C:
			case <-t.Context().Done():
				return
			}
		}
	}()
}
