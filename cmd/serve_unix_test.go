//go:build unix

package cmd

import (
	"bufio"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// serving is a server that the command line started in a process of its own.
type serving struct {
	cmd     *exec.Cmd
	address string
	out     *bufio.Reader
	ended   chan struct{} // closed when the process has ended
	wait    func()        // until then
}

func serve(t *testing.T, args ...string) *serving {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, append([]string{"serve"}, args...)...)
	out, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	s := &serving{cmd: cmd, out: bufio.NewReader(out), ended: make(chan struct{})}
	s.wait = sync.OnceFunc(func() { cmd.Wait(); close(s.ended) })
	t.Cleanup(func() { cmd.Process.Kill(); s.wait() })
	for at := regexp.MustCompile(`listening on tcp://(\S+),`); s.address == ""; {
		line, err := s.out.ReadString('\n')
		require.NoError(t, err)
		if m := at.FindStringSubmatch(line); m != nil {
			s.address = m[1]
		}
	}
	return s
}

// rest returns what the process prints until it ends, and waits for it.
func (s *serving) rest(t *testing.T) string {
	b, err := io.ReadAll(s.out)
	require.NoError(t, err)
	s.wait()
	return string(b)
}

// answered connects, asks and gets its reply.
func (s *serving) answered(t *testing.T) net.Conn {
	conn, err := net.Dial("tcp", s.address)
	require.NoError(t, err)
	t.Cleanup(func() { conn.Close() })
	_, err = io.WriteString(conn, "hello")
	require.NoError(t, err)
	reply := make([]byte, 5)
	_, err = io.ReadFull(conn, reply)
	require.NoError(t, err)
	require.Equal(t, "HELLO", string(reply))
	return conn
}

// stopping tells the server to end and waits until it accepts nobody any more.
func (s *serving) stopping(t *testing.T) {
	require.NoError(t, s.cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", s.address)
		if err == nil {
			conn.Close()
		}
		return err != nil
	}, 10*time.Second, time.Millisecond)
}

func TestSignalDrainsTheServer(t *testing.T) {
	s := serve(t, "goroutine", "--listen", "tcp://127.0.0.1:0")
	conn := s.answered(t)
	s.stopping(t)
	_, err := conn.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err, "an end, not a reset")
	conn.Close()
	require.Contains(t, s.rest(t), "5 bytes read, 5 bytes written")
	require.Equal(t, exitDone, s.cmd.ProcessState.ExitCode())
}

// Who does not want to wait for a client that keeps the server sends the signal again.
func TestSecondSignalEndsTheServerAtOnce(t *testing.T) {
	s := serve(t, "goroutine", "--listen", "tcp://127.0.0.1:0", "--linger", "1h", "--drain-timeout", "1h")
	s.answered(t) // and stays
	s.stopping(t)
	go func() {
		for range 100 { // one that comes before the first is dealt with is one with it
			select {
			case <-s.ended:
				return
			case <-time.After(50 * time.Millisecond):
				s.cmd.Process.Signal(syscall.SIGTERM)
			}
		}
		s.cmd.Process.Kill()
	}()
	s.rest(t)
	status := s.cmd.ProcessState.Sys().(syscall.WaitStatus)
	require.Equal(t, syscall.SIGTERM, status.Signal(), "it ended in another way: %v", s.cmd.ProcessState)
}
