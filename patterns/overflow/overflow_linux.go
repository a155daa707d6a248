package overflow

import (
	"net"
	"unsafe"

	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
)

// Count returns how many datagrams the system has dropped since pc was opened because its buffer
// was full. ok is false if the system does not say.
func Count(pc net.PacketConn) (lost int64, ok bool) {
	raw, err := nonblock.Lend(pc)
	if err != nil {
		return 0, false
	}
	raw.Control(func(fd uintptr) { lost, ok = of(fd) })
	return lost, ok
}

// Of returns the same of a descriptor; 0 if the system does not say.
func Of(fd uintptr) int64 {
	lost, _ := of(fd)
	return lost
}

func of(fd uintptr) (lost int64, ok bool) {
	var figures [unix.SK_MEMINFO_VARS]uint32
	size := uint32(unsafe.Sizeof(figures))
	_, _, errno := unix.RawSyscall6(unix.SYS_GETSOCKOPT, fd, unix.SOL_SOCKET, unix.SO_MEMINFO,
		uintptr(unsafe.Pointer(&figures)), uintptr(unsafe.Pointer(&size)), 0)
	return int64(figures[unix.SK_MEMINFO_DROPS]), errno == 0
}

// given returns the size of a socket's receive buffer as it was asked for: the system doubles it, for its own records of
// each datagram (socket(7)).
func given(pc net.PacketConn) (bytes int, ok bool) {
	raw, err := nonblock.Lend(pc)
	if err != nil {
		return 0, false
	}
	raw.Control(func(fd uintptr) {
		doubled, err := unix.GetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF)
		bytes, ok = doubled/2, err == nil
	})
	return bytes, ok
}
