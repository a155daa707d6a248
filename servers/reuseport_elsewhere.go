//go:build !unix

package servers

import "syscall"

// reusePort does nothing: the platform has no SO_REUSEPORT, and no design that needs it.
func reusePort(_, _ string, _ syscall.RawConn) error { return nil }
