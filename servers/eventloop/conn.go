//go:build unix

package eventloop

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
	"socketbench/servers/upper"
)

// Conn is one connection. Idle it is these 144 bytes and a place in the table.
type Conn struct {
	FD      int // -1: closed
	Session upper.Session
	Kept    []byte // replies not yet written; nothing is read while there are any
	Phase   Phase
	Queued  bool  // edge-triggered: it is to be visited
	Ended   bool  // edge-triggered: the peer has sent everything
	Read    int64 // bytes of input

	written int64
	lent    atomic.Bool // to a worker, by designs that have them
}

// Send writes out, or keeps what there is no room for; from then on only writing matters.
func (c *Conn) Send(out []byte) error {
	if len(out) == 0 || c.Kept != nil {
		c.Kept = append(c.Kept, out...)
		return nil
	}
	n, err := nonblock.Write(c.FD, out)
	c.written += int64(n)
	if n == len(out) {
		return nil
	}
	if err == nil || err == unix.EAGAIN {
		c.Kept, err = append(c.Kept, out[n:]...), nil
	}
	return err
}

// Flush writes what is kept.
func (c *Conn) Flush() error {
	out := c.Kept
	c.Kept = nil
	n, err := nonblock.Write(c.FD, out)
	c.written += int64(n)
	if n < len(out) && (err == nil || err == unix.EAGAIN) {
		c.Kept, err = out[n:], nil
	}
	return err
}

// Write sends out and reports whether the connection is still there.
func (l *Loop) Write(c *Conn, out []byte) bool {
	kept := c.Kept != nil
	if err := c.Send(out); err != nil {
		l.Lose(c, err)
		return false
	}
	if c.Kept != nil && !kept {
		l.watch(c)
	}
	return true
}

// Flush writes what is kept, and goes on with the connection when that is done.
func (l *Loop) Flush(c *Conn) {
	if err := c.Flush(); err != nil {
		l.Lose(c, err)
		return
	}
	if c.Kept == nil {
		l.watch(c)
		l.ended(c)
	}
}

// Finish ends a connection whose peer has sent everything; err is what was wrong with the last
// request.
func (l *Loop) Finish(c *Conn, err error) {
	l.cfg.Fault(err)
	c.Phase = Finished
	l.ended(c)
}

// HangUp ends a connection whose peer may still be sending, because of err or, when it is nil,
// because the server was told to stop.
func (l *Loop) HangUp(c *Conn, err error) {
	c.Phase = HangingUp
	if l.cutsOff(err) {
		l.close(c)
		return
	}
	l.ended(c)
}

// Lose closes a connection that has failed.
func (l *Loop) Lose(c *Conn, err error) {
	l.cfg.Fault(err)
	l.close(c)
}

// ended does what is to be done with an ending connection once its replies are written.
func (l *Loop) ended(c *Conn) {
	switch {
	case c.Kept != nil:
	case c.Phase == Finished:
		l.close(c)
	case c.Phase == HangingUp:
		if err := l.linger(c.FD, c); err != nil {
			l.Lose(c, err)
			return
		}
		c.Phase = Lingering
	}
}

// Discard reads what a lingering peer still sends, until its end, and reports whether there was
// any.
func (l *Loop) Discard(c *Conn) bool {
	n, err := nonblock.Read(c.FD, l.In)
	if n == 0 && err != unix.EAGAIN {
		l.close(c)
	}
	return n > 0
}

// close ends a connection for good. What is already closed stays closed.
func (l *Loop) close(c *Conn) {
	if c.FD < 0 {
		return
	}
	l.Poller.Forget(c.FD)
	l.leave(c.FD, c.Read, c.written)
	c.FD, c.Kept = -1, nil
}
