//go:build unix && !linux

package listen

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// Accept returns the next connection as a non-blocking descriptor with Nagle's algorithm off. The
// error is EAGAIN if no connection waits.
func (r *Raw) Accept() (fd int, err error) {
	for {
		syscall.ForkLock.RLock() // no child is forked before the descriptor is marked
		fd, _, err = unix.Accept(r.FD)
		if err == nil {
			unix.CloseOnExec(fd)
		}
		syscall.ForkLock.RUnlock()
		switch err {
		case nil:
			unix.SetNonblock(fd, true)
			// The error is ignored: a unix socket has no such option.
			unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
			return fd, nil
		case unix.EINTR, unix.ECONNABORTED: // the peer had gone before it was accepted
		default:
			return -1, err
		}
	}
}
