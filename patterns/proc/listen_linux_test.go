package proc

import (
	"maps"
	"net"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListeners(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
   2: 00000000000000000000000000000000:2382 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4714 1
   3: 00000000000000000000000001000000:2383 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4715 1
   4: 0100007F:2382 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
`
	for _, c := range []struct {
		table string
		want  map[string]string
	}{
		{table, map[string]string{"4711": "127.0.0.1:9090", "4713": "127.0.0.1:80", "4714": "[::]:9090", "4715": "[::1]:9091"}},
		{"", map[string]string{}},
		{"nonsense", map[string]string{}},
	} {
		found := map[string]netip.AddrPort{}
		require.NoError(t, listeners(strings.NewReader(c.table), "tcp", found))
		told := map[string]string{}
		for inode, at := range found {
			told[inode] = at.String()
		}
		require.Equal(t, c.want, told)
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
		table, err := Listening("tcp")
		require.NoError(t, err)
		require.Contains(t, slices.Collect(maps.Values(table)), ln.Addr().(*net.TCPAddr).AddrPort())
	}
}
