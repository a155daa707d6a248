//go:build unix

package reactor

import (
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

// NewSelect returns a Poller on select(2). At every wait two sets of FD_SETSIZE bits, one bit a
// descriptor, go into the kernel and come back overwritten, and every bit up to the highest is
// looked at. Add refuses a descriptor that has no bit in the sets; C programs that do not check
// write beyond them.
func NewSelect() (Poller, error) {
	p := &selects{}
	if err := p.open(); err != nil {
		return nil, err
	}
	if err := p.Add(p.r, Readable); err != nil {
		p.close()
		return nil, err
	}
	return p, nil
}

// Handed to the kernel: two sets of bits up to the highest descriptor, at every wait.
// Comes back: the same sets, overwritten, with a bit for each descriptor that is ready.
// Who remembers: this program, in its own copies; the kernel forgets all.
type selects struct {
	wakeup
	read, write unix.FdSet
	above       int // one more than the highest descriptor ever watched
	events      []Event
}

func (p *selects) Add(fd int, want Interest) error {
	if fd >= unix.FD_SETSIZE {
		return fmt.Errorf(
			"reactor: descriptor %d does not fit into the %d bits of select; use poll or epoll: %w",
			fd, unix.FD_SETSIZE, unix.EINVAL)
	}
	p.above = max(p.above, fd+1)
	return p.Modify(fd, want)
}

func (p *selects) Modify(fd int, want Interest) error {
	if want&(Edge|Once) != 0 {
		return errKind("select")
	}
	p.Forget(fd)
	if want&Readable != 0 {
		p.read.Set(fd)
	}
	if want&Writable != 0 {
		p.write.Set(fd)
	}
	return nil
}

func (p *selects) Forget(fd int) {
	if fd < unix.FD_SETSIZE {
		p.read.Clear(fd)
		p.write.Clear(fd)
	}
}

func (p *selects) Wait(timeout time.Duration) ([]Event, error) {
	read, write := p.read, p.write // copies, because the kernel overwrites them
	var limit *unix.Timeval
	if timeout >= 0 {
		t := unix.NsecToTimeval(int64(timeout))
		limit = &t
	}
	n, err := unix.Select(p.above, &read, &write, nil, limit)
	if err == unix.EINTR {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reactor: select of %d descriptors: %w", p.above, err)
	}
	p.events = p.events[:0]
	for fd := 0; n > 0 && fd < p.above; fd++ { // every bit is looked at, set or not
		var ready Interest
		if read.IsSet(fd) {
			ready |= Readable
			n--
		}
		if write.IsSet(fd) {
			ready |= Writable
			n--
		}
		switch {
		case ready == 0:
		case fd == p.r:
			p.taken()
		default:
			p.events = append(p.events, Event{fd, ready})
		}
	}
	return p.events, nil
}

func (p *selects) Close() error {
	p.close()
	return nil
}
