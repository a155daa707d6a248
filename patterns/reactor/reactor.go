//go:build unix

package reactor

import (
	"errors"
	"fmt"
	"time"
)

// Interest is what to be told about a descriptor, and what an [Event] tells. The zero value is
// nothing: the descriptor stays known and is not reported, but for epoll, which still reports its
// errors.
type Interest uint8

const (
	Readable Interest = 1 << iota // reading would not block: there is input, its end, or an error
	Writable                      // writing would not block: there is room, or an error
	Edge                          // epoll only: report changes, not states
	Once                          // epoll only: report one event, then nothing until Modify
	Ended                         // in an Event of epoll: the peer has sent everything, read or not
)

// Event is one ready descriptor. It is a hint: the descriptor may have been read or closed since.
type Event struct {
	FD    int
	Ready Interest // Readable, Writable or both: an error or a hang-up, which either call shows
}

// Poller waits for many descriptors. It belongs to one goroutine, except that Wake is safe for
// concurrent use, and Add and Modify of the epoll one are too.
type Poller interface {
	// Add begins to watch fd, which stays the caller's.
	Add(fd int, want Interest) error
	// Modify changes what is wanted of fd. With Once it arms it again.
	Modify(fd int, want Interest) error
	// Forget stops watching fd. It is called just before fd is closed: for epoll, closing is all it
	// takes, unless another process has a copy of the socket (epoll(7), questions and answers).
	Forget(fd int)
	// Wait blocks until a descriptor is ready, Wake was called or timeout has passed, whichever is
	// first; without bound when timeout is negative. The events may be none and are valid until the
	// next call.
	Wait(timeout time.Duration) ([]Event, error)
	// Wake ends a Wait, now or the next one.
	Wake()
	// Close gives back what the poller itself holds. No Wait may be in progress; Wake does nothing
	// after it.
	Close() error
}

// errKind is returned for an interest that the system call does not have.
func errKind(call string) error {
	return fmt.Errorf("reactor: %s knows no edge-triggered or one-shot interest, epoll does: %w",
		call, errors.ErrUnsupported)
}

// milliseconds rounds up: waking a little early would mean one more turn for nothing.
func milliseconds(timeout time.Duration) int {
	if timeout < 0 {
		return -1
	}
	return int((timeout + time.Millisecond - 1) / time.Millisecond)
}
