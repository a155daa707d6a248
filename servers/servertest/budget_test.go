package servertest

import (
	"context"
	"io"
	"net"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// A server that is slow in one way keeps a case for as long as the patience lasts, which is an hour here: that Check
// returns at all shows that its budget ends what is in progress. What was in progress is not decided, in neither way.
func TestABudgetEndsACaseInProgress(t *testing.T) {
	t.Parallel()
	asleep := make(chan struct{})
	t.Cleanup(func() { close(asleep) })
	starts := func(serve func(net.Listener)) func(*testing.T) func(context.Context, servers.Config) (*Instance, error) {
		return func(t *testing.T) func(context.Context, servers.Config) (*Instance, error) {
			return func(context.Context, servers.Config) (*Instance, error) {
				ln, err := net.Listen("tcp", "127.0.0.1:0")
				require.NoError(t, err)
				t.Cleanup(func() { ln.Close() })
				go serve(ln)
				return &Instance{Network: "tcp", Address: ln.Addr().String(), Done: make(chan struct{}), Stop: func() {}}, nil // it ignores that
			}
		}
	}
	conversing := func(converse func(net.Conn)) func(net.Listener) {
		return func(ln net.Listener) {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				go func() {
					defer c.Close()
					converse(c)
				}()
			}
		}
	}
	flawed := func(f flaw) func(*testing.T) func(context.Context, servers.Config) (*Instance, error) {
		return func(t *testing.T) func(context.Context, servers.Config) (*Instance, error) {
			return InProcess(entryOf("slow", f, servers.Traits{}), "tcp", t.TempDir()).Start
		}
	}
	for name, test := range map[string]struct {
		start func(*testing.T) func(context.Context, servers.Config) (*Instance, error)
		only  string
	}{
		"never answers": {starts(conversing(func(c net.Conn) { io.Copy(io.Discard, c) })), "^bytes/hello$"},
		"answers a byte an hour": {starts(conversing(func(c net.Conn) {
			n, _ := c.Read(make([]byte, 1))
			c.Write([]byte("H")[:n])
			io.Copy(io.Discard, c)
		})), "^bytes/hello$"},
		"never closes": {starts(conversing(func(c net.Conn) {
			buf := make([]byte, 512)
			for n, err := c.Read(buf); err == nil; n, err = c.Read(buf) {
				c.Write(plain(buf[:n]))
			}
			<-asleep
		})), "^bytes/hello$"},
		"never accepts": {starts(func(net.Listener) { <-asleep }), "^(bytes/hello|many/100|reset/10000)$"},
		"never starts": {func(*testing.T) func(context.Context, servers.Config) (*Instance, error) {
			return func(ctx context.Context, _ servers.Config) (*Instance, error) {
				<-ctx.Done()
				return nil, ctx.Err()
			}
		}, "^bytes/hello$"},
		"never ends":                     {flawed(flaw{lingers: func(*reference, *visit) { <-asleep }, patient: true}), "^drain/idle-client$"},
		"never calls its handler":        {flawed(flaw{read: func(*reference, *visit, []byte) (int, error) { <-asleep; return 0, io.EOF }}), "^drain/in-handler$"},
		"leaves goroutines for ever":     {flawed(flaw{over: func(*reference, net.Listener) { go func() { <-asleep }() }}), "^drain/idle-server$"},
		"stays open after being told":    {flawed(flaw{unhalted: true, patient: true}), "^drain/silent-client$"},
		"never gives a descriptor back":  {flawed(flaw{leak: func(error) bool { return true }}), "^resources/descriptors-after-end$"},
		"reads nothing of a long stream": {starts(conversing(func(net.Conn) { <-asleep })), "^(bytes/megabyte|half-close/megabyte|order/full-duplex)$"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			target := Target{Name: name, Stops: true, Config: true, Cheap: true, Hooks: true, PID: 0, Start: test.start(t)}
			o := Options{Only: regexp.MustCompile(test.only), Patience: time.Hour, Budget: 200 * time.Millisecond}
			report := Check(t.Context(), target, o)
			require.NotEmpty(t, report.Results)
			for _, r := range report.Results {
				if raceEnabled && r.Outcome == Skipped {
					continue // a heavy case
				}
				require.Equal(t, NotRun, r.Outcome, "%s: %v", r.Case, r.Failure)
				require.Contains(t, r.Reason, "the budget of 200ms ran out", r.Case)
			}
			require.True(t, report.Undecided())
			require.Equal(t, o.Budget, report.Spent)
		})
	}
}

// What was decided before the budget ran out stays decided: the failure of one case is not lost with the next.
func TestWhatWasDecidedBeforeTheBudgetStays(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	target := InProcess(entryOf("same", each(func(c byte) byte { return c }), servers.Traits{}), "tcp", t.TempDir())
	o := Options{Only: regexp.MustCompile("^bytes/(hello|one|alphabet)$"), Parallel: 1, Each: func(Result) { cancel() }}
	report := Check(ctx, target, o)
	require.Equal(t, 1, report.Count(Failed))
	require.Equal(t, 2, report.Count(NotRun))
	require.Equal(t, "not begun: the check was interrupted", report.Results[1].Reason)
	require.True(t, report.Interrupted)
	require.False(t, report.Undecided())
	require.Equal(t, onlyEchoes, report.Results[0].Failure.Fault)
}
