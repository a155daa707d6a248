//go:build unix

package reactor

import (
	"errors"
	"fmt"
	"time"
)

// Interest is the set of events to report about a descriptor, or that an [Event] reports. With the
// zero value a descriptor stays watched and is not reported, except that epoll still reports its
// errors.
type Interest uint8

const (
	Readable Interest = 1 << iota // reading would not block: there is input, its end, or an error
	Writable                      // writing would not block: there is room, or an error
	Edge                          // epoll only: report changes instead of states
	Once                          // epoll only: report one event, then nothing until Modify
	Ended                         // in an Event of epoll: the peer has sent everything, read or not
)

// Event is one ready descriptor. It is a hint: the descriptor may have been read or closed since.
type Event struct {
	FD    int
	Ready Interest // Readable, Writable or both; an error or a hang-up is both
}

// Poller waits for many descriptors. It belongs to one goroutine, except that Wake is safe for
// concurrent use, and Add and Modify of the epoll one are too.
type Poller interface {
	// Add begins to watch fd, which stays the caller's.
	Add(fd int, want Interest) error
	// Modify changes what is reported about fd. With Once it rearms fd.
	Modify(fd int, want Interest) error
	// Forget stops watching fd. It must be called just before fd is closed. For epoll it does
	// nothing, because closing fd is enough unless another process has a copy of the socket
	// (epoll(7), questions and answers).
	Forget(fd int)
	// Wait blocks until a descriptor is ready, Wake is called or timeout passes; a negative timeout
	// never passes. The result may be empty, and is valid until the next call.
	Wait(timeout time.Duration) ([]Event, error)
	// Wake ends the current Wait, or the next one.
	Wake()
	// Close frees the poller, not the descriptors that it watches. No Wait may be in progress.
	// After Close, Wake does nothing.
	Close() error
}

// errKind is the error for an interest that the system call does not offer.
func errKind(call string) error {
	return fmt.Errorf("reactor: %s has no edge-triggered or one-shot events; use epoll: %w",
		call, errors.ErrUnsupported)
}

// milliseconds rounds up, because a wait that ends too early costs one more turn of the loop.
func milliseconds(timeout time.Duration) int {
	if timeout < 0 {
		return -1
	}
	return int((timeout + time.Millisecond - 1) / time.Millisecond)
}
