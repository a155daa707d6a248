//go:build linux

package servers

import (
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/proactor"
	"socketbench/servers/upper"
)

// uringConn is one connection. Exactly one operation of it is in flight until it is closed.
type uringConn struct {
	fd            int
	session       upper.Session
	buf           []byte // the kernel's while a receive is in flight
	in            []byte // what is left of it to be answered
	reply         []byte // where replies are made
	out           []byte // what is left of it to be sent; nil: a receive is in flight
	end           loopEnd
	over          bool // it has lingered for long enough
	read, written int64
}

// recv begins to receive.
func (l *uringLoop) recv(c *uringConn) { l.fail(l.ring.Recv(c.fd, c.buf, uint64(c.fd))) }

// send begins to send out.
func (l *uringLoop) send(c *uringConn, out []byte) {
	c.out = out
	l.fail(l.ring.Send(c.fd, out, uint64(c.fd)))
}

// written takes the completion of a send and reports whether all is sent.
func (l *uringLoop) written(c *uringConn, done proactor.Completion) bool {
	err := done.Err()
	if err != nil && err != unix.EAGAIN && err != unix.EINTR {
		l.lose(c, err)
		return false
	}
	sent := max(done.Result, 0)
	c.written += int64(sent)
	if sent < len(c.out) {
		l.send(c, c.out[sent:])
		return false
	}
	c.out = nil
	return true
}

// next goes on with a connection that has nothing in flight and nothing to answer.
func (l *uringLoop) next(c *uringConn) {
	if c.end == loopServing && l.draining {
		c.end = loopHangingUp
	}
	switch c.end {
	case loopServing:
		l.recv(c)
	case loopHangingUp:
		// Closing with unread input would make the system send a reset, which destroys replies on
		// their way.
		if err := unix.Shutdown(c.fd, unix.SHUT_WR); err != nil {
			l.lose(c, err)
			return
		}
		c.end = loopLingering
		l.linger = append(l.linger, uringLinger{c, time.Now().Add(l.cfg.Linger)})
		l.recv(c)
	default:
		l.close(c)
	}
}

// finish ends a connection whose peer has sent everything, after its last reply.
func (l *uringLoop) finish(c *uringConn, err error) {
	l.cfg.fault(err)
	c.end = loopFinished
	l.last(c)
}

// hangUp ends a connection whose peer may still be sending, because of err or, when it is nil,
// because the server was told to stop.
func (l *uringLoop) hangUp(c *uringConn, err error) {
	if err != nil && l.work.Err() != nil {
		l.cut++ // its work was cut off
		l.close(c)
		return
	}
	l.cfg.fault(err)
	c.end = loopHangingUp
	l.last(c)
}

// last sends the last reply, if there is one.
func (l *uringLoop) last(c *uringConn) {
	if len(c.reply) > 0 {
		l.send(c, c.reply)
		return
	}
	l.next(c)
}

// lose closes a connection that has failed.
func (l *uringLoop) lose(c *uringConn, err error) {
	l.cfg.fault(err)
	l.close(c)
}

// discarded takes what a lingering peer still sends.
func (l *uringLoop) discarded(c *uringConn, done proactor.Completion) {
	if done.Result <= 0 || c.over {
		l.close(c)
		return
	}
	l.recv(c)
}

// close ends a connection that has nothing in flight.
func (l *uringLoop) close(c *uringConn) {
	unix.Close(c.fd)
	l.conns[c.fd] = nil
	l.open--
	l.cfg.Tally.End(c.read, c.written)
	c.fd = -1
}
