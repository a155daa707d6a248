package watch

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"slices"
	"strconv"
	"syscall"
	"time"

	"socketbench/patterns/proc"
	"socketbench/servers/upper"
)

// Over datagrams there is no connection: a client's socket is made by its first send and ends with close. Each send is a
// message of its own, an empty one too. A read waits for the replies to all of them, and one with a time gives up when none
// came for so long, because nobody says that a datagram was lost.

// letter is a datagram that a client has sent.
type letter struct {
	due   []byte // its reply
	state letterState
}

type letterState int

const (
	open    letterState = iota
	givenUp             // its reply may still come
	settled
)

// takeDatagram does one step over datagrams and reports whether there is a next one.
func (c *client) takeDatagram(step Step) bool {
	switch step.Do {
	case "pause":
		return c.pause(step.For)
	case "send":
		return c.post(c.scene.frame(step))
	case "read":
		return c.readReplies(step.For)
	case "close":
		c.say(Closed, 0, "")
		c.hangUp()
	}
	return true
}

// post sends a datagram.
func (c *client) post(text []byte) bool {
	if c.conn == nil && !c.openSocket() {
		return false
	}
	due, err := upper.Protocol{Framing: c.scene.Config.Protocol.Framing}.Datagram(context.Background(), nil, text)
	if err != nil {
		due = text // its reply is not defined
	}
	c.letters = append(c.letters, letter{due: due})
	c.report(Event{What: Sent, Bytes: len(text), Text: beginning(text), Number: len(c.letters)})
	_, err = c.conn.Write(text)
	return err == nil || c.ended(err)
}

func (c *client) openSocket() bool {
	var d net.Dialer
	conn, err := d.DialContext(c.ctx, c.address.Network, c.address.Where)
	if err != nil {
		return c.ended(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.conn = conn
	c.setDeadline(time.Time{})
	return true
}

// setDeadline sets the moment at which reads give up, unless the scene is over. The caller holds mu.
func (c *client) setDeadline(at time.Time) {
	if c.ctx.Err() != nil {
		c.conn.SetDeadline(time.Unix(1, 0))
		return
	}
	c.conn.SetReadDeadline(at)
}

// readReplies waits until each datagram has its reply or, if patience is not 0, none came for so long.
func (c *client) readReplies(patience time.Duration) bool {
	c.say(Reading, 0, "")
	buf := make([]byte, 64<<10)
	for first := true; first || c.isOwed(); first = false {
		var until time.Time // none
		if patience > 0 {
			until = time.Now().Add(patience)
		}
		c.mu.Lock()
		c.setDeadline(until)
		c.mu.Unlock()
		n, err := c.conn.Read(buf)
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded) && c.ctx.Err() == nil:
			c.giveUp()
			return true
		case err != nil:
			return c.ended(err)
		case !c.received(buf[:n]):
			return false
		}
	}
	return true
}

func (c *client) isOwed() bool {
	return slices.ContainsFunc(c.letters, func(l letter) bool { return l.state == open })
}

// received finds the datagram that a reply belongs to. A server that has cut a datagram sends the beginning of its reply.
func (c *client) received(reply []byte) bool {
	is := func(fits func(due []byte) bool, state letterState) int {
		return slices.IndexFunc(c.letters, func(l letter) bool { return l.state == state && fits(l.due) })
	}
	whole := func(due []byte) bool { return bytes.Equal(due, reply) }
	cut := func(due []byte) bool { return len(reply) > 0 && bytes.HasPrefix(due, reply) }
	for _, at := range []int{is(whole, open), is(whole, givenUp), is(cut, open), is(cut, givenUp)} {
		if at < 0 {
			continue
		}
		c.letters[at].state = settled
		c.report(Event{What: Received, Bytes: len(reply), Text: beginning(reply), Number: at + 1})
		if !c.isOwed() {
			c.say(Answered, 0, "")
		}
		return true
	}
	c.say(Wrong, len(reply), beginning(reply))
	return false
}

// giveUp takes every datagram that has no reply for lost.
func (c *client) giveUp() {
	for i := range c.letters {
		if l := &c.letters[i]; l.state == open {
			l.state = givenUp
			c.report(Event{What: Lost, Number: i + 1})
		}
	}
}

// ended emits the error of a call. A port that no program uses answers a datagram with a refusal, which the next call returns.
func (c *client) ended(err error) bool {
	switch {
	case c.ctx.Err() != nil: // woken, because the scene is over
	case errors.Is(err, syscall.ECONNREFUSED):
		c.say(Refused, 0, c.address.NoConnection(err))
	default:
		c.say(Ended, 0, err.Error())
	}
	return false
}

func beginning(text []byte) string { return string(text[:min(len(text), 24)]) }

// dropsPeriod is how often the system is asked what it dropped.
const dropsPeriod = 20 * time.Millisecond

// sampleDrops emits how many datagrams the system has dropped at the server's socket, at the beginning and whenever there are
// more. It emits nothing where the system does not say.
func (p *play) sampleDrops(ctx context.Context) {
	_, service, err := net.SplitHostPort(p.address.Where)
	port, wrong := strconv.ParseUint(service, 10, 16)
	before, ok := proc.Dropped(uint16(port))
	if err != nil || wrong != nil || !ok || !p.address.Loopback() {
		return
	}
	last := int64(-1)
	look := func() {
		if now, ok := proc.Dropped(uint16(port)); ok && now-before > last {
			last = now - before
			p.mu.Lock()
			p.emit(Event{Client: -1, At: time.Since(p.start), What: Dropped, Number: int(last)})
			p.mu.Unlock()
		}
	}
	tick := time.NewTicker(dropsPeriod)
	defer tick.Stop()
	for look(); ; look() {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
