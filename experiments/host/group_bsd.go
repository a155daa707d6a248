//go:build unix && !linux

package host

import "syscall"

// killGroup kills what is left of a process group. How many processes that were is not known here.
func killGroup(group int) int {
	syscall.Kill(-group, syscall.SIGKILL)
	return 0
}
