//go:build unix

package reactor

import (
	"fmt"
	"slices"
	"time"

	"golang.org/x/sys/unix"
)

// NewPoll returns a Poller on poll(2): the whole set goes into the kernel and comes back at every
// wait, which therefore costs what is watched.
func NewPoll() (Poller, error) {
	p := &poll{}
	if err := p.open(); err != nil {
		return nil, err
	}
	return p, p.Add(p.r, Readable)
}

type poll struct {
	wakeup
	set    []unix.PollFd
	places []int32 // of a descriptor in set, counted from 1; 0: not watched
	events []Event
}

func (p *poll) Add(fd int, want Interest) error {
	if want&(Edge|Once) != 0 {
		return errKind("poll")
	}
	if fd >= len(p.places) {
		p.places = slices.Grow(p.places, fd+1-len(p.places))
		p.places = p.places[:fd+1]
	}
	p.set = append(p.set, unix.PollFd{Fd: int32(fd), Events: pollBits(want)})
	p.places[fd] = int32(len(p.set))
	return nil
}

func (p *poll) Modify(fd int, want Interest) error {
	switch {
	case want&(Edge|Once) != 0:
		return errKind("poll")
	case fd >= len(p.places) || p.places[fd] == 0:
		return fmt.Errorf("reactor: poll does not watch descriptor %d: %w", fd, unix.ENOENT)
	}
	p.set[p.places[fd]-1].Events = pollBits(want)
	return nil
}

// Forget fills the gap with the last of the set.
func (p *poll) Forget(fd int) {
	if fd >= len(p.places) || p.places[fd] == 0 {
		return
	}
	last := p.set[len(p.set)-1]
	p.set[p.places[fd]-1] = last
	p.places[last.Fd] = p.places[fd]
	p.set = p.set[:len(p.set)-1]
	p.places[fd] = 0
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
	n, err := unix.Poll(p.set, milliseconds(timeout))
	if err == unix.EINTR || err == unix.EAGAIN {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reactor: poll of %d descriptors: %w", len(p.set), err)
	}
	p.events = p.events[:0]
	for i := 0; n > 0; i++ {
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
