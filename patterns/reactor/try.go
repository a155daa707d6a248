//go:build unix

package reactor

import "cmp"

// Try makes one non-blocking call, [Read] or [Write], on the descriptor of a connection that is Go's. lend is the
// Read or Write method of its syscall.RawConn, which lends the descriptor to a function and would have Go
// wait for readiness if that returned false; here it never does. The error is lend's, as that of a
// deadline that has passed, or that of the call.
func Try(lend func(func(fd uintptr) bool) error, call func(fd int, p []byte) (int, error), p []byte) (n int, err error) {
	refused := lend(func(fd uintptr) bool {
		n, err = call(int(fd), p)
		return true
	})
	return n, cmp.Or(refused, err)
}
