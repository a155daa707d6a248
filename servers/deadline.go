// deadline: one goroutine owns all connections and visits them in turn, under deadlines.
//
// How it waits. An acceptor hands connections over. The owner selects on the context, a new
// connection and the next sweep. A sweep reads each connection once and waits at most a
// millisecond for it.
//
// What it costs. Every silent connection costs its deadline in every sweep, so the wait of a
// client grows with their number. Measured with 32 busy clients, a request costs no more CPU than
// in goroutine, but waits more than a hundred times as long.
//
// Where it breaks. A sweep takes O(connections) x deadline, and a handler that waits stalls all
// clients.
//
// Watch for. A deadline in the past fails before the system call: polling with time.Now() never
// reads a byte. A write needs a deadline too, or one client that does not read stops all others.

package servers

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/patterns/sweep"
	"socketbench/servers/blocking"
	"socketbench/servers/upper"
)

// Deadline serves all connections from one goroutine, with deadlines.
type Deadline struct{ cfg Config }

// NewDeadline returns the design under cfg.
func NewDeadline(cfg Config) Server { return &Deadline{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Deadline) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	// endregion
	// region accept
	accepted, failed := listen.Handover(ctx, ln)
	// endregion
	// region dispatch
	owner := deadlineOwner{cfg: s.cfg, open: open, buf: make([]byte, s.cfg.ReadSize)}
	owner.out = s.cfg.Protocol.Scratch(owner.buf)
	owner.conns.Most = 10 * time.Millisecond
	for stop := ctx.Done(); accepted != nil || owner.conns.Len() > 0; {
		select {
		case <-stop:
			owner.stopping, stop = true, nil
		case conns, more := <-accepted:
			for _, conn := range conns {
				open.Add(conn)
				owner.conns.Add(&deadlineConn{Conn: conn, session: s.cfg.Protocol.NewSession()})
			}
			if !more {
				owner.stopping, accepted = true, nil
			}
		case <-owner.conns.Due(): // never ready while there is no connection to visit
			owner.conns.Sweep(owner.visit)
		}
	}
	// endregion
	// region dispatch: patterns/sweep/sweep.go Ring.Sweep
	return errors.Join(open.Wait(), failed())
}

// deadlineOwner is the state of the one goroutine: all connections, and one buffer for all of them.
type deadlineOwner struct {
	cfg      Config
	open     *drain.Group
	conns    sweep.Ring[*deadlineConn]
	buf, out []byte
	stopping bool
}

// deadlineConn is a connection between two visits.
type deadlineConn struct {
	net.Conn
	session       upper.Session
	unsent        []byte // replies that the peer has not taken; nothing is read while there are any
	err           error  // why the connection ends once unsent is written
	read, written int64
}

// visit reads from one connection and answers. Reading and writing may take a millisecond each.
func (o *deadlineOwner) visit(c *deadlineConn) sweep.Visit {
	out := c.unsent
	if len(out) == 0 && o.stopping {
		c.err = os.ErrDeadlineExceeded // what a blocked read would return
	} else if len(out) == 0 {
		// region read
		c.SetReadDeadline(time.Now().Add(time.Millisecond)) // timers are hardly finer
		n, err := c.Read(o.buf)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return sweep.Idle
		}
		c.read += int64(n)
		// endregion
		// region reply
		out, c.err = o.out[:0], err
		for in := o.buf[:n]; len(in) > 0 && c.err == nil; in = in[n:] {
			out, n, c.err = c.session.Feed(o.open.Context(), out, in)
		}
		if c.err == io.EOF {
			out, err = c.session.Close(out)
			c.err = errors.Join(err, io.EOF)
		}
		o.out = out
		// endregion
	}
	// region reply
	if len(out) > 0 {
		c.SetWriteDeadline(time.Now().Add(time.Millisecond)) // from now: a handler may have waited
		n, err := c.Write(out)
		c.written, c.unsent = c.written+int64(n), nil
		if errors.Is(err, os.ErrDeadlineExceeded) {
			c.unsent = append(c.unsent, out[n:]...) // a copy: all connections share the buffer
			return sweep.Idle
		}
		c.err = errors.Join(c.err, err)
	}
	// endregion
	if c.err == nil {
		return sweep.Busy
	}
	// region drain: servers/blocking/talk.go
	o.cfg.Tally.End(c.read, c.written)
	blocking.Leave(o.open, c.Conn, o.cfg, c.err)
	return sweep.Gone
}
