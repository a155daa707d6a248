package host

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestListeners(t *testing.T) {
	const table = `  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode
   0: 0100007F:2382 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4711 1 0000000000000000 100 0 0 10 0
   1: 0100007F:2382 0100007F:D431 01 00000000:00000000 00:00000000 00000000     0        0 4712 1 0000000000000000 20 4 30 10 -1
   2: 0100007F:0050 00000000:0000 0A 00000000:00000000 00:00000000 00000000     0        0 4713 1 0000000000000000 100 0 0 10 0
   3: 00000000000000000000000000000000:2382 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 0 0 4714 1
`
	require.Equal(t, map[string]bool{"4711": true, "4714": true}, listeners(table, 9090))
	require.Equal(t, map[string]bool{"4713": true}, listeners(table, 80))
	require.Empty(t, listeners(table, 8080))
	require.Empty(t, listeners("", 80))
	require.Empty(t, listeners("nonsense", 80))
}
