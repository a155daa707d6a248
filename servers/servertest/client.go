package servertest

import (
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"socketbench/servers/upper"
)

// client is one connection of a case. It knows which replies it is owed: send asks the model for them, replies
// compares. Its methods end the case when something wrong arrives, or when nothing arrives for as long as the
// patience lasts.
type client struct {
	s     *caseRun
	conn  net.Conn
	to    *Instance
	model model
	owed  debt
	cut   []byte // what a flood has not sent of the requests that it began

	delays     delays
	halfClosed bool
	got        int64
	gotHead    []byte
	due        int    // bytes of the last reply that was added to what is owed
	tail       []byte // the end of the replies that were right

	mu       sync.Mutex // guards what was sent
	sent     int64
	sentHead []byte

	sentBits   uint // the classes of bytes that were sent
	sentBroken bool // something that is no valid UTF-8 was sent
	first      bool // nobody connected to the server before

	steps []string
}

// send writes b in one call and adds the reply to what is owed. Together with its reply it must fit the
// socket buffers (64 KiB does); use exchange for more.
func (c *client) send(b []byte) {
	c.expects(b)
	c.write(b)
}

// expects adds the reply to b to what is owed, without sending it.
func (c *client) expects(b []byte) {
	reply := c.model.feed(b)
	c.due = len(reply)
	c.owed.add(reply)
}

// expectsEnd adds the reply that becomes due when the client has sent everything.
func (c *client) expectsEnd() { c.owed.add(c.model.end()) }

// write is send without the model, for requests that may or may not be answered.
func (c *client) write(b []byte) {
	c.step("send %d bytes %s", len(b), excerpt(b))
	if n, err := c.tryWrite(b); err != nil {
		c.broke(err, "could not send: %s after %d of %d bytes", reason(err), n, len(b))
	}
}

func (c *client) tryWrite(b []byte) (n int, err error) {
	c.s.patiently(func(until time.Time) (over bool) {
		c.conn.SetWriteDeadline(until)
		var m int
		m, err = c.conn.Write(b[n:])
		c.wrote(b[n : n+m])
		n += m
		return !timedOut(err)
	})
	return n, err
}

// pieces sends b in pieces of the given sizes, in turn. Each is a write of its own, followed by a pause in which the server
// can read it alone. With raw framing that is certain, because each piece is answered before the next is sent.
func (c *client) pieces(b []byte, pause time.Duration, sizes ...int) {
	for i := 0; len(b) > 0; i++ {
		n := min(sizes[i%len(sizes)], len(b))
		c.ahead(b[:n])
		b = b[n:]
		if c.s.framing == upper.Raw {
			c.replies()
		}
		c.s.pause(pause)
	}
}

// aheadMost is how many bytes of small requests are sent one by one without waiting for replies. The system may
// join them, so that the server reads them all at once. Together they must fit any server's buffer: otherwise chance
// would decide whether a rule is kept.
const aheadMost = 500

// ahead is send, but waits for the replies first if more than aheadMost bytes would be unanswered.
func (c *client) ahead(b []byte) {
	if c.owed.size+len(b) > aheadMost {
		c.replies()
	}
	c.send(b)
}

// ask sends b as one request and waits for its reply.
func (c *client) ask(b string) {
	c.send(c.s.frame(b))
	c.replies()
}

// replies reads everything that is owed.
func (c *client) replies() { c.readOwed(c.owed.size) }

// readOwed reads the next n bytes of what is owed.
func (c *client) readOwed(n int) {
	buf := make([]byte, min(n, 64<<10))
	late := false // a part came just when a delayed acknowledgement of the part before it was due
	for left := n; left > 0; {
		began := time.Now()
		m, err := c.read(buf[:min(left, len(buf))])
		took := time.Since(began)
		if m > 0 {
			c.s.pace.came(took)
		}
		late = late || left < n && took >= lateFrom && took < lateTo
		c.compare(c.owed.pay(m), buf[:m])
		left -= m
		if err != nil && left > 0 {
			c.broke(err, "%s with %d of %d bytes of the reply still owed", reason(err), left, n)
		}
	}
	c.s.pace.reply(&c.delays, late)
	c.step("got the %d bytes that were owed", n)
}

func (c *client) read(p []byte) (n int, err error) {
	if c.s.pace.acknowledges(&c.delays) {
		acknowledge(c.conn)
	}
	c.s.patiently(func(until time.Time) (over bool) {
		c.conn.SetReadDeadline(until)
		n, err = c.conn.Read(p)
		return n > 0 || !timedOut(err)
	})
	c.received(p[:n])
	return n, err
}

// readFull reads until p is full or the stream ends.
func (c *client) readFull(p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var m int
		m, err = c.read(p[n:])
		n += m
	}
	return n, err
}

// exchange sends b and reads all that is owed at the same time.
func (c *client) exchange(b []byte) {
	c.expects(b)
	c.pass(b)
}

// pass is exchange for bytes whose replies were added before.
func (c *client) pass(b []byte) {
	c.step("send %d bytes %s while reading", len(b), excerpt(b))
	done := make(chan error, 1)
	go func() {
		for len(b) > 0 {
			n, err := c.tryWrite(b[:min(len(b), 256<<10)])
			if err != nil {
				done <- err
				return
			}
			b = b[n:]
		}
		done <- nil
	}()
	defer func() { // also when readOwed ends the case: the writer is never left behind
		if v := recover(); v != nil {
			c.conn.Close()
			<-done
			panic(v)
		}
	}()
	c.replies()
	if err := <-done; err != nil {
		c.broke(err, "could not send: %s", reason(err))
	}
}

// closeWrite half-closes: the client has sent everything.
func (c *client) closeWrite() {
	c.expectsEnd()
	c.halfClosed = true
	c.step("half-close")
	if err := c.conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		c.broke(err, "could not half-close: %s", reason(err))
	}
}

// paidInFull expects all that is owed, then the end of the stream and nothing else.
func (c *client) paidInFull() {
	c.replies()
	c.eof()
}

// end half-closes and expects what is owed, then the end of the stream and nothing else.
func (c *client) end() {
	c.closeWrite()
	c.paidInFull()
}

// eof expects the end of the stream, with no byte before it and no reset.
func (c *client) eof() {
	buf := make([]byte, 512)
	switch n, err := c.read(buf); {
	case n > 0:
		c.unasked(buf[:n])
	case errors.Is(err, io.EOF):
		c.step("got the end of the stream")
	default:
		seen := c.sees(eventOf(err), nil, nil)
		if timedOut(err) {
			seen.event = sawOpen
		}
		c.failWith(Failure{What: "instead of the end of the stream: " + reason(err), hung: timedOut(err), noEnd: timedOut(err), sight: seen})
	}
}

// gone expects that the server ends the connection, in order or by a reset, and sends nothing more.
func (c *client) gone() {
	buf := make([]byte, 512)
	switch n, err := c.read(buf); {
	case n > 0:
		c.unasked(buf[:n])
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.failWith(Failure{What: "the connection stays open", sight: c.sees(sawOpen, nil, nil)})
	default:
		c.step("the server ended it: %s", reason(err))
	}
}

// quiet ends the case if the server sends anything within d.
func (c *client) quiet(d time.Duration) {
	buf := make([]byte, 512)
	c.conn.SetReadDeadline(time.Now().Add(d))
	n, err := c.conn.Read(buf)
	if n > 0 {
		c.received(buf[:n])
		c.unasked(buf[:n])
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.broke(err, "%s, though nothing was sent and nothing closed", reason(err))
	}
	c.step("got nothing for %v, as expected", d)
}

// gets reports whether b comes within d. Any other byte ends the case.
func (c *client) gets(b byte, d time.Duration) bool {
	one := make([]byte, 1)
	c.conn.SetReadDeadline(time.Now().Add(d))
	n, err := c.conn.Read(one)
	switch {
	case n == 1 && one[0] != b:
		c.received(one[:n])
		c.unasked(one)
	case n == 0 && !timedOut(err):
		c.broke(err, "%s", reason(err))
	}
	c.received(one[:n])
	return n == 1
}

// hangUp closes the connection, with no half-close before.
func (c *client) hangUp() {
	c.step("close")
	if c.owed.size > 0 {
		c.s.rude.Store(true)
	}
	c.conn.Close()
}

// reset ends the connection so that the server sees ECONNRESET. Unix sockets have no reset; they are closed.
func (c *client) reset() {
	c.s.unbalanced.Store(true)
	c.s.rude.Store(true)
	c.step("reset")
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.conn.Close()
}
