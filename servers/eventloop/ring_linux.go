package eventloop

import (
	"context"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/listen"
	"socketbench/patterns/proactor"
	"socketbench/servers/config"
)

// Ring is an event loop that waits for completion, on io_uring. It belongs to the thread of its
// ring. The token of an operation is the descriptor of its connection.
type Ring struct {
	life[*RingConn]
	ring *proactor.Ring
}

// Tokens that are not a descriptor.
const (
	acceptToken = 1<<32 + iota
	cancelToken
)

// RingEntries is the largest number of operations that are submitted at once.
const RingEntries = 4096

// NewRing takes over ring and ln. Free closes both, and the connections that are left.
func NewRing(stop context.Context, cfg config.Config, ring *proactor.Ring, ln *listen.Raw) *Ring {
	l := &Ring{ring: ring}
	l.begin(l, stop, cfg, ln, ring.Wake)
	// The kernel waits for the listener only if the descriptor is blocking.
	l.Fail(unix.SetNonblock(ln.FD, false))
	l.accept()
	return l
}

func (l *Ring) accept() {
	l.accepting = true
	l.Fail(l.ring.Accept(l.Listener.FD, acceptToken))
}

// Of returns the connection of a completion, or nil.
func (l *Ring) Of(done proactor.Completion) *RingConn {
	if done.Token >= acceptToken {
		return nil
	}
	return l.Conn(int(done.Token))
}

// IsAccept reports whether a completion is that of an accept.
func (l *Ring) IsAccept(done proactor.Completion) bool { return done.Token == acceptToken }

// add begins to serve a new connection.
func (l *Ring) add(fd int) {
	// The error is ignored: a unix socket has no such option.
	unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	c := &RingConn{Buffer: make([]byte, l.cfg.ReadSize)}
	c.Reply = l.cfg.Protocol.Scratch(c.Buffer)
	l.enter(fd, c)
	l.pause = firstPause
	l.Next(c)
}

// Accepted begins to receive from a new connection.
func (l *Ring) Accepted(done proactor.Completion) {
	// region accept
	if done.Result >= 0 {
		l.add(done.Result)
	}
	if !done.More {
		l.ended(done.Err())
	}
	// endregion
}

// ended is called when the multi-shot accept has ended. It begins again at the next turn or, if
// descriptors have run out, after a pause.
func (l *Ring) ended(err error) {
	l.accepting = false
	switch {
	case l.draining:
		// Closed only now. The kernel looks up the descriptor when the accept is submitted; if it were
		// closed before, its number might by then belong to another socket.
		l.Listener.Close()
	case err == nil, err == unix.EINTR, err == unix.ECONNABORTED:
		l.acceptAt = time.Now()
	default:
		l.refused(err)
	}
}

// drain stops accepting and reading. Sends in progress are completed.
func (l *Ring) drain() {
	// region drain
	if l.accepting {
		l.Fail(l.ring.Cancel(acceptToken, cancelToken))
	} else {
		l.Listener.Close()
	}
	for _, c := range l.conns {
		if c != nil && c.Out == nil && c.Phase == Serving {
			l.Fail(l.ring.Cancel(uint64(c.FD), cancelToken))
		}
	}
	// endregion
}

// cutOff shuts down all connections. That ends their operations, and then they are closed.
func (l *Ring) cutOff() {
	for _, c := range l.conns {
		if c == nil || c.Phase == Lost {
			continue
		}
		if c.Out != nil {
			l.cut++
		}
		unix.Shutdown(c.FD, unix.SHUT_RDWR)
		c.Phase = Lost
	}
}

// Free frees everything that the loop holds and returns why the loop ended.
func (l *Ring) Free() error {
	l.ring.Close()
	for _, c := range l.conns {
		if c != nil {
			l.close(c)
		}
	}
	return l.over()
}
