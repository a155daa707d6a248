//go:build unix

package result

import (
	"os"

	"golang.org/x/sys/unix"
)

// errHeld is what lock returns if another process holds the file.
const errHeld = unix.EWOULDBLOCK

// lock refuses a second writer. The kernel lifts it when its holder ends, however it ends.
func lock(f *os.File) error { return unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
