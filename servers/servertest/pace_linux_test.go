package servertest

import (
	"net"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

// Nagle's algorithm and a reply in two parts: each of 200 requests would take 40 ms. The cause is reported while the
// first of them are sent, and the others are no longer late.
func TestRepliesInTwoPartsAreToldAtOnce(t *testing.T) {
	t.Parallel()
	var told []string
	early := false
	target := InProcess(entryOf("two parts", flaw{
		begin: func(_ *reference, v *visit) { v.stream.(*net.TCPConn).SetNoDelay(false) },
		write: func(_ *reference, v *visit, p []byte) (int, error) {
			n := len(p) / 2
			if _, err := v.Write(p[:n]); err != nil {
				return n, err
			}
			_, err := v.Write(p[n:])
			return len(p), err
		}}, servers.Traits{}), "tcp", t.TempDir())
	report := Check(t.Context(), target, Options{Only: regexp.MustCompile("^order/ping-pong$"), Quick: true,
		Each: func(Result) { early = len(told) > 0 }, Notice: func(words string) { told = append(told, words) }})
	require.True(t, early, "it is told before the case has ended")
	require.Len(t, told, 1)
	require.Equal(t, 1, report.Count(Passed), "%v", report.Results)
	require.Equal(t, suspicious, report.Halves, "of 200: the others came at once")
	require.Equal(t, told[0], report.Slow())
}
