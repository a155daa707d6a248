//go:build unix

package nonblock

import (
	"cmp"
	"fmt"
	"syscall"
)

// Lend returns access to the descriptor of one of Go's connections or listeners, which still
// belongs to Go.
func Lend(of any) (syscall.RawConn, error) {
	conn, ok := of.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("nonblock: %T has no descriptor; use one of package net's own", of)
	}
	return conn.SyscallConn()
}

// Try makes one call, [Read] or [Write], on a descriptor from [Lend]. lend is the Read or Write
// method of the value that Lend returned. Such a method waits for readiness if the function that it
// is given returns false; Try's function always returns true, so nothing waits. The error is that
// of lend, such as os.ErrDeadlineExceeded, or that of the call.
func Try(
	lend func(func(fd uintptr) bool) error, call func(fd int, p []byte) (int, error), p []byte,
) (n int, err error) {
	refused := lend(func(fd uintptr) bool {
		n, err = call(int(fd), p)
		return true
	})
	return n, cmp.Or(refused, err)
}
