//go:build unix

package result

import (
	"os"

	"golang.org/x/sys/unix"
)

// lock refuses a second writer. The kernel lifts it when its holder ends, however it ends.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
