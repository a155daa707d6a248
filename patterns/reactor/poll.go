//go:build unix

package reactor

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// NewPoll returns a Poller on poll(2). Every wait copies the whole set into the kernel and back, so
// it costs time in proportion to the descriptors that are watched.
func NewPoll() (Poller, error) {
	p := &poll{}
	if err := p.open(); err != nil {
		return nil, err
	}
	return p, p.Add(p.r, Readable)
}

// Handed to the kernel: the whole set, at every wait.
// Comes back: the whole set, with a mark at each descriptor that is ready.
// Who remembers: this program, in an array; the kernel forgets all.
type poll struct {
	wakeup
	set     []unix.PollFd
	indices []int32 // by descriptor: its index in set, counted from 1; 0: not watched
	events  []Event
}

func (p *poll) Add(fd int, want Interest) error {
	if want&(Edge|Once) != 0 {
		return errKind("poll")
	}
	if fd >= len(p.indices) {
		p.indices = slices.Grow(p.indices, fd+1-len(p.indices))
		p.indices = p.indices[:fd+1]
	}
	p.set = append(p.set, unix.PollFd{Fd: int32(fd), Events: pollBits(want)})
	p.indices[fd] = int32(len(p.set))
	return nil
}

func (p *poll) Modify(fd int, want Interest) error {
	switch {
	case want&(Edge|Once) != 0:
		return errKind("poll")
	case fd >= len(p.indices) || p.indices[fd] == 0:
		return fmt.Errorf("reactor: poll does not watch descriptor %d: %w", fd, unix.ENOENT)
	}
	p.set[p.indices[fd]-1].Events = pollBits(want)
	return nil
}

// Forget fills the gap with the last element of the set.
func (p *poll) Forget(fd int) {
	if fd >= len(p.indices) || p.indices[fd] == 0 {
		return
	}
	last := p.set[len(p.set)-1]
	p.set[p.indices[fd]-1] = last
	p.indices[last.Fd] = p.indices[fd]
	p.set = p.set[:len(p.set)-1]
	p.indices[fd] = 0
}

func pollBits(want Interest) (bits int16) {
	if want&Readable != 0 {
		bits |= unix.POLLIN
	}
	if want&Writable != 0 {
		bits |= unix.POLLOUT
	}
	return bits
}

func (p *poll) Wait(timeout time.Duration) ([]Event, error) {
	n, err := unix.Poll(p.set, milliseconds(timeout)) // the whole set goes in and comes back
	if err == unix.EINTR || err == unix.EAGAIN {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reactor: poll of %d descriptors: %w", len(p.set), err)
	}
	p.events = p.events[:0]
	for i := 0; n > 0; i++ { // the n that are ready may be anywhere in the set
		f := &p.set[i]
		if f.Revents == 0 {
			continue
		}
		n--
		if int(f.Fd) == p.r {
			p.taken()
			continue
		}
		var ready Interest
		if f.Revents&^unix.POLLOUT != 0 {
			ready |= Readable
		}
		if f.Revents&^unix.POLLIN != 0 {
			ready |= Writable
		}
		p.events = append(p.events, Event{int(f.Fd), ready})
	}
	return p.events, nil
}

func (p *poll) Close() error {
	p.close()
	return nil
}
