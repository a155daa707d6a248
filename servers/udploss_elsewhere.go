//go:build !linux

package servers

import "net"

// udpOverflow would say how many datagrams the system has thrown away; ok is false, as here none
// tells.
func udpOverflow(net.PacketConn) (lost int64, ok bool) { return 0, false }
