//go:build unix && !linux

package nonblock

import "golang.org/x/sys/unix"

// Read is read(2) on a non-blocking descriptor: it returns the number of bytes read, 0 at the end
// of the stream, or an error, which is EAGAIN if no input has arrived. p must not be empty.
func Read(fd int, p []byte) (int, error) {
	n, err := unix.Read(fd, p)
	return max(n, 0), err
}

// Write is write(2) on a non-blocking descriptor: it returns the number of bytes written, which may
// be fewer than len(p), or an error, which is EAGAIN if there is no room.
func Write(fd int, p []byte) (int, error) {
	n, err := unix.Write(fd, p)
	return max(n, 0), err
}
