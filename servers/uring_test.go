//go:build linux

package servers_test

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// An operation names a descriptor by its number, and the kernel looks the number up only when the
// operation is submitted. A server that is stopped before that must not close the descriptor: the
// number may then belong to another listener, which loses a connection. One in fifty was lost this way.
func TestUringStoppedAtOnceAcceptsForNobodyElse(t *testing.T) {
	t.Parallel()
	uring, err := servers.All().Lookup("uring")
	require.NoError(t, err)
	stopped, stop := context.WithCancel(context.Background())
	stop()
	end := make(chan error, 1)
	go func() {
		for began := time.Now(); time.Since(began) < time.Second; {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			if err == nil {
				err = uring.New(servers.Config{}).Serve(stopped, ln)
			}
			if err != nil {
				end <- err
				return
			}
		}
		end <- nil
	}()
	for n := 0; ; n++ {
		select {
		case err := <-end:
			require.NoError(t, err)
			require.NotZero(t, n)
			return
		default:
			t.Run("", func(t *testing.T) { ask(t, lesson(t, "epoll", servers.Config{})(), "mine") })
		}
	}
}
