//go:build unix && !linux

package child

import "syscall"

// tied returns the attributes of a child. This system sends no signal when the parent ends; the child sees the end of
// its input.
func tied(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
