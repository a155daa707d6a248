//go:build !unix

package listen

import "syscall"

// ReusePort does nothing: the platform has no SO_REUSEPORT, and no design here needs it.
func ReusePort(_, _ string, _ syscall.RawConn) error { return nil }
