package child

import "syscall"

// tied are the attributes of a child. No signal tells it of its parent's end here: the end of its input does.
func tied(bool) *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
