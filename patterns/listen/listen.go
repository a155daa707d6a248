// Package listen is the accept loop. A server ranges over [Conns], or takes the socket away from
// Go's listener with [Detach] and accepts by itself.
package listen

import (
	"context"
	"errors"
	"iter"
	"net"
	"syscall"
	"time"
)

// The pause after an accept that failed because descriptors or buffers had run out begins at first
// and doubles up to most.
const (
	first = 5 * time.Millisecond
	most  = 320 * time.Millisecond
)

// Conns yields the connections that ln accepts until ctx ends, and closes ln. It blocks while no
// connection arrives. While the loop's body runs nothing is accepted: new connections wait in the
// kernel's backlog.
//
// When the process (EMFILE) or the system (ENFILE) has no descriptors left, or buffers are short
// (ENOBUFS, ENOMEM), Conns waits and tries again: the connection stays in the backlog, and a
// temporary shortage of descriptors must not stop the server. It skips a connection that was
// aborted before it was accepted. Any other error is yielded once, with a nil connection, and ends
// the sequence.
func Conns(ctx context.Context, ln net.Listener) iter.Seq2[net.Conn, error] {
	return func(yield func(net.Conn, error) bool) {
		defer ln.Close()
		// Only closing wakes a blocked Accept.
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

// Exhausted reports whether an accept failed only because the process or the system has run out of
// descriptors or memory, so that an accept can succeed again when connections have ended.
func Exhausted(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) ||
		errors.Is(err, syscall.ENOBUFS) || errors.Is(err, syscall.ENOMEM)
}

// batch is the largest number of connections that Handover hands over at once.
const batch = 64

// Handover accepts on a goroutine of its own and sends the connections of [Conns] to conns. Each
// slice has all connections that arrived since the last receive, but at most 64; more wait in the
// kernel's backlog. conns is closed when ctx has ended or accepting has failed. After that, err
// returns the failure, or nil. The receiver must receive until conns is closed.
//
// Single connections would be expensive for a receiver that visits all its connections between two
// receives: n connections that arrive together would cost n squared visits.
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
			case waiting := <-accepted: // not received yet
				if len(waiting) < batch {
					next = append(waiting, conn)
				} else {
					accepted <- waiting
				}
			default:
			}
			accepted <- next // blocks while a full batch waits
		}
	}()
	return accepted, func() error { return failed }
}
