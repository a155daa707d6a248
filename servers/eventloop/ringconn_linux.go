package eventloop

import (
	"golang.org/x/sys/unix"

	"socketbench/patterns/proactor"
)

// RingConn is a connection of a [Ring]. Exactly one operation of it is in flight until it is closed.
type RingConn struct {
	State
	Buffer []byte // belongs to the kernel while a receive is in flight
	In     []byte // the part of Buffer that is not answered yet
	Reply  []byte // the last reply, and memory for the next
	Out    []byte // the part of Reply that is not sent yet; nil: a receive is in flight

	over bool // it has lingered for long enough
}

// Receive begins to receive.
func (l *Ring) Receive(c *RingConn) { l.Fail(l.ring.Recv(c.FD, c.Buffer, uint64(c.FD))) }

// Send begins to send out.
func (l *Ring) Send(c *RingConn, out []byte) {
	c.Out = out
	l.Fail(l.ring.Send(c.FD, out, uint64(c.FD)))
}

// Sent handles the completion of a send and reports whether all of Out is sent. If not, it sends the
// rest, or closes a connection that has failed.
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

// Next is called when a connection has nothing in flight and nothing to answer: it receives again,
// or ends.
func (l *Ring) Next(c *RingConn) {
	if c.Phase == Serving && l.draining {
		c.Phase = HangingUp
	}
	l.settled(c)
	if c.FD >= 0 {
		l.Receive(c)
	}
}

// settle sends the last reply, if there is one, and then ends c.
func (l *Ring) settle(c *RingConn) {
	if len(c.Reply) > 0 {
		l.Send(c, c.Reply)
		return
	}
	l.Next(c)
}

// overdue cancels the receive of c. If the receive has just completed, over ends c instead.
func (l *Ring) overdue(c *RingConn) {
	c.over = true
	l.Fail(l.ring.Cancel(uint64(c.FD), cancelToken))
}

// Discarded handles the completion of a lingering connection's receive: it drops the input and
// receives again until the peer has ended.
func (l *Ring) Discarded(c *RingConn, done proactor.Completion) {
	if done.Result <= 0 || c.over {
		l.close(c)
		return
	}
	l.Receive(c)
}

// close closes a connection that has nothing in flight.
func (l *Ring) close(c *RingConn) { l.leave(c) }
