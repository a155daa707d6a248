package result

import (
	"os"

	"golang.org/x/sys/windows"
)

// errHeld is what lock returns if another process holds the file.
const errHeld = windows.ERROR_LOCK_VIOLATION

// lock refuses a second writer. The kernel lifts it when its holder ends, however it ends. What is
// locked lies far beyond the end of the file, as a lock forbids reading here.
func lock(f *os.File) error {
	at := windows.Overlapped{OffsetHigh: 1 << 30}
	return windows.LockFileEx(windows.Handle(f.Fd()), windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
}
