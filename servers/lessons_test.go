package servers_test

import (
	"bytes"
	"context"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/address"
	"socketbench/servers/upper"
)

// watchdog ends a lesson that hangs. No assertion depends on it.
const watchdog = time.Minute

// lesson starts a design on loopback and returns a function that connects to it. A lesson about a design that this system
// does not have is skipped.
func lesson(t *testing.T, name string, cfg servers.Config) func() *net.TCPConn {
	t.Helper()
	at := taught(t, name, cfg, address.Address{Network: "tcp", Where: "127.0.0.1:0"})
	return func() *net.TCPConn {
		conn, err := net.DialTimeout("tcp", at.String(), watchdog)
		require.NoError(t, err)
		conn.SetDeadline(time.Now().Add(watchdog))
		t.Cleanup(func() { conn.Close() })
		return conn.(*net.TCPConn)
	}
}

// taught starts a design at an address, which it returns, and stops it at the end of the test.
func taught(t *testing.T, name string, cfg servers.Config, at address.Address) net.Addr {
	t.Helper()
	e, err := servers.All().Lookup(name)
	require.NoError(t, err)
	if !e.Available() {
		t.Skipf("needs %s, which %s", name, e.Missing())
	}
	ln, err := servers.Listen(t.Context(), at, e.Traits)
	require.NoError(t, err)
	ctx, stop := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- e.New(cfg).Serve(ctx, ln) }()
	t.Cleanup(func() {
		stop()
		select {
		case err := <-served:
			require.NoError(t, err)
		case <-time.After(watchdog):
			t.Error("the server did not end")
		}
	})
	return ln.Addr()
}

// ask sends text and expects it back in upper case.
func ask(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	_, err := io.WriteString(conn, text)
	require.NoError(t, err)
	hear(t, conn, text)
}

// hear expects the reply to text.
func hear(t *testing.T, conn net.Conn, text string) {
	t.Helper()
	reply := make([]byte, len(text))
	_, err := io.ReadFull(conn, reply)
	require.NoError(t, err)
	require.Equal(t, string(bytes.ToUpper([]byte(text))), string(reply))
}

func TestAnEmptySendSendsNothing(t *testing.T) {
	asked := make(chan string, 10)
	dial := lesson(t, "goroutine", servers.Config{
		Protocol: upper.Protocol{Hook: func(req []byte) { asked <- string(req) }}})
	conn := dial()
	n, err := conn.Write(nil)
	require.NoError(t, err)
	require.Zero(t, n)
	ask(t, conn, "after")
	// The first request that the server saw from this client is the one after the empty send.
	require.Equal(t, "after", <-asked)
	require.Empty(t, asked)
}

func TestMessagesStickTogetherAndFallApart(t *testing.T) {
	begun, release := make(chan string, 10), make(chan struct{})
	dial := lesson(t, "goroutine", servers.Config{ReadSize: 8,
		Protocol: upper.Protocol{Hook: func(req []byte) { begun <- string(req); <-release }}})
	conn := dial()
	io.WriteString(conn, "first")
	require.Equal(t, "first", <-begun)
	// Three sends arrive while the server is busy. On loopback, a send has arrived when it returns.
	for _, text := range []string{"a", "b", "cdefghij"} {
		io.WriteString(conn, text)
	}
	close(release)
	hear(t, conn, "firstabcdefghij")
	require.Equal(t, "abcdefgh", <-begun, "three sends are one read, which fills the buffer")
	require.Equal(t, "ij", <-begun, "one send is split into two reads")
}

func TestADisconnectEndsTheConversationAndNotTheServer(t *testing.T) {
	for _, name := range []string{"sequential", "goroutine", "pool", "deadline"} {
		t.Run(name, func(t *testing.T) {
			dial := lesson(t, name, servers.Config{})
			for range 3 { // after one client the next is served
				conn := dial()
				ask(t, conn, "hello")
				require.NoError(t, conn.Close())
			}
		})
	}
}

func TestTheSecondClientOfSequentialConnectsButWaits(t *testing.T) {
	tally := new(servers.Tally)
	dial := lesson(t, "sequential", servers.Config{Tally: tally})
	first := dial()
	ask(t, first, "one")
	second := dial() // connect succeeds: the backlog
	n, err := io.WriteString(second, "two")
	require.NoError(t, err)
	require.Equal(t, 3, n, "the kernel takes its bytes into the socket's buffer")
	ask(t, first, "three") // the server is alive, and serves only the first
	require.Zero(t, tally.Conns.Load())
	require.NoError(t, first.Close())
	hear(t, second, "two")
	require.EqualValues(t, 1, tally.Conns.Load(), "the second is answered only after the first has left")
}

func TestAShortWriteIsFinished(t *testing.T) {
	dial := lesson(t, "goroutine", servers.Config{ReadSize: 1 << 20})
	conn := dial()
	text := bytes.Repeat([]byte("sendall "), 4<<20) // far more than the sockets' buffers hold
	go conn.Write(text)
	reply := make([]byte, len(text))
	_, err := io.ReadFull(conn, reply)
	require.NoError(t, err)
	require.True(t, bytes.Equal(bytes.ToUpper(text), reply))
}

func TestADeadlineInThePastNeverReads(t *testing.T) {
	dial := lesson(t, "goroutine", servers.Config{})
	conn := dial()
	io.WriteString(conn, "hello")
	hear(t, conn, "hello")
	io.WriteString(conn, "again")
	first := make([]byte, 1)
	_, err := io.ReadFull(conn, first) // the reply has arrived, and four bytes of it are unread
	require.NoError(t, err)
	conn.SetReadDeadline(time.Now().Add(-time.Second))
	for range 100 {
		n, err := conn.Read(make([]byte, 5))
		require.Zero(t, n)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	}
}

func TestNobodyListensIsAnError(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	addr := ln.Addr().String()
	require.NoError(t, ln.Close())
	_, err = net.Dial("tcp", addr) // connect_ex returns this number
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestAHalfCloseStillGetsTheLastReply(t *testing.T) {
	for _, name := range []string{"sequential", "goroutine", "deadline"} {
		t.Run(name, func(t *testing.T) {
			conn := lesson(t, name, servers.Config{})()
			_, err := io.WriteString(conn, "the last word")
			require.NoError(t, err)
			require.NoError(t, conn.CloseWrite()) // shutdown(SHUT_WR): everything is sent, and replies are still read
			rest, err := io.ReadAll(conn)
			require.NoError(t, err)
			require.Equal(t, "THE LAST WORD", string(rest))
		})
	}
}

// struct.pack("!I", 5) is 00 00 00 05. The other byte order makes 83,886,080 of it.
func TestAHeaderSaysWhereAMessageEnds(t *testing.T) {
	asked := make(chan string, 10)
	dial := lesson(t, "goroutine", servers.Config{
		Protocol: upper.Protocol{Framing: upper.Length, Hook: func(req []byte) { asked <- string(req) }}})
	conn := dial()
	for _, piece := range []string{"\x00\x00", "\x00\x05hel", "lo\x00\x00\x00\x02ok"} {
		_, err := io.WriteString(conn, piece)
		require.NoError(t, err)
	}
	hear(t, conn, "\x00\x00\x00\x05hello\x00\x00\x00\x02ok")
	require.Len(t, asked, 2, "two messages, whatever the pieces were")

	other := dial()
	_, err := io.WriteString(other, "\x05\x00\x00\x00hello") // struct.pack("<I", 5): more than the longest message
	require.NoError(t, err)
	rest, err := io.ReadAll(other)
	require.NoError(t, err)
	require.Empty(t, rest)
}

func TestATimeoutCutsOffTheSilentClientInFront(t *testing.T) {
	dial := lesson(t, "timeout", servers.Config{IdleTimeout: 300 * time.Millisecond})
	silent, second := dial(), dial()
	ask(t, second, "next") // sequential never answers this one
	n, err := silent.Read(make([]byte, 1))
	require.Zero(t, n)
	require.ErrorIs(t, err, io.EOF)
}

// A thread, a read that does not wait, select and epoll all free a server from waiting for one client.
func TestASilentClientKeepsNobodyWaiting(t *testing.T) {
	for _, name := range []string{"goroutine", "thread", "deadline", "tryread", "select", "poll", "epoll"} {
		t.Run(name, func(t *testing.T) {
			dial := lesson(t, name, servers.Config{})
			silent := dial()
			second := dial()
			ask(t, second, "while the first is silent")
			ask(t, silent, "at last")
		})
	}
}

func TestThreeOfAHundredAreReady(t *testing.T) {
	for _, name := range []string{"tryread", "select", "poll", "epoll"} {
		t.Run(name, func(t *testing.T) {
			dial := lesson(t, name, servers.Config{})
			conns := make([]*net.TCPConn, 100)
			for i := range conns {
				conns[i] = dial()
			}
			for range 3 {
				for _, i := range []int{97, 3, 50} {
					ask(t, conns[i], "ready")
				}
			}
		})
	}
}

func TestAUnixSocketIsAFile(t *testing.T) {
	dir, err := address.Folder()
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	path := filepath.Join(dir, "s")
	t.Run("served", func(t *testing.T) {
		taught(t, "goroutine", servers.Config{}, address.Address{Network: "unix", Where: path})
		conn, err := net.Dial("unix", path)
		require.NoError(t, err)
		defer conn.Close()
		conn.SetDeadline(time.Now().Add(watchdog))
		ask(t, conn, "the same conversation")
	})
	require.NoFileExists(t, path, "a server that ends in order removes it")
}
