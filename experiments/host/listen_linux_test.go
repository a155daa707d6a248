package host

import (
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListeners(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
   2: 00000000000000000000000000000000:2382 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4714 1
   3: 0100007F:2382 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
`
	for _, c := range []struct {
		table string
		port  int
		want  map[string]bool
	}{
		{table, 9090, map[string]bool{"4711": true, "4714": true}},
		{table, 80, map[string]bool{"4713": true}},
		{table, 8080, map[string]bool{}},
		{"", 80, map[string]bool{}},
		{"nonsense", 80, map[string]bool{}},
	} {
		found := map[string]bool{}
		require.NoError(t, listeners(strings.NewReader(c.table), c.port, found))
		require.Equal(t, c.want, found)
	}
}

// The kernel names those that listen first, so that the rest of the table, which may be long, need not be read.
func TestListenersComeFirst(t *testing.T) {
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	conn, err := net.Dial("tcp4", ln.Addr().String())
	require.NoError(t, err)
	defer conn.Close()
	late, err := net.Listen("tcp4", "127.0.0.1:0") // after a connection there is
	require.NoError(t, err)
	defer late.Close()
	for _, ln := range []net.Listener{ln, late} {
		inodes, err := listening(ln.Addr().(*net.TCPAddr).Port)
		require.NoError(t, err)
		require.Len(t, inodes, 1)
	}
}
