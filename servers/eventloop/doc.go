// Package eventloop is what event-driven designs have in common, and what no design is about: the table of
// connections, replies that a socket had no room for, the pause of accepting where descriptors have run out, and how
// connections and the loop end. Who waits, what is read when, and when a reply is written is in each design.
//
// [Loop] waits for readiness, through a reactor.Poller. [Ring] waits for completion, on io_uring.
package eventloop

import (
	"errors"
	"fmt"
	"time"
)

// Phase says what becomes of a connection once its replies are written.
type Phase uint8

const (
	Serving   Phase = iota
	Finished        // its peer has sent everything: close
	HangingUp       // its peer may still be sending: shut down writing, and linger
	Lingering       // shut down: what still comes is discarded
	Lost            // it has failed: close
)

// CutOff is the error of a drain that took too long.
type CutOff struct {
	Conns int // cut off before their replies were written
	After time.Duration
}

func (e *CutOff) Error() string {
	return fmt.Sprintf("servers: %d connections cut off before their replies were written, after %v",
		e.Conns, e.After)
}

// Join is the error of a design with several loops: the connections that they cut off are counted together.
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
