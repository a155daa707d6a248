package host

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/child"
	"socketbench/patterns/prefork"
	"socketbench/servers"
)

// TestMain makes the test binary a child like the real one, or a parent that a test can kill.
func TestMain(m *testing.M) {
	prefork.Child(servers.PreforkChild)
	child.Become(ChildCommand, Child(slices.Concat(servers.All(), bad)))
	child.Become(SuperviseCommand, Supervise)
	child.Become("parent", parent)
	goleak.VerifyTestMain(m)
}

// bad are servers that break the promises of a good one.
var bad = servers.Registry{
	{Name: "dies", New: func(servers.Config) servers.Server {
		return serveFunc(func(ctx context.Context, ln net.Listener) error {
			conn, err := ln.Accept()
			if err == nil {
				conn.Close()
			}
			fmt.Fprintln(os.Stderr, "\x1b[31m\xff\u202e") // would command a terminal
			panic("the server gave up")
		})
	}},
	{Name: "hangs", New: func(servers.Config) servers.Server {
		return serveFunc(func(ctx context.Context, ln net.Listener) error { select {} })
	}},
	{Name: "leaks", New: func(servers.Config) servers.Server {
		return serveFunc(func(ctx context.Context, ln net.Listener) error {
			for range 3 {
				go func() { select {} }()
				f, err := os.Open(os.DevNull)
				if err != nil {
					return err
				}
				leaked = append(leaked, f)
			}
			<-ctx.Done()
			return ln.Close()
		})
	}},
	{Name: "fails", New: func(servers.Config) servers.Server {
		return serveFunc(func(ctx context.Context, ln net.Listener) error {
			<-ctx.Done()
			ln.Close()
			return errors.New("2 connections were cut off")
		})
	}},
	{Name: "refuses", New: func(servers.Config) servers.Server {
		return serveFunc(func(ctx context.Context, ln net.Listener) error {
			ln.Close()
			return errors.New("the kernel has no such thing")
		})
	}},
	{Name: "gives up", New: func(servers.Config) servers.Server {
		return serveFunc(func(ctx context.Context, ln net.Listener) error {
			defer ln.Close()
			conn, err := ln.Accept()
			if err != nil {
				return err
			}
			conn.Close()
			return errors.New("that was enough")
		})
	}},
}

var leaked []*os.File

type serveFunc func(context.Context, net.Listener) error

func (f serveFunc) Serve(ctx context.Context, ln net.Listener) error { return f(ctx, ln) }

// parent starts the servers that it is told to, says who they are and waits to be killed.
func parent(ctx context.Context, test *child.Conn) error {
	var names []string
	if err := test.Receive(&names); err != nil {
		return err
	}
	var l Launcher
	for _, name := range names {
		s, err := l.Serve(ctx, Options{Job: Job{Server: name}})
		if err != nil {
			return err
		}
		if err := test.Send(s.PID); err != nil {
			return err
		}
	}
	select {}
}

func start(t *testing.T, o Options) *Server {
	s, err := new(Launcher).Serve(t.Context(), o)
	require.NoError(t, err)
	return s
}

// ask sends one line and returns the answer.
func ask(t *testing.T, address, line string) string {
	network, where, _ := strings.Cut(address, "://")
	conn, err := net.Dial(network, where)
	require.NoError(t, err)
	defer conn.Close()
	require.NoError(t, conn.SetDeadline(time.Now().Add(10*time.Second)))
	_, err = fmt.Fprintln(conn, line)
	require.NoError(t, err)
	answer, err := bufio.NewReader(conn).ReadString('\n')
	require.NoError(t, err)
	return strings.TrimSpace(answer)
}

func TestServerIsServedAndDrained(t *testing.T) {
	for _, transport := range []string{"tcp", "unix"} {
		t.Run(transport, func(t *testing.T) {
			if transport == "unix" && runtime.GOOS == "windows" {
				t.Skip("needs Unix: unix sockets are not tested on Windows")
			}
			s := start(t, Options{Job: Job{Server: servers.All()[0].Name, Transport: transport}})
			require.Equal(t, "HELLO", ask(t, s.Address, "hello"))
			snapshot, ok, err := s.Snapshot(t.Context())
			require.NoError(t, err)
			require.True(t, ok)
			require.Positive(t, snapshot.Goroutines)
			d, err := s.Drain(t.Context(), 10*time.Second)
			require.NoError(t, err)
			require.Empty(t, d.Error)
			require.Zero(t, d.Goroutines)
			require.Zero(t, d.Descriptors)
			require.EqualValues(t, 6, d.Last.Read)
			require.EqualValues(t, 6, d.Last.Written)
			e := s.End()
			require.Empty(t, e.Exit, e.Stderr)
			require.False(t, e.Killed)
			require.Zero(t, e.Left)
		})
	}
}

func TestServerThatDoesNotStartSaysWhy(t *testing.T) {
	var l Launcher
	_, err := l.Serve(t.Context(), Options{Job: Job{Server: "sequentail"}})
	require.ErrorContains(t, err, `did you mean "sequential"?`)
	_, err = l.Serve(t.Context(), Options{Job: Job{Server: "pool"}, Binary: []string{"/nowhere/socketbench"}})
	require.ErrorContains(t, err, "host: server process")
	_, err = l.Serve(t.Context(), Options{Job: Job{Server: "pool", Transport: "carrier pigeon"}})
	require.ErrorContains(t, err, "no transport")
}

func TestServerThatDiesLeavesItsLastWords(t *testing.T) {
	s := start(t, Options{Job: Job{Server: "dies"}})
	network, where, _ := strings.Cut(s.Address, "://")
	conn, err := net.Dial(network, where)
	require.NoError(t, err)
	defer conn.Close()
	<-s.Died()
	_, _, err = s.Snapshot(t.Context())
	require.ErrorContains(t, err, "ended")
	e := s.End()
	require.Equal(t, "exit status 2", e.Exit)
	require.Contains(t, e.Stderr, "the server gave up")
	require.Contains(t, e.Stderr, `\x1b[31m\xff\u202e`)
}

func TestServerThatHangsIsKilled(t *testing.T) {
	s := start(t, Options{Job: Job{Server: "hangs", Stop: 50 * time.Millisecond}})
	_, err := s.Drain(t.Context(), 50*time.Millisecond)
	require.ErrorContains(t, err, `no answer to "drain"`)
	_, _, err = s.Snapshot(t.Context())
	require.ErrorContains(t, err, "hangs")
	s.End()
	<-s.Died()
}

func TestServerThatLeaksIsCounted(t *testing.T) {
	s := start(t, Options{Job: Job{Server: "leaks"}})
	d, err := s.Drain(t.Context(), 10*time.Second)
	require.NoError(t, err)
	require.Equal(t, 3, d.Goroutines)
	if runtime.GOOS == "linux" {
		require.GreaterOrEqual(t, d.Descriptors, 2) // less the listener that it closed
	}
	s.End()
}

func TestServerThatFailsToDrainSaysSo(t *testing.T) {
	s := start(t, Options{Job: Job{Server: "fails"}})
	d, err := s.Drain(t.Context(), 10*time.Second)
	require.NoError(t, err)
	require.Equal(t, "2 connections were cut off", d.Error)
	s.End()
}

// A design that cannot serve fails to start; it is not a server that serves nobody.
func TestErrorAtOnceIsAFailureToStart(t *testing.T) {
	s, err := new(Launcher).Serve(t.Context(), Options{Job: Job{Server: "refuses"}})
	if err == nil { // the machine kept it from saying so in time: then it dies of it
		<-s.Died()
		require.Contains(t, s.End().Stderr, "the kernel has no such thing")
		return
	}
	require.EqualError(t, err, `server "refuses" did not start: the kernel has no such thing`)
}

func TestServerThatEndsUntoldHasDied(t *testing.T) {
	s := start(t, Options{Job: Job{Server: "gives up"}})
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.Address, "tcp://"))
	require.NoError(t, err)
	defer conn.Close()
	select {
	case <-s.Died():
	case <-time.After(20 * time.Second):
		t.Error("it lives on, and serves nobody")
	}
	e := s.End()
	require.NotEmpty(t, e.Exit)
	require.False(t, e.Killed)
	require.Contains(t, e.Stderr, "that was enough")
}

func TestProfilesAreWritten(t *testing.T) {
	s := start(t, Options{Job: Job{Server: servers.All()[0].Name}})
	for _, kind := range []string{ProfileCPU, ProfileTrace} {
		path := t.TempDir() + "/" + kind
		require.NoError(t, s.Profile(t.Context(), kind, path))
		require.ErrorContains(t, s.Profile(t.Context(), kind, path), "already")
		require.Equal(t, "HELLO", ask(t, s.Address, "hello"))
		require.NoError(t, s.Profiled(t.Context()))
		info, err := os.Stat(path)
		require.NoError(t, err)
		require.Positive(t, info.Size())
	}
	require.ErrorContains(t, s.Profile(t.Context(), "heap", t.TempDir()+"/x"), "there are cpu and trace")
	s.End()
}
