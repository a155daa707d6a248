//go:build unix

package listen

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// ReusePort is the Control function of a net.ListenConfig whose listeners share their address with
// others; see SO_REUSEPORT in socket(7).
func ReusePort(_, _ string, raw syscall.RawConn) error {
	var err error
	if e := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}); e != nil {
		return e
	}
	return err
}
