package servers

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
)

// A process that is being forked has a copy of the listening socket for a moment, and epoll(7) reports a closed
// socket as long as a copy exists. A server that stops at that moment must not take the report for a client.
func TestStopWhileTheListenerIsCopied(t *testing.T) {
	for name, design := range map[string]func(Config) Server{
		"select": NewSelect, "poll": NewPoll, "epoll": NewEpoll, "epolledge": NewEpolledge, "halfsync": NewHalfsync, "leader": NewLeader,
	} {
		t.Run(name, func(t *testing.T) {
			ln, err := net.Listen("tcp", "127.0.0.1:0")
			require.NoError(t, err)
			copied, err := listen.Descriptor(ln)
			require.NoError(t, err)
			defer unix.Close(copied)
			ctx, stop := context.WithCancel(t.Context())
			defer stop()
			ended := make(chan error, 1)
			// The client does not read its replies, so the server is still draining when the next client comes.
			go func() { ended <- design(Config{DrainTimeout: 300 * time.Millisecond}).Serve(ctx, ln) }()
			slow, err := net.Dial("tcp", ln.Addr().String())
			require.NoError(t, err)
			defer slow.Close()
			slow.SetWriteDeadline(time.Now().Add(200 * time.Millisecond))
			for err == nil {
				_, err = slow.Write(make([]byte, 1<<20))
			}
			stop()
			late := time.After(10 * time.Second)
			for {
				select {
				case err := <-ended:
					if err != nil {
						require.NotContains(t, err.Error(), "accept", "the descriptor may belong to another socket by now")
					}
					return
				case <-late:
					require.Fail(t, "the server did not end")
				case <-time.After(5 * time.Millisecond): // some of these clients come while it drains
					next, err := net.Dial("tcp", ln.Addr().String())
					require.NoError(t, err, "the copy of the listener still listens")
					defer next.Close()
				}
			}
		})
	}
}
