// Package eventloop is the code that event-driven designs share and that none of them is about: the
// table of connections, the replies that a socket had no room for, the pause in accepting when
// descriptors have run out, and the end of connections and of the loop. Each design itself shows who
// waits, what is read when, and when a reply is written.
//
// [Loop] waits for readiness, through a reactor.Poller. [Ring] waits for completion, on io_uring.
package eventloop

import (
	"errors"
	"fmt"
	"time"
)

// Phase says what happens to a connection once its replies are written.
type Phase uint8

const (
	Serving   Phase = iota
	Finished        // its peer has sent everything: close
	HangingUp       // its peer may still be sending: shut down writing, then linger
	Lingering       // writing is shut down, and further input is discarded
	Lost            // it has failed: close
)

// CutOff is the error of a drain that took longer than Config.DrainTimeout.
type CutOff struct {
	Conns int // cut off before their replies were written
	After time.Duration
}

func (e *CutOff) Error() string {
	return fmt.Sprintf("servers: %d connections cut off before their replies were written, after %v",
		e.Conns, e.After)
}

// Join joins the errors of several loops, and adds up the connections that they cut off.
func Join(errs ...error) error {
	var all error
	var sum *CutOff
	for _, err := range errs {
		var cut *CutOff
		switch {
		case !errors.As(err, &cut):
			all = errors.Join(all, err)
		case sum == nil:
			sum = cut
		default:
			sum = &CutOff{sum.Conns + cut.Conns, cut.After}
		}
	}
	if sum != nil {
		all = errors.Join(all, sum)
	}
	return all
}
