package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"syscall"
	"time"

	"socketbench/servers/upper"
)

// client is one connection of a case. It knows what it is owed: send tells the model, replies compares.
// Its methods end the case when something wrong arrives, or nothing for as long as the patience lasts.
type client struct {
	s     *scene
	conn  net.Conn
	to    *Instance
	model model
	owed  []byte // replies that have not been read yet

	halfClosed bool
	got        int64
	gotHead    []byte

	mu       sync.Mutex // guards what was sent
	sent     int64
	sentHead []byte

	steps []string
}

const (
	headSize  = 64 // bytes of what was sent and came back that a failure shows
	stepsKept = 8
)

func (c *client) step(format string, args ...any) {
	if len(c.steps) == stepsKept {
		c.steps = append(c.steps[:0], c.steps[1:]...)
	}
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

func excerpt(b []byte) string {
	if len(b) > 24 {
		return fmt.Sprintf("%q...", b[:24])
	}
	return fmt.Sprintf("%q", b)
}

func addHead(head, b []byte) []byte { return append(head, b[:min(len(b), headSize-len(head))]...) }

func describe(n int64, head []byte) string {
	if n == 0 {
		return "nothing"
	}
	more := ""
	if n > int64(len(head)) {
		more = "..."
	}
	return fmt.Sprintf("%d bytes: %q%s", n, head, more)
}

// fail ends the case with what this connection saw.
func (c *client) fail(format string, args ...any) { c.failed(false, format, args...) }

// broke ends the case with an error of the network.
func (c *client) broke(err error, format string, args ...any) {
	c.failed(timedOut(err), format, args...)
}

func (c *client) failed(hung bool, format string, args ...any) {
	c.failWith(Failure{What: fmt.Sprintf(format, args...), hung: hung})
}

func (c *client) failWith(f Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.Sent, f.Got, f.Steps = describe(c.sent, c.sentHead), describe(c.got, c.gotHead), c.steps
	f.echoed = len(c.gotHead) > 0 && bytes.HasPrefix(c.sentHead, c.gotHead) && bytes.ContainsFunc(c.gotHead, small)
	panic(&f)
}

func small(r rune) bool { return 'a' <= r && r <= 'z' }

func timedOut(err error) bool { return errors.Is(err, os.ErrDeadlineExceeded) }

// send writes b in one call and adds the reply to what is owed. It must fit the socket buffers together
// with its reply (64 KiB does); exchange is for more.
func (c *client) send(b []byte) {
	c.owed = append(c.owed, c.model.feed(b)...)
	c.write(b)
}

// write is send without the model: for requests whose fate is open.
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

// pieces sends b cut into pieces of the sizes in turn, each in a call of its own, and gives each a
// moment to be read alone. Whether it is does not change what is owed.
func (c *client) pieces(b []byte, pause time.Duration, sizes ...int) {
	for i := 0; len(b) > 0; i++ {
		n := min(sizes[i%len(sizes)], len(b))
		c.send(b[:n])
		b = b[n:]
		if c.s.framing == upper.Raw && len(c.owed) < 64 {
			c.replies()
		}
		c.s.pause(pause)
	}
}

// ask sends b as one request and waits for its reply.
func (c *client) ask(b string) {
	c.send(c.s.frame(b))
	c.replies()
}

// replies reads everything that is owed.
func (c *client) replies() { c.readOwed(len(c.owed)) }

// readOwed reads the next n bytes of what is owed.
func (c *client) readOwed(n int) {
	want := c.owed[:n]
	buf := make([]byte, min(max(n, 1), 64<<10))
	for len(want) > 0 {
		m, err := c.read(buf[:min(len(want), len(buf))])
		c.compare(want[:m], buf[:m])
		want = want[m:]
		if err != nil && len(want) > 0 {
			c.broke(err, "%s with %d of %d bytes of the reply still owed", reason(err), len(want), n)
		}
	}
	c.owed = c.owed[n:]
	c.step("got the %d bytes that were owed", n)
}

func (c *client) read(p []byte) (n int, err error) {
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

// wrote counts what was sent. A client may read while it writes.
func (c *client) wrote(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sentHead = addHead(c.sentHead, b)
	c.sent += int64(len(b))
}

// received counts what came back.
func (c *client) received(b []byte) {
	c.gotHead = addHead(c.gotHead, b)
	c.got += int64(len(b))
	c.to.received.Add(int64(len(b)))
}

// compare ends the case at the first byte that differs.
func (c *client) compare(want, got []byte) {
	if bytes.Equal(want, got) {
		return
	}
	at := 0
	for at < len(got) && want[at] == got[at] {
		at++
	}
	hint := "other bytes than those sent: out of order, repeated, lost or another connection's"
	w, g := want[at], got[at]
	switch {
	case w != g && plainByte(g) == w:
		hint = "a letter stayed in lower case"
	case w >= 0x80 || w < 'A' || w > 'Z':
		if w^0x20 == g || w >= 0x80 {
			hint = fmt.Sprintf("a byte that is no letter a-z was changed: 0x%02x became 0x%02x", w, g)
		}
	}
	show := func(b []byte) []byte { return b[at:min(at+16, len(b))] }
	c.fail("wrong reply at byte %d: want %q, got %q (%s)", c.got-int64(len(got))+int64(at), show(want), show(got), hint)
}

// exchange sends b and reads all that is owed at the same time.
func (c *client) exchange(b []byte) {
	c.owed = append(c.owed, c.model.feed(b)...)
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
	c.owed = append(c.owed, c.model.end()...)
	c.halfClosed = true
	c.step("half-close")
	if err := c.conn.(interface{ CloseWrite() error }).CloseWrite(); err != nil {
		c.broke(err, "could not half-close: %s", reason(err))
	}
}

// end half-closes and expects what is owed, then the end of the stream and nothing else.
func (c *client) end() {
	c.closeWrite()
	c.replies()
	c.eof()
}

// eof expects the end of the stream, with no byte before it and no reset.
func (c *client) eof() {
	buf := make([]byte, 512)
	switch n, err := c.read(buf); {
	case n > 0:
		c.fail("%d bytes that nobody asked for: %s", n, excerpt(buf[:n]))
	case errors.Is(err, io.EOF):
		c.step("got the end of the stream")
	default:
		c.failWith(Failure{What: "instead of the end of the stream: " + reason(err), hung: timedOut(err), noEnd: timedOut(err)})
	}
}

// gone expects that the server ends the connection, in order or by a reset, and says nothing more.
func (c *client) gone() {
	buf := make([]byte, 512)
	switch n, err := c.read(buf); {
	case n > 0:
		c.fail("%d bytes that nobody asked for: %s", n, excerpt(buf[:n]))
	case errors.Is(err, os.ErrDeadlineExceeded):
		c.fail("the connection stays open")
	default:
		c.step("the server ended it: %s", reason(err))
	}
}

// quiet gives the server d to send something that is not owed.
func (c *client) quiet(d time.Duration) {
	buf := make([]byte, 512)
	c.conn.SetReadDeadline(time.Now().Add(d))
	n, err := c.conn.Read(buf)
	if n > 0 {
		c.received(buf[:n])
		c.fail("%d bytes that nobody asked for: %s", n, excerpt(buf[:n]))
	}
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		c.fail("%s, though nothing was sent and nothing closed", reason(err))
	}
	c.step("nothing for %v, as it should be", d)
}

// gets reports whether b comes within d. Another byte than that ends the case.
func (c *client) gets(b byte, d time.Duration) bool {
	one := make([]byte, 1)
	c.conn.SetReadDeadline(time.Now().Add(d))
	n, err := c.conn.Read(one)
	switch {
	case n == 1 && one[0] != b:
		c.fail("a byte that nobody asked for: %s", excerpt(one))
	case n == 0 && !timedOut(err):
		c.broke(err, "%s", reason(err))
	}
	c.received(one[:n])
	return n == 1
}

// hangUp closes without ceremony.
func (c *client) hangUp() {
	c.step("close")
	if len(c.owed) > 0 {
		c.s.rude.Store(true)
	}
	c.conn.Close()
}

// reset ends the connection so that the server sees ECONNRESET; where the transport has none, a close.
func (c *client) reset() {
	c.s.unbalanced.Store(true)
	c.s.rude.Store(true)
	c.step("reset")
	if tcp, ok := c.conn.(*net.TCPConn); ok {
		tcp.SetLinger(0)
	}
	c.conn.Close()
}

// reason puts an error of the network in words.
func reason(err error) string {
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "the server closed the connection"
	case errors.Is(err, syscall.ECONNRESET):
		return "the server reset the connection"
	case errors.Is(err, syscall.EPIPE):
		return "the server had closed the connection"
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return "connection refused: nobody listens there"
	case errors.Is(err, os.ErrDeadlineExceeded):
		return "nothing happened for as long as the suite waits"
	}
	return err.Error()
}
