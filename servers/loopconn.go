//go:build unix

package servers

import (
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/nonblock"
	"socketbench/servers/upper"
)

// loopConn is one connection. Idle it is these 144 bytes and a place in the table.
type loopConn struct {
	fd            int
	session       upper.Session
	out           []byte // replies not yet written; nothing is read while there are any
	end           loopEnd
	queued, ended bool        // edge-triggered: to be visited; the peer has sent everything
	lent          atomic.Bool // to a worker, by designs that have them: see lend.go
	read, written int64
}

// loopEnd says what becomes of a connection once its replies are written.
type loopEnd uint8

const (
	loopServing   loopEnd = iota
	loopFinished          // its peer has sent everything: close
	loopHangingUp         // its peer may still be sending: shut down writing, and linger
	loopLingering         // shut down: what still comes is discarded
	loopLost              // it has failed: close
)

// send writes out, or keeps what there is no room for; from then on only writing matters.
func (c *loopConn) send(out []byte) error {
	if len(out) == 0 || c.out != nil {
		c.out = append(c.out, out...)
		return nil
	}
	n, err := nonblock.Write(c.fd, out)
	c.written += int64(n)
	if n == len(out) {
		return nil
	}
	if err == nil || err == unix.EAGAIN {
		c.out, err = append(c.out, out[n:]...), nil
	}
	return err
}

// flush writes what is kept.
func (c *loopConn) flush() error {
	out := c.out
	c.out = nil
	n, err := nonblock.Write(c.fd, out)
	c.written += int64(n)
	if n < len(out) && (err == nil || err == unix.EAGAIN) {
		c.out, err = out[n:], nil
	}
	return err
}

// write sends out and reports whether the connection is still there.
func (l *loop) write(c *loopConn, out []byte) bool {
	kept := c.out != nil
	if err := c.send(out); err != nil {
		l.lose(c, err)
		return false
	}
	if c.out != nil && !kept {
		l.watch(c)
	}
	return true
}

// flush writes what is kept, and goes on with the connection when that is done.
func (l *loop) flush(c *loopConn) {
	if err := c.flush(); err != nil {
		l.lose(c, err)
		return
	}
	if c.out == nil {
		l.watch(c)
		l.ended(c)
	}
}

// finish ends a connection whose peer has sent everything; err is what was wrong with the last
// request.
func (l *loop) finish(c *loopConn, err error) {
	l.cfg.fault(err)
	c.end = loopFinished
	l.ended(c)
}

// hangUp ends a connection whose peer may still be sending, because of err or, when it is nil,
// because the server was told to stop.
func (l *loop) hangUp(c *loopConn, err error) {
	c.end = loopHangingUp
	if err != nil && l.work.Err() != nil {
		l.cut++ // its work was cut off
		l.close(c)
		return
	}
	l.cfg.fault(err)
	l.ended(c)
}

// lose closes a connection that has failed.
func (l *loop) lose(c *loopConn, err error) {
	l.cfg.fault(err)
	l.close(c)
}

// ended does what is to be done with an ending connection once its replies are written.
func (l *loop) ended(c *loopConn) {
	switch {
	case c.out != nil:
	case c.end == loopFinished:
		l.close(c)
	case c.end == loopHangingUp:
		// Closing with unread input would make the system send a reset, which destroys replies on
		// their way.
		if err := unix.Shutdown(c.fd, unix.SHUT_WR); err != nil {
			l.lose(c, err)
			return
		}
		c.end = loopLingering
		l.lingering = append(l.lingering, loopLinger{c, time.Now().Add(l.cfg.Linger)})
	}
}

// discard reads what a lingering peer still sends, until its end, and reports whether there was
// any.
func (l *loop) discard(c *loopConn) bool {
	n, err := nonblock.Read(c.fd, l.in)
	if n == 0 && err != unix.EAGAIN {
		l.close(c)
	}
	return n > 0
}

// close ends a connection for good. What is already closed stays closed.
func (l *loop) close(c *loopConn) {
	if c.fd < 0 {
		return
	}
	l.poller.Forget(c.fd)
	unix.Close(c.fd)
	l.conns[c.fd] = nil
	l.open--
	l.cfg.Tally.End(c.read, c.written)
	c.fd, c.out = -1, nil
}
