package reactor

import (
	"fmt"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// batch is the largest number of events that one Wait returns.
const batch = 256

// NewEpoll returns a Poller on epoll(7), level-triggered unless Edge is asked for. A wait costs
// time in proportion to the descriptors that are ready, not to those that are watched.
func NewEpoll() (Poller, error) {
	fd, err := unix.EpollCreate1(unix.EPOLL_CLOEXEC)
	if err != nil {
		return nil, fmt.Errorf("reactor: epoll_create1: %w", err)
	}
	p := &epoll{fd: fd}
	if err := p.open(); err != nil {
		unix.Close(fd)
		return nil, err
	}
	if err := p.Add(p.r, Readable); err != nil { // fs.epoll.max_user_watches may be used up
		p.Close()
		return nil, err
	}
	return p, nil
}

// Handed to the kernel: one descriptor, once, when it is added.
// Comes back: the descriptors that are ready, and no others.
// Who remembers: the kernel, in a table; this program has its number.
type epoll struct {
	wakeup
	fd     int
	raw    [batch]unix.EpollEvent
	events [batch]Event
}

func (p *epoll) Add(fd int, want Interest) error {
	return p.control(unix.EPOLL_CTL_ADD, fd, want)
}

func (p *epoll) Modify(fd int, want Interest) error {
	return p.control(unix.EPOLL_CTL_MOD, fd, want)
}

// control changes the kernel's table, where a descriptor stays until it is closed. The call never
// blocks, so it can bypass Go's scheduler. With Once it is made for every request.
func (p *epoll) control(op, fd int, want Interest) error {
	e := unix.EpollEvent{Events: epollBits[want&15], Fd: int32(fd)}
	_, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_CTL,
		uintptr(p.fd), uintptr(op), uintptr(fd), uintptr(unsafe.Pointer(&e)), 0, 0)
	if errno != 0 {
		return fmt.Errorf("reactor: epoll_ctl of descriptor %d: %w", fd, errno)
	}
	return nil
}

// epollBits maps every Interest to the bits of epoll.
var epollBits = func() (bits [16]uint32) {
	for want := range Interest(len(bits)) {
		if want&Readable != 0 {
			bits[want] |= unix.EPOLLIN | unix.EPOLLRDHUP
		}
		if want&Writable != 0 {
			bits[want] |= unix.EPOLLOUT
		}
		if want&Edge != 0 {
			bits[want] |= unix.EPOLLET
		}
		if want&Once != 0 {
			bits[want] |= unix.EPOLLONESHOT
		}
	}
	return bits
}()

func (p *epoll) Forget(int) {}

func (p *epoll) Wait(timeout time.Duration) ([]Event, error) {
	// The first call does not block, so it can bypass Go's scheduler. A call that may block must
	// not: it would occupy a processor that other goroutines need.
	n, err := p.poll()
	if n == 0 && err == nil && timeout != 0 {
		n, err = unix.EpollWait(p.fd, p.raw[:], milliseconds(timeout))
	}
	if err == unix.EINTR {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reactor: epoll_wait: %w", err)
	}
	events := p.events[:0]
	for i := range p.raw[:n] { // only what is ready comes back
		e := &p.raw[i]
		if int(e.Fd) == p.r {
			p.taken()
			continue
		}
		var ready Interest
		if e.Events&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			ready |= Readable
		}
		if e.Events&(unix.EPOLLOUT|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			ready |= Writable
		}
		if e.Events&(unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
			ready |= Ended
		}
		events = append(events, Event{int(e.Fd), ready})
	}
	return events, nil
}

// poll collects events without blocking.
func (p *epoll) poll() (int, error) {
	n, _, errno := syscall.RawSyscall6(syscall.SYS_EPOLL_PWAIT,
		uintptr(p.fd), uintptr(unsafe.Pointer(&p.raw)), batch, 0, 0, 0)
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func (p *epoll) Close() error {
	p.close()
	return unix.Close(p.fd)
}
