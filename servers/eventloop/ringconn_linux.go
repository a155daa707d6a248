package eventloop

import (
	"golang.org/x/sys/unix"

	"socketbench/patterns/proactor"
	"socketbench/servers/upper"
)

// RingConn is one connection. Exactly one operation of it is in flight until it is closed.
type RingConn struct {
	FD      int // -1: closed
	Session upper.Session
	Buffer  []byte // the kernel's while a receive is in flight
	In      []byte // what is left of it to be answered
	Reply   []byte // where replies are made
	Out     []byte // what is left of it to be sent; nil: a receive is in flight
	Phase   Phase
	Read    int64 // bytes of input

	over    bool // it has lingered for long enough
	written int64
}

// Receive begins to receive.
func (l *Ring) Receive(c *RingConn) { l.Fail(l.ring.Recv(c.FD, c.Buffer, uint64(c.FD))) }

// Send begins to send out.
func (l *Ring) Send(c *RingConn, out []byte) {
	c.Out = out
	l.Fail(l.ring.Send(c.FD, out, uint64(c.FD)))
}

// Sent takes the completion of a send and reports whether all is sent.
func (l *Ring) Sent(c *RingConn, done proactor.Completion) bool {
	err := done.Err()
	if err != nil && err != unix.EAGAIN && err != unix.EINTR {
		l.Lose(c, err)
		return false
	}
	sent := max(done.Result, 0)
	c.written += int64(sent)
	if sent < len(c.Out) {
		l.Send(c, c.Out[sent:])
		return false
	}
	c.Out = nil
	return true
}

// Next goes on with a connection that has nothing in flight and nothing to answer.
func (l *Ring) Next(c *RingConn) {
	if c.Phase == Serving && l.draining {
		c.Phase = HangingUp
	}
	switch c.Phase {
	case Serving:
		l.Receive(c)
	case HangingUp:
		if err := l.linger(c.FD, c); err != nil {
			l.Lose(c, err)
			return
		}
		c.Phase = Lingering
		l.Receive(c)
	default:
		l.close(c)
	}
}

// Finish ends a connection whose peer has sent everything, after its last reply.
func (l *Ring) Finish(c *RingConn, err error) {
	l.cfg.Fault(err)
	c.Phase = Finished
	l.last(c)
}

// HangUp ends a connection whose peer may still be sending, because of err or, when it is nil,
// because the server was told to stop.
func (l *Ring) HangUp(c *RingConn, err error) {
	if l.cutsOff(err) {
		l.close(c)
		return
	}
	c.Phase = HangingUp
	l.last(c)
}

// last sends the last reply, if there is one.
func (l *Ring) last(c *RingConn) {
	if len(c.Reply) > 0 {
		l.Send(c, c.Reply)
		return
	}
	l.Next(c)
}

// Lose closes a connection that has failed.
func (l *Ring) Lose(c *RingConn, err error) {
	l.cfg.Fault(err)
	l.close(c)
}

// Discarded takes what a lingering peer still sends.
func (l *Ring) Discarded(c *RingConn, done proactor.Completion) {
	if done.Result <= 0 || c.over {
		l.close(c)
		return
	}
	l.Receive(c)
}

// close ends a connection that has nothing in flight.
func (l *Ring) close(c *RingConn) {
	l.leave(c.FD, c.Read, c.written)
	c.FD = -1
}
