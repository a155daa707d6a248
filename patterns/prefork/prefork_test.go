//go:build linux

package prefork_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/prefork"
)

func TestMain(m *testing.M) {
	prefork.Child(greet)
	goleak.VerifyTestMain(m)
}

// family is a running set of children.
type family struct {
	addr net.Addr
	stop context.CancelFunc
	done chan error
	mu   sync.Mutex
	said []string
	dead chan int
}

func run(t *testing.T, network string, o prefork.Options[string, string]) *family {
	at := "127.0.0.1:0"
	if network == "unix" {
		at = t.TempDir() + "/s"
	}
	ln, err := net.Listen(network, at)
	require.NoError(t, err)
	f := &family{addr: ln.Addr(), done: make(chan error, 1), dead: make(chan int, 100)}
	o.Heard = func(child int, word string) {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.said = append(f.said, fmt.Sprintf("%d: %s", child, word))
	}
	o.Died = func(_, pid int, how error) { f.dead <- pid }
	ctx, stop := context.WithCancel(context.Background())
	f.stop = stop
	go func() { f.done <- prefork.Run(ctx, ln, o) }()
	return f
}

func (f *family) end(t *testing.T) error {
	f.stop()
	select {
	case err := <-f.done:
		return err
	case <-time.After(30 * time.Second):
		t.Fatal("the family does not end")
		return nil
	}
}

// ask returns what a child says to a new client.
func (f *family) ask(t *testing.T, what string) (answer string, err error) {
	conn, err := net.Dial(f.addr.Network(), f.addr.String())
	require.NoError(t, err)
	defer conn.Close()
	conn.SetDeadline(time.Now().Add(30 * time.Second))
	fmt.Fprintln(conn, what)
	answer, err = bufio.NewReader(conn).ReadString('\n')
	return strings.TrimSpace(answer), err
}

func TestChildrenServeAndReport(t *testing.T) {
	for _, network := range []string{"tcp", "unix"} {
		t.Run(network, func(t *testing.T) {
			f := run(t, network, prefork.Options[string, string]{Children: 3, Job: func(i int) string { return fmt.Sprint("child-", i) }})
			for range 20 {
				answer, err := f.ask(t, "hello")
				require.NoError(t, err)
				require.Regexp(t, `^child-[012] \d+$`, answer)
				require.NotContains(t, answer, fmt.Sprint(" ", os.Getpid()))
			}
			require.NoError(t, f.end(t))
			require.ElementsMatch(t, []string{"0: served for child-0", "1: served for child-1", "2: served for child-2"}, f.said)
			_, err := net.Dial(f.addr.Network(), f.addr.String())
			require.Error(t, err, "nobody listens any more")
			if network == "unix" {
				require.NoFileExists(t, f.addr.String())
			}
		})
	}
}

func TestADeadChildIsReplaced(t *testing.T) {
	f := run(t, "tcp", prefork.Options[string, string]{Children: 1, Job: func(int) string { return "again" }})
	pids := make(map[string]bool)
	for range 3 {
		answer, err := f.ask(t, "who are you")
		require.NoError(t, err)
		pids[answer] = true
		_, err = f.ask(t, "die")
		require.True(t, errors.Is(err, io.EOF) || err != nil)
		require.Contains(t, answer, fmt.Sprint(<-f.dead))
	}
	require.Len(t, pids, 3)
	require.NoError(t, f.end(t))
}

func TestWhoDoesNotEndIsKilled(t *testing.T) {
	f := run(t, "tcp", prefork.Options[string, string]{Children: 2, Job: func(int) string { return "stays" }, Patience: 50 * time.Millisecond})
	_, err := f.ask(t, "hello")
	require.NoError(t, err)
	require.ErrorContains(t, f.end(t), "killed")
}

func TestStoppedBeforeItStarts(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	stop()
	require.NoError(t, prefork.Run(ctx, ln, prefork.Options[string, string]{Children: 2, Job: func(int) string { return "" }}))
	_, err = net.Dial("tcp", ln.Addr().String())
	require.Error(t, err)
}

// Whenever it is told to stop, with children that are not started, about to be, or there: that is no error.
func TestStoppedWhileItStarts(t *testing.T) {
	for i := range 20 {
		f := run(t, "tcp", prefork.Options[string, string]{Children: 8, Job: func(int) string { return "" }})
		for start := time.Now(); time.Since(start) < time.Duration(i)*10*time.Microsecond; { // a timer is not so exact
		}
		require.NoError(t, f.end(t))
	}
}
