// timeout: one connection at a time, each under a deadline.
//
// How it waits. Like sequential, with one difference: before every read and every write the
// connection gets a deadline. When it passes, the call fails, the conversation ends and the next
// client has its turn. Python has settimeout for this.
//
// What it costs. Every request moves two timers of the runtime. Measured, a request costs as much
// CPU as in sequential.
//
// Where it breaks. A silent client stops the others for the time limit instead of for ever; a
// second silent client stops them for as long again. The limit cannot tell a silent client from a
// slow one: an honest client that thinks, or reads its replies, for longer than the limit is
// disconnected.
//
// Watch for. A deadline is a point in time and stays set. Unless it is moved before every call,
// it limits the whole conversation and not the silence. Two parts of a program that set
// deadlines can undo each other's: here the drain wakes a blocked read with a deadline too, so
// Read looks for a drain after it has set its own.

package servers

import (
	"context"
	"errors"
	"net"
	"os"
	"time"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/servers/blocking"
)

// Timeout serves one connection after another, and closes one that is silent for cfg.IdleTimeout.
type Timeout struct{ cfg Config }

// NewTimeout returns the design under cfg.
func NewTimeout(cfg Config) Server { return &Timeout{cfg.WithDefaults()} }

// Serve answers in the goroutine that accepts.
func (s *Timeout) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		timed := &timeoutConn{Conn: conn, open: open, limit: s.cfg.IdleTimeout}
		open.Add(timed)

		// region dispatch
		blocking.Talk(open, timed, s.cfg)
		// endregion
	}
	// endregion

	// region drain
	return open.Wait()
	// endregion
}

// timeoutConn moves the deadline before every call.
type timeoutConn struct {
	net.Conn
	open  *drain.Group
	limit time.Duration
	over  bool // nothing more is answered: from now on the drain group sets the deadline
}

// Read fails with os.ErrDeadlineExceeded after a silence of the limit.
func (c *timeoutConn) Read(p []byte) (int, error) {
	// region read: servers/blocking/talk.go
	if !c.over {
		c.SetReadDeadline(time.Now().Add(c.limit))
		if c.open.Draining() { // the line above may have undone its wake-up
			return 0, os.ErrDeadlineExceeded
		}
	}
	return c.Conn.Read(p)
}

// Write fails if the peer has not taken all of p within the limit.
func (c *timeoutConn) Write(p []byte) (int, error) {
	// region reply: servers/blocking/talk.go
	c.SetWriteDeadline(time.Now().Add(c.limit))
	return c.Conn.Write(p)
}

// CloseWrite ends this side of the conversation.
func (c *timeoutConn) CloseWrite() error {
	c.over = true
	return c.Conn.(interface{ CloseWrite() error }).CloseWrite()
}
