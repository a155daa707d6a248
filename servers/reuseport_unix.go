//go:build unix

package servers

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// reusePort lets other listeners bind to the same address.
func reusePort(_, _ string, raw syscall.RawConn) error {
	var err error
	if e := raw.Control(func(fd uintptr) {
		err = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
	}); e != nil {
		return e
	}
	return err
}
