package host

import "syscall"

// tied are the attributes of a child: a process group of its own, so that Ctrl-C reaches the parent
// alone. There is no death signal here: a child ends because its pipe does.
func tied(bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
