package nonblock

import (
	"syscall"
	"unsafe"
)

// Read is recv(2) on a socket that does not block: it returns what is there, 0 at the end, or the
// error, EAGAIN when there is nothing yet. p must not be empty.
//
// Entering and leaving Go's scheduler, as for a call that may block, would cost an event loop a
// quarter of its throughput. And it is recv and not read, which goes through the layer of files
// first; the price is that the kernel does not count it in /proc/PID/io.
func Read(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM,
		uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// Write is send(2) on a socket that does not block: it returns how much was taken, which may be
// less than all, or the error, EAGAIN when there is no room. What is said of [Read] holds.
func Write(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
