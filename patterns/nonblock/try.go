//go:build unix

package nonblock

import (
	"cmp"
	"fmt"
	"syscall"
)

// Lend returns what lends the descriptor of one of Go's own connections or listeners, which stays
// Go's.
func Lend(of any) (syscall.RawConn, error) {
	conn, ok := of.(syscall.Conn)
	if !ok {
		return nil, fmt.Errorf("nonblock: %T has no descriptor; use one of package net's own", of)
	}
	return conn.SyscallConn()
}

// Try makes one call, [Read] or [Write], on a descriptor that is lent. lend is the Read or Write
// method of what [Lend] returned: Go would wait for readiness if the function that it is given
// returned false; here it never does. The error is lend's, as that of a deadline that has passed,
// or that of the call.
func Try(
	lend func(func(fd uintptr) bool) error, call func(fd int, p []byte) (int, error), p []byte,
) (n int, err error) {
	refused := lend(func(fd uintptr) bool {
		n, err = call(int(fd), p)
		return true
	})
	return n, cmp.Or(refused, err)
}
