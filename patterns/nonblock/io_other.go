//go:build unix && !linux

package nonblock

import "golang.org/x/sys/unix"

// Read is read(2) on a descriptor that does not block: it returns what is there, 0 at the end, or
// the error, EAGAIN when there is nothing yet. p must not be empty.
func Read(fd int, p []byte) (int, error) {
	n, err := unix.Read(fd, p)
	return max(n, 0), err
}

// Write is write(2) on a descriptor that does not block: it returns how much was taken, which may
// be less than all, or the error, EAGAIN when there is no room.
func Write(fd int, p []byte) (int, error) {
	n, err := unix.Write(fd, p)
	return max(n, 0), err
}
