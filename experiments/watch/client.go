package watch

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"slices"
	"syscall"
	"time"

	"socketbench/servers/upper"
)

// client plays one client of the scene.
type client struct {
	*play
	index   int
	conn    net.Conn
	owed    []byte   // what was sent and has not come back yet, in upper case
	letters []letter // over datagrams, all that were sent
}

// act takes the steps one after the other, and stops when the connection ends.
func (c *client) act() {
	defer c.hangUp()
	defer context.AfterFunc(c.ctx, func() { <-c.frozen; c.wake() })()
	for _, step := range c.scene.Clients[c.index].Steps {
		take := c.take
		if c.scene.Datagrams() {
			take = c.takeDatagram
		}
		if !take(step) {
			return
		}
	}
	<-c.frozen // the part is over, but a connection that was not closed stays until the end
}

// take does one step and reports whether there is a next one.
func (c *client) take(step Step) bool {
	switch step.Do {
	case "pause":
		return c.pause(step.For)
	case "connect":
		return c.connect()
	case "send":
		return c.send(c.scene.frame(step))
	case "read":
		return c.read()
	case "half-close":
		c.conn.(interface{ CloseWrite() error }).CloseWrite()
		c.say(HalfClosed, 0, "")
	case "reset":
		if tcp, ok := c.conn.(*net.TCPConn); ok {
			tcp.SetLinger(0)
		}
		c.say(Reset, 0, "")
		c.hangUp()
	case "close":
		c.say(Closed, 0, "")
		c.hangUp()
	}
	return true
}

func (c *client) say(what What, bytes int, text string) { c.happened(c.index, what, bytes, text) }

func (c *client) report(e Event) {
	e.Client = c.index
	c.play.report(e)
}

func (c *client) pause(d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-c.ctx.Done():
		return false
	}
}

func (c *client) connect() bool {
	c.say(Connecting, 0, "")
	var d net.Dialer
	conn, err := d.DialContext(c.ctx, c.address.Network, c.address.Where)
	if err != nil {
		if c.ctx.Err() == nil {
			c.say(Refused, 0, c.address.NoConnection(err))
		}
		return false
	}
	c.owed = nil
	c.mu.Lock()
	c.conn = conn
	if c.ctx.Err() != nil {
		conn.SetDeadline(time.Unix(1, 0))
	}
	c.pairs[c.index] = pair{client: conn.LocalAddr(), server: conn.RemoteAddr()}
	c.mu.Unlock()
	c.say(Connected, 0, "")
	return true
}

func (c *client) send(text []byte) bool {
	if len(text) == 0 { // with a framing there are empty messages
		c.say(Sent, 0, "") // write is not even called with nothing to write
		return true
	}
	c.owed = append(c.owed, c.reply(text)...)
	c.mu.Lock()
	c.pairs[c.index].sends++
	c.mu.Unlock()
	c.say(Sent, len(text), string(text[:min(len(text), 24)]))
	_, err := c.conn.Write(text)
	return c.goesOn(err)
}

// reply is the reply to what was sent. The header of a length is not text.
func (c *client) reply(sent []byte) []byte {
	header := 0
	if c.scene.Config.Protocol.Framing == upper.Length {
		header = upper.HeaderSize
	}
	return upper.Bytes(slices.Clone(sent[:header]), sent[header:])
}

// read waits until nothing is owed. Where nothing is owed, it waits until anything comes.
func (c *client) read() bool {
	c.say(Reading, 0, "")
	buf := make([]byte, 64<<10)
	for first := true; first || len(c.owed) > 0; first = false {
		n, err := c.conn.Read(buf)
		if n > 0 {
			c.say(Received, n, "")
			if n > len(c.owed) || string(c.owed[:n]) != string(buf[:n]) {
				c.say(Wrong, n, string(buf[:min(n, 24)]))
				return false
			}
			if c.owed = c.owed[n:]; len(c.owed) == 0 {
				c.say(Answered, 0, "")
			}
		}
		if !c.goesOn(err) {
			return false
		}
	}
	return true
}

// goesOn emits the error of a call and reports whether the connection is still there.
func (c *client) goesOn(err error) bool {
	switch {
	case err == nil:
		return true
	case errors.Is(err, io.EOF):
		c.say(Ended, 0, "")
	case errors.Is(err, os.ErrDeadlineExceeded): // woken, because the scene is over
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		c.say(Reset, 0, err.Error())
	default:
		c.say(Ended, 0, err.Error())
	}
	return false
}

// wake ends calls that block, now and from now on.
func (c *client) wake() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.conn != nil {
		c.conn.SetDeadline(time.Unix(1, 0))
	}
}

func (c *client) hangUp() {
	if c.conn == nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pairs[c.index] = pair{}
	c.conn.Close()
	c.conn = nil
}
