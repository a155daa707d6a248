package child

import (
	"os"
	"syscall"
)

// self is this program, also where its file has been replaced or removed.
func self() (path string, args []string) { return "/proc/self/exe", os.Args[:1] }

// tied are the attributes of a process that ends when the thread that starts it does.
func tied(gentle bool) *syscall.SysProcAttr {
	signal := syscall.SIGKILL
	if gentle {
		signal = syscall.SIGTERM
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: signal}
}
