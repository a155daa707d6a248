package nonblock

import (
	"syscall"
	"unsafe"
)

// Read is recv(2) on a non-blocking socket: it returns the number of bytes read, 0 at the end of
// the stream, or an error, which is EAGAIN if no input has arrived. p must not be empty.
//
// A call that enters and leaves Go's scheduler, as one that may block must, would cost an event
// loop a quarter of its throughput. It is recv because read goes through the kernel's file layer
// first. The kernel therefore does not count it in /proc/PID/io.
func Read(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_RECVFROM,
		uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

// Write is send(2) on a non-blocking socket: it returns the number of bytes written, which may be
// fewer than len(p), or an error, which is EAGAIN if there is no room. See [Read] for the reasons.
func Write(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_SENDTO, uintptr(fd),
		uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), syscall.MSG_NOSIGNAL, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
