package cmd

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/address"
)

func TestASceneThatWasNotPlayedTeachesNothing(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln.Close()
	code, stdout, stderr := command("watch", "silent", "tcp://"+ln.Addr().String())
	require.Equal(t, exitNo, code, stderr)
	require.Contains(t, stdout, "no client got a connection: nobody listens on")
	require.NotContains(t, stdout, "waits for the slowest")
	require.NotContains(t, stdout, "read servers/")
}

// A server on all addresses of the machine is reached at one of them.
func TestServeSaysWhereAClientReachesIt(t *testing.T) {
	e, err := servers.All().Lookup("goroutine")
	require.NoError(t, err)
	var out strings.Builder
	a := &app{stdout: &out, stderr: &out}
	a.sayWhatNext(e, address.Address{Network: "tcp", Where: "[::]:9000"}, servers.Config{})
	require.Contains(t, out.String(), "listening on tcp://[::]:9000,")
	require.Contains(t, out.String(), "socketbench talk tcp://127.0.0.1:9000      or: nc 127.0.0.1 9000\n")
}

func TestServePointsToNoFileThatIsNotThere(t *testing.T) {
	mine, err := servers.All().Lookup("goroutine")
	require.NoError(t, err)
	mine.Name = "mine"
	for _, code := range []string{"", "package mine\n"} {
		mine.Code = code
		var out strings.Builder
		a := &app{stdout: &out, stderr: &out}
		a.sayWhatNext(mine, address.Address{Network: "tcp", Where: "127.0.0.1:9000"}, servers.Config{})
		require.Equal(t, code != "", strings.Contains(out.String(), "socketbench code mine"), out.String())
		require.Contains(t, out.String(), "talk to it")
	}
}
