package child

import (
	"os"
	"syscall"
)

// self returns this program, even if its file has been replaced or removed.
func self() (path string, args []string) { return ownPath, os.Args[:1] }

// ownPath is where Linux shows each process its program.
const ownPath = "/proc/self/exe"

// tied returns the attributes of a process that gets a signal when the thread that started it ends.
func tied(gentle bool) *syscall.SysProcAttr {
	signal := syscall.SIGKILL
	if gentle {
		signal = syscall.SIGTERM
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: signal}
}
