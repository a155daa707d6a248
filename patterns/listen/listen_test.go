package listen_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/listen"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// script is a listener whose Accept returns the given results, then blocks until it is closed.
type script struct {
	net.Listener
	results []error // nil: a connection
	calls   int
	closed  chan struct{}
}

func newScript(results ...error) *script {
	return &script{results: results, closed: make(chan struct{})}
}

func (s *script) Accept() (net.Conn, error) {
	if s.calls == len(s.results) {
		<-s.closed
		return nil, net.ErrClosed
	}
	err := s.results[s.calls]
	s.calls++
	if err != nil {
		return nil, err
	}
	client, server := net.Pipe()
	client.Close()
	return server, nil
}

func (s *script) Close() error {
	select {
	case <-s.closed:
	default:
		close(s.closed)
	}
	return nil
}

func emfile() error {
	return &net.OpError{Op: "accept", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
}

func TestOutOfDescriptorsIsWaitedOut(t *testing.T) {
	ln := newScript(nil, emfile(), syscall.ECONNABORTED, emfile(), nil)
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	accepted := 0
	for conn, err := range listen.Conns(ctx, ln) {
		require.NoError(t, err)
		conn.Close()
		if accepted++; accepted == 2 {
			stop()
		}
	}
	require.Equal(t, 2, accepted)
	require.Equal(t, 5, ln.calls)
}

func TestAnyOtherErrorIsTheLastThing(t *testing.T) {
	broken := errors.New("broken")
	ln := newScript(nil, broken, nil)
	var errs []error
	for conn, err := range listen.Conns(t.Context(), ln) {
		if conn != nil {
			conn.Close()
		}
		errs = append(errs, err)
	}
	require.Equal(t, []error{nil, broken}, errs)
	<-ln.closed // and the listener is closed
}

func TestStoppingWakesABlockedAccept(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ctx, stop := context.WithCancel(t.Context())
	conns, failed := listen.Handover(ctx, ln)
	c, err := net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	defer c.Close()
	(<-conns)[0].Close()
	stop()
	_, more := <-conns
	require.False(t, more)
	require.NoError(t, failed())
	_, err = net.Dial("tcp", ln.Addr().String())
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
}

func TestHandoverLosesNobody(t *testing.T) {
	script := make([]error, 1000, 1001)
	conns, failed := listen.Handover(t.Context(), newScript(append(script, errors.New("over"))...))
	got := 0
	for some := range conns {
		require.NotEmpty(t, some)
		require.LessOrEqual(t, len(some), 64)
		for _, conn := range some {
			conn.Close()
			got++
		}
	}
	require.Equal(t, 1000, got)
	require.ErrorContains(t, failed(), "over")
}

func ExampleConns() {
	ln, _ := net.Listen("tcp", "127.0.0.1:0")
	go net.Dial("tcp", ln.Addr().String())
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	for conn, err := range listen.Conns(ctx, ln) {
		fmt.Println("accepted:", conn != nil, err)
		conn.Close()
		stop()
	}
	// Output: accepted: true <nil>
}
