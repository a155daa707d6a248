// Package listen is the accept loop. A server either ranges over [Conns], or takes the descriptor
// away from Go's listener and accepts by itself.
package listen

import (
	"context"
	"errors"
	"iter"
	"net"
	"syscall"
	"time"
)

// Back-off while the system has no descriptor or buffer to give: it begins at first and doubles up
// to most.
const (
	first = 5 * time.Millisecond
	most  = 320 * time.Millisecond
)

// Conns yields the connections that ln accepts until ctx ends, and closes ln. Accepting blocks,
// also while the loop's body runs: what arrives meanwhile waits in the kernel's backlog.
//
// Where the process is out of descriptors (EMFILE), the system is (ENFILE) or buffers are short
// (ENOBUFS, ENOMEM), it waits and tries again: the connection stays in the backlog, and a temporary
// shortage of descriptors must not stop the server. A connection that was aborted
// before it was accepted is passed over. Any other error is yielded once, with a nil connection,
// and is the last thing.
func Conns(ctx context.Context, ln net.Listener) iter.Seq2[net.Conn, error] {
	return func(yield func(net.Conn, error) bool) {
		defer ln.Close()
		// Closing is what wakes an Accept that is blocked.
		defer context.AfterFunc(ctx, func() { ln.Close() })()
		pause := first
		for ctx.Err() == nil {
			conn, err := ln.Accept()
			switch {
			case err == nil:
				pause = first
				if !yield(conn, nil) {
					return
				}
			case ctx.Err() != nil:
				return
			case Exhausted(err):
				select {
				case <-time.After(pause):
				case <-ctx.Done():
				}
				pause = min(2*pause, most)
			case errors.Is(err, syscall.ECONNABORTED):
			default:
				yield(nil, err)
				return
			}
		}
	}
}

// Exhausted reports whether accepting failed only because the process or the system has run out of
// descriptors or memory, so that it will succeed again once connections have ended.
func Exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}

// batch is how many connections Handover hands over at once.
const batch = 64

// Handover accepts on a goroutine of its own and sends the connections of [Conns] to conns, all
// that have come since the receiver last received, but at most 64: more wait in the kernel's
// backlog. conns is closed when ctx has ended or accepting has failed; err, called after that, says
// which. The receiver must receive until conns is closed.
//
// One connection at a time would be dear for a receiver that visits all it has in between: a crowd
// that comes at once would cost the square of its number.
func Handover(ctx context.Context, ln net.Listener) (conns <-chan []net.Conn, err func() error) {
	accepted, failed := make(chan []net.Conn, 1), error(nil)
	go func() {
		defer close(accepted)
		for conn, err := range Conns(ctx, ln) {
			if err != nil {
				failed = err
				return
			}
			next := []net.Conn{conn}
			select {
			case waiting := <-accepted: // nobody has received it yet
				if len(waiting) < batch {
					next = append(waiting, conn)
				} else {
					accepted <- waiting
				}
			default:
			}
			accepted <- next // blocks while a whole batch waits
		}
	}()
	return accepted, func() error { return failed }
}
