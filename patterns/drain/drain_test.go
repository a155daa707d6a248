package drain_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/drain"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// pair returns the two ends of a TCP connection.
func pair(t *testing.T) (client, server *net.TCPConn) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	c, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	s, err := ln.Accept()
	require.NoError(t, err)
	c.SetDeadline(time.Now().Add(10 * time.Second))
	t.Cleanup(func() { c.Close(); s.Close() })
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

func TestABlockedReadIsWoken(t *testing.T) {
	stop, end := context.WithCancel(context.Background())
	g := drain.NewGroup(stop, 10*time.Second, time.Second)
	_, server := pair(t)
	g.Add(server)
	woken := make(chan error, 1)
	go func() {
		_, err := server.Read(make([]byte, 1))
		woken <- err
		g.Done(server)
	}()
	end()
	require.ErrorIs(t, <-woken, os.ErrDeadlineExceeded)
	require.NoError(t, g.Wait())
	require.True(t, g.Draining())
}

func TestAConnectionAddedWhileDrainingIsWokenToo(t *testing.T) {
	stop, end := context.WithCancel(context.Background())
	g := drain.NewGroup(stop, 10*time.Second, time.Second)
	_, first := pair(t)
	g.Add(first)
	end()
	_, err := first.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	_, late := pair(t)
	g.Add(late)
	_, err = late.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	g.Done(first)
	g.Done(late)
	require.NoError(t, g.Wait())
}

// A reply must reach its reader, even if the connection is closed with unread input: no reset.
func TestHangUpShowsTheEndAndNotAReset(t *testing.T) {
	stop, end := context.WithCancel(context.Background())
	defer end()
	g := drain.NewGroup(stop, 10*time.Second, 5*time.Second)
	client, server := pair(t)
	g.Add(server)
	_, err := client.Write(make([]byte, 1<<20)) // never read by the server
	require.NoError(t, err)
	_, err = server.Write([]byte("reply"))
	require.NoError(t, err)
	g.HangUp(server)
	reply, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "reply", string(reply))
	client.Close()
	require.NoError(t, g.Wait())
}

func TestWhoIsNotAnsweredInTimeIsCutOffAndCounted(t *testing.T) {
	stop, end := context.WithCancel(context.Background())
	g := drain.NewGroup(stop, time.Millisecond, time.Hour)
	_, working := pair(t)
	_, lingering := pair(t)
	g.Add(working)
	g.Add(lingering)
	g.HangUp(lingering)
	go func() {
		<-g.Context().Done() // the work ends only when the connection is cut off
		g.Done(working)
	}()
	end()
	err := g.Wait()
	require.ErrorContains(t, err, "1 connections cut off before their replies were written")
}

func TestAHandlerThatIgnoresTheCutOffDoesNotKeepTheServer(t *testing.T) {
	stop, end := context.WithCancel(context.Background())
	g := drain.NewGroup(stop, time.Millisecond, time.Second)
	_, server := pair(t)
	g.Add(server) // and nobody ever calls Done
	end()
	require.Error(t, g.Wait())
}

func TestWaitDrainsByItself(t *testing.T) {
	g := drain.NewGroup(context.Background(), time.Second, time.Second)
	require.NoError(t, g.Wait())
}

// A server echoes what a client sends until it is told to stop.
func Example() {
	ctx, stop := context.WithCancel(context.Background())
	open := drain.NewGroup(ctx, time.Second, time.Second)

	client, server := net.Pipe()
	open.Add(server)
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer open.Done(server)
		buf := make([]byte, 64)
		for {
			n, err := server.Read(buf)
			if errors.Is(err, os.ErrDeadlineExceeded) {
				fmt.Println("told to stop")
			}
			if err != nil {
				return
			}
			server.Write(buf[:n])
		}
	}()

	client.Write([]byte("hello"))
	reply := make([]byte, 5)
	io.ReadFull(client, reply)
	fmt.Printf("%s\n", reply)
	stop()
	<-ended
	fmt.Println("drained:", open.Wait())
	// Output:
	// hello
	// told to stop
	// drained: <nil>
}

// The only connection is accepted when the stop comes.
func TestTheFirstConnectionAddedWhileDrainingIsWaitedFor(t *testing.T) {
	stop, end := context.WithCancel(context.Background())
	g := drain.NewGroup(stop, 10*time.Second, time.Second)
	end()
	require.Eventually(t, g.Draining, 10*time.Second, time.Millisecond)
	_, late := pair(t)
	g.Add(late)
	ended := make(chan error, 1)
	go func() { ended <- g.Wait() }()
	select {
	case <-ended:
		t.Fatal("the group has ended before its connection")
	case <-time.After(20 * time.Millisecond): // a group with the fault ends at once
	}
	g.Done(late)
	require.NoError(t, <-ended)
}

// BenchmarkGroup measures Add and Done, which every connection costs.
func BenchmarkGroup(b *testing.B) {
	g := drain.NewGroup(context.Background(), time.Second, time.Second)
	conn, far := net.Pipe()
	far.Close()
	for b.Loop() {
		g.Add(conn)
		g.Done(conn)
	}
	if err := g.Wait(); err != nil {
		b.Fatal(err)
	}
}
