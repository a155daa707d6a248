//go:build unix

package nonblock_test

import (
	"context"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
)

// pair returns two connected sockets that do not block.
func pair(t testing.TB) (near, far int) {
	ends, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	require.NoError(t, err)
	for _, fd := range ends {
		require.NoError(t, unix.SetNonblock(fd, true))
		t.Cleanup(func() { unix.Close(fd) })
	}
	return ends[0], ends[1]
}

func TestWhatCannotBeDoneAtOnceIsNotWaitedFor(t *testing.T) {
	near, far := pair(t)
	buf := make([]byte, 64<<10)
	n, err := nonblock.Read(near, buf)
	require.Equal(t, unix.EAGAIN, err, "nothing was sent yet")
	require.Zero(t, n)

	sent, short := 0, false
	for range 10_000 { // until nothing fits
		n, err := nonblock.Write(far, buf)
		if sent += n; err != nil {
			require.Equal(t, unix.EAGAIN, err)
			require.Zero(t, n, "an error comes with no count")
			break
		}
		short = short || n < len(buf)
	}
	require.NoError(t, unix.Shutdown(far, unix.SHUT_WR))
	received := 0
	for range 10_000 {
		n, err := nonblock.Read(near, buf)
		require.NoError(t, err)
		if received += n; n == 0 {
			break
		}
	}
	require.Equal(t, sent, received, "short writes: %v", short)
}

func TestNobodyIsKilledByAPeerThatHasGone(t *testing.T) {
	near, far := pair(t)
	require.NoError(t, unix.Shutdown(near, unix.SHUT_RDWR))
	_, err := nonblock.Write(far, []byte("anybody there?"))
	require.Equal(t, unix.EPIPE, err)
}

// connections returns both ends of a connection of package net.
func connections(t testing.TB) (near, far net.Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	far, err = net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	near, err = ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { near.Close(); far.Close() })
	return near, far
}

func TestTryIsRefusedWhenADeadlineHasPassed(t *testing.T) {
	near, far := connections(t)
	raw, err := nonblock.Lend(near)
	require.NoError(t, err)
	buf := make([]byte, 8)
	_, err = nonblock.Try(raw.Read, nonblock.Read, buf)
	require.Equal(t, syscall.EAGAIN, err)
	_, err = far.Write([]byte("hi"))
	require.NoError(t, err)
	near.SetReadDeadline(time.Unix(1, 0))
	n, err := nonblock.Try(raw.Read, nonblock.Read, buf)
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Zero(t, n, "the input stays unread")
}

func TestOnlyWhatHasADescriptorIsLent(t *testing.T) {
	near, far := net.Pipe()
	defer near.Close()
	defer far.Close()
	_, err := nonblock.Lend(near)
	require.ErrorContains(t, err, "*net.pipe has no descriptor")
}

// A program that is not told when input arrives tries many times in vain.
func ExampleTry() {
	ln, _ := net.Listen("tcp", "127.0.0.1:0")
	defer ln.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	client, _ := new(net.Dialer).DialContext(ctx, "tcp", ln.Addr().String())
	defer client.Close()
	conn, _ := ln.Accept()
	defer conn.Close()

	raw, _ := nonblock.Lend(conn)
	buf := make([]byte, 64)
	_, err := nonblock.Try(raw.Read, nonblock.Read, buf)
	fmt.Println(err)
	client.Write([]byte("hello"))
	n, err := nonblock.Try(raw.Read, nonblock.Read, buf)
	for err == syscall.EAGAIN && ctx.Err() == nil {
		n, err = nonblock.Try(raw.Read, nonblock.Read, buf)
	}
	fmt.Printf("%s, %v\n", buf[:n], err)
	// Output:
	// resource temporarily unavailable
	// hello, <nil>
}
