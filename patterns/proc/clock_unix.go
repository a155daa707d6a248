//go:build unix

package proc

import "golang.org/x/sys/unix"

// Clock reads the monotonic clock that all processes of this system share, in ns (CLOCK_MONOTONIC, clock_gettime(2)).
func Clock() int64 {
	var t unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &t) != nil {
		return 0
	}
	return t.Nano()
}
