//go:build !linux

package listen

import "net"

// Overflow returns how many datagrams the system has thrown away since pc was opened because nobody had
// read those before them. ok is false where the system does not tell, as here.
func Overflow(net.PacketConn) (lost int64, ok bool) { return 0, false }
