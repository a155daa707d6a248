package listen

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Accept returns the next connection as a non-blocking descriptor with Nagle's algorithm off. The
// error is EAGAIN if no connection waits.
func (r *Raw) Accept() (fd int, err error) {
	for {
		n, _, errno := syscall.RawSyscall6(syscall.SYS_ACCEPT4,
			uintptr(r.FD), 0, 0, unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0, 0)
		switch errno {
		case 0:
			// The error is ignored: a unix socket has no such option.
			unix.SetsockoptInt(int(n), unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
			return int(n), nil
		case unix.EINTR, unix.ECONNABORTED: // the peer had gone before it was accepted
		default:
			return -1, errno
		}
	}
}
