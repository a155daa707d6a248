//go:build unix && !linux

package host

import "syscall"

// tied are the attributes of a child. There is no death signal here: a child ends because its pipe
// does.
func tied(bool) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
