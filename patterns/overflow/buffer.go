package overflow

import (
	"fmt"
	"net"
)

// Size asks the system for a buffer of so many bytes for datagrams that came and were not read yet (SO_RCVBUF). It returns
// an error if the system gives less.
func Size(pc net.PacketConn, bytes int) error {
	conn, ok := pc.(interface{ SetReadBuffer(bytes int) error })
	if !ok {
		return fmt.Errorf("overflow: %T has no buffer for datagrams", pc)
	}
	if err := conn.SetReadBuffer(bytes); err != nil {
		return fmt.Errorf("overflow: a receive buffer of %d bytes: %w", bytes, err)
	}
	if given, ok := given(pc); ok && given < bytes {
		return fmt.Errorf("overflow: the system gives a receive buffer of %d bytes and not of %d; sysctl net.core.rmem_max is its limit", given, bytes)
	}
	return nil
}
