package servertest

import (
	"net"
	"time"
)

// buffers is the size in bytes of a socket's buffers in cases in which a client is to notice soon that the server does not
// read.
const buffers = 128 << 10

// pressureMost is more than the buffers of both sockets can hold: tens of megabytes if the system lets them grow.
const pressureMost = 64 << 20

// fillMost is more than they hold if one side makes its own small. A server that buffers without bound must keep this
// much, for each of several clients too.
const fillMost = 12 << 20

// A flood concludes that the server pushes back when stillTurns waits in a row let it write nothing. The waits are many
// and short: on a busy machine each is a turn of the scheduler, in which a server that still reads would have read
// something. The longer some thread has had to wait for a CPU in a wait, the less that counts, as it may be the server's.
const (
	stillTurns = 12
	stillTurn  = 10 * time.Millisecond
	stillLeast = 0.25 // what a wait counts in which some thread always had to wait for a CPU
)

// fill floods the server until it pushes back, and returns how many bytes that took. It reads no replies.
func (c *client) fill() int { return c.flood(c.s.traffic(64<<10, 1000), fillMost) }

// flood writes chunk, which is whole requests, again and again without reading, until the server pushes
// back or most bytes are sent, and returns how many were. It may stop within a request: the next flood goes
// on there.
func (c *client) flood(chunk []byte, most int) int {
	return c.floodUntil(chunk, most, stillTurns, stillLeast)
}

// floodUntil is flood with the number of waits that make sure that the server pushes back, and the least that one counts.
func (c *client) floodUntil(chunk []byte, most int, turns, least float64) int {
	if tcp, ok := c.conn.(*net.TCPConn); ok { // the less the client's side can hold, the sooner the server has to push back
		tcp.SetReadBuffer(buffers)
		tcp.SetWriteBuffer(buffers)
	}
	first := c.cut
	if len(first) == 0 {
		first = chunk
	}
	rest, total, still := first, 0, 0.0
	from := now() // since when threads may have waited for a CPU
	for total < most && still < turns {
		c.conn.SetWriteDeadline(time.Now().Add(stillTurn))
		n, err := c.conn.Write(rest)
		if err != nil && !timedOut(err) {
			c.broke(err, "could not send: %s after %d bytes", reason(err), total+n)
		}
		if n == 0 {
			still += max(least, from.quiet())
			from = now()
			continue
		}
		c.wrote(rest[:n])
		total, still = total+n, 0
		if rest = rest[n:]; len(rest) == 0 {
			rest = chunk
		}
	}
	c.owe(first, chunk, total)
	if c.cut = rest; len(rest) == len(chunk) {
		c.cut = nil
	}
	c.step("send %d bytes without reading", total)
	return total
}

// owe adds the replies to the first n bytes of the stream first, chunk, chunk and so on. The model answers chunk only
// once, as the stream may be megabytes.
func (c *client) owe(first, chunk []byte, n int) {
	m := min(n, len(first))
	c.expects(first[:m])
	if n -= m; n >= len(chunk) {
		reply := c.model.feed(chunk)
		for ; n >= len(chunk); n -= len(chunk) {
			c.owed.add(reply)
		}
	}
	c.expects(chunk[:n])
}
