package load

import (
	"encoding/binary"
	"fmt"
	"net"
	"strconv"
	"strings"
	"syscall"
	"unsafe"

	"golang.org/x/sys/unix"
)

// These system calls are made without telling Go's scheduler, which saves a quarter of the cost of a request. That is
// allowed only because none of them blocks: the descriptors are non-blocking, and poll has a timeout of zero. The wait
// that may block is sleep, which does tell the scheduler.

func send(fd int, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_SENDTO, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), unix.MSG_NOSIGNAL, 0, 0)
	return int(n), errno
}

func receive(fd int, p []byte) (int, syscall.Errno) {
	n, _, errno := syscall.RawSyscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)), 0, 0, 0)
	return int(n), errno
}

// poll returns the number of events that are there now.
func poll(ep int, events []unix.EpollEvent) int {
	n, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), 0, 0, 0)
	if errno != 0 {
		return 0
	}
	return int(n)
}

// sleep waits for events, ns at most. Meanwhile the scheduler may give the processor to other goroutines.
func sleep(ep int, events []unix.EpollEvent, ns int64) int {
	timeout := unix.NsecToTimespec(max(ns, 0))
	n, _, errno := syscall.Syscall6(unix.SYS_EPOLL_PWAIT2, uintptr(ep), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), uintptr(unsafe.Pointer(&timeout)), 0, 0)
	if errno == unix.ENOSYS { // before Linux 5.11: whole milliseconds
		n, _, errno = syscall.Syscall6(unix.SYS_EPOLL_PWAIT, uintptr(ep), uintptr(unsafe.Pointer(unsafe.SliceData(events))), uintptr(len(events)), uintptr(ns/1e6), 0, 0)
	}
	if errno != 0 {
		return 0
	}
	return int(n)
}

// control adds fd to the epoll set, edge-triggered: the kernel takes an event off its list when it reports it, and looks
// at a level-triggered one again in the next wait.
func control(ep, fd int, index int32, generation uint32, interest uint32) syscall.Errno {
	ev := unix.EpollEvent{Events: interest | unix.EPOLLET, Fd: index, Pad: int32(generation)}
	_, _, errno := syscall.RawSyscall6(unix.SYS_EPOLL_CTL, uintptr(ep), unix.EPOLL_CTL_ADD, uintptr(fd), uintptr(unsafe.Pointer(&ev)), 0, 0)
	return errno
}

func option(fd, level, name int, value int32) syscall.Errno {
	_, _, errno := syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), uintptr(level), uintptr(name), uintptr(unsafe.Pointer(&value)), 4, 0)
	return errno
}

// pending returns the error of a socket, and clears it.
func pending(fd int) syscall.Errno {
	var value, size int32 = 0, 4
	_, _, errno := syscall.RawSyscall6(unix.SYS_GETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_ERROR, uintptr(unsafe.Pointer(&value)), uintptr(unsafe.Pointer(&size)), 0)
	if errno != 0 {
		return errno
	}
	return syscall.Errno(value)
}

func shut(fd int) { syscall.RawSyscall(unix.SYS_CLOSE, uintptr(fd), 0, 0) }

// abort closes a connection with a reset.
func abort(fd int) {
	linger := unix.Linger{Onoff: 1}
	syscall.RawSyscall6(unix.SYS_SETSOCKOPT, uintptr(fd), unix.SOL_SOCKET, unix.SO_LINGER, uintptr(unsafe.Pointer(&linger)), unsafe.Sizeof(linger), 0)
	shut(fd)
}

// dialer opens sockets to one target.
type dialer struct {
	family  int
	kind    int // of socket
	noDelay bool
	peer    []byte // the target as the kernel wants it
	local   []byte // the source, where it is chosen; else nil
	rotates bool   // the target is in 127.0.0.0/8 and so may be the source
	source  uint32 // which address of it, 0: the kernel's choice
	opened  int    // sockets connected from source
}

// perSource is the number of connections from one source address. Of the 28,232 ephemeral ports of the default range,
// connect(2) takes those of one parity first. Past 14,116 connections it looks at all of these for each connection before
// it tries the others, which costs milliseconds.
const perSource = 14000

func newDialer(t target, noDelay bool) (*dialer, error) {
	d := &dialer{family: unix.AF_INET, kind: unix.SOCK_STREAM, noDelay: noDelay}
	if t.network == "udp" {
		d.kind, d.noDelay = unix.SOCK_DGRAM, false
	}
	switch {
	case t.network == "unix":
		d.family, d.noDelay = unix.AF_UNIX, false
		d.peer = binary.NativeEndian.AppendUint16(nil, unix.AF_UNIX)
		if strings.HasPrefix(t.path, "@") { // an abstract name begins with a zero byte and has none at its end, unix(7)
			d.peer = append(append(d.peer, 0), t.path[1:]...)
		} else {
			d.peer = append(append(d.peer, t.path...), 0)
		}
	case t.tcp.IP.To4() != nil:
		ip := t.tcp.IP.To4()
		d.peer = inet4(ip, t.tcp.Port)
		d.rotates = ip[0] == 127
	default:
		d.family = unix.AF_INET6
		d.peer = binary.NativeEndian.AppendUint16(nil, unix.AF_INET6)
		d.peer = binary.BigEndian.AppendUint16(d.peer, uint16(t.tcp.Port))
		d.peer = append(d.peer, 0, 0, 0, 0)
		d.peer = append(d.peer, t.tcp.IP.To16()...)
		scope, err := scopeOf(t.tcp.Zone)
		if err != nil {
			return nil, err
		}
		d.peer = binary.NativeEndian.AppendUint32(d.peer, scope)
	}
	return d, nil
}

// scopeOf returns the index of the interface that a zone names. The kernel needs it with an address that is valid on one
// link only (RFC 4007).
func scopeOf(zone string) (uint32, error) {
	if zone == "" {
		return 0, nil
	}
	if index, err := strconv.ParseUint(zone, 10, 32); err == nil {
		return uint32(index), nil
	}
	link, err := net.InterfaceByName(zone)
	if err != nil {
		return 0, fmt.Errorf("load: there is no network interface %q (ip link lists them)", zone)
	}
	return uint32(link.Index), nil
}

func inet4(ip []byte, port int) []byte {
	a := binary.NativeEndian.AppendUint16(nil, unix.AF_INET)
	a = binary.BigEndian.AppendUint16(a, uint16(port))
	a = append(a, ip[:4]...)
	return append(a, 0, 0, 0, 0, 0, 0, 0, 0)
}

// rotate goes on to the next source address.
func (d *dialer) rotate() {
	d.source = (d.source + 1) % (250 * 250)
	d.opened = 0
	if d.local == nil {
		d.local = inet4([]byte{127, 1, 0, 1}, 0)
	}
	d.local[6], d.local[7] = byte(d.source/250), byte(1+d.source%250)
}

// dial begins to connect. errno is 0 when that is done already and EINPROGRESS while it is not; with
// any other there is no descriptor.
func (d *dialer) dial() (fd int, errno syscall.Errno) {
	if d.opened++; d.rotates && d.opened > perSource {
		d.rotate()
	}
	for range 8 {
		if fd, errno = d.try(); errno != unix.EADDRNOTAVAIL || !d.rotates {
			break
		}
		d.rotate()
	}
	return fd, errno
}

func (d *dialer) try() (int, syscall.Errno) {
	r, _, errno := syscall.RawSyscall(unix.SYS_SOCKET, uintptr(d.family), uintptr(d.kind)|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, 0)
	if errno != 0 {
		return -1, errno
	}
	fd := int(r)
	if d.noDelay {
		option(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	if d.local != nil {
		option(fd, unix.IPPROTO_IP, unix.IP_BIND_ADDRESS_NO_PORT, 1)
		_, _, errno = syscall.RawSyscall(unix.SYS_BIND, uintptr(fd), uintptr(unsafe.Pointer(&d.local[0])), uintptr(len(d.local)))
	}
	if errno == 0 {
		if errno = d.connect(fd); errno == unix.EINPROGRESS && d.rotates {
			// On loopback the handshake is over before connect returns, but only a second call says so.
			if again := d.connect(fd); again != unix.EALREADY {
				errno = again
			}
		}
	}
	if errno != 0 && errno != unix.EINPROGRESS {
		shut(fd)
		return -1, errno
	}
	return fd, errno
}

func (d *dialer) connect(fd int) syscall.Errno {
	_, _, errno := syscall.RawSyscall(unix.SYS_CONNECT, uintptr(fd), uintptr(unsafe.Pointer(&d.peer[0])), uintptr(len(d.peer)))
	return errno
}

// cpuTime reads a clock of CPU time, ns.
func cpuTime(clock int32) int64 {
	var t unix.Timespec
	if unix.ClockGettime(clock, &t) != nil {
		return 0
	}
	return t.Nano()
}
