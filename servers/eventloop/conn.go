//go:build unix

package eventloop

import (
	"sync/atomic"

	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
)

// Conn is a connection of a [Loop]. While it is idle it takes 144 bytes and an entry in the table.
type Conn struct {
	State
	Kept   []byte // replies that are not written yet; nothing is read while there are any
	Queued bool   // edge-triggered: it waits for a visit
	Ended  bool   // edge-triggered: the peer has sent everything

	lent atomic.Bool // to a worker, in designs that have workers
}

// Send writes out, and keeps what the socket has no room for. While replies are kept, Send only adds
// to them.
func (c *Conn) Send(out []byte) error {
	if len(out) == 0 || c.Kept != nil {
		c.Kept = append(c.Kept, out...)
		return nil
	}
	kept, err := c.write(out)
	if len(kept) > 0 {
		c.Kept = append(c.Kept, kept...) // a copy: out is the loop's
	}
	return err
}

// Flush writes the kept replies.
func (c *Conn) Flush() (err error) {
	c.Kept, err = c.write(c.Kept)
	return err
}

// write writes out and returns the part that the socket has no room for, or nil.
func (c *Conn) write(out []byte) (rest []byte, err error) {
	n, err := nonblock.Write(c.FD, out)
	c.written += int64(n)
	if n < len(out) && (err == nil || err == unix.EAGAIN) {
		return out[n:], nil
	}
	return nil, err
}

// Write sends out and reports whether the connection is still open.
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

// Flush writes the kept replies. When all are written, the loop reads from the connection again, or
// ends it.
func (l *Loop) Flush(c *Conn) {
	if err := c.Flush(); err != nil {
		l.Lose(c, err)
		return
	}
	if c.Kept == nil {
		l.watch(c)
		l.settled(c)
	}
}

// Discard reads and drops what the peer of a lingering connection still sends. It reports whether
// there was any, and closes the connection when the peer has ended.
func (l *Loop) Discard(c *Conn) bool {
	n, err := nonblock.Read(c.FD, l.In)
	if n == 0 && err != unix.EAGAIN {
		l.close(c)
	}
	return n > 0
}

func (l *Loop) settle(c *Conn) {
	if c.Kept == nil {
		l.settled(c)
	}
}

func (l *Loop) overdue(c *Conn) { l.close(c) }

// close closes a connection for good. A closed connection stays closed.
func (l *Loop) close(c *Conn) {
	if c.FD < 0 {
		return
	}
	l.Poller.Forget(c.FD)
	l.leave(c)
	c.Kept = nil
}
