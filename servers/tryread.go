//go:build unix

// tryread: one goroutine visits every connection in turn with reads that never wait.
//
// How it waits. The goroutine waits only between sweeps that found nothing. A read without input
// returns EAGAIN at once.
//
// What it costs. Every silent connection costs one failed system call in every sweep, far less
// than the millisecond that deadline waits, but still O(connections). Measured with 32 busy
// clients, a request costs no more CPU than in epoll, but waits several times as long.
//
// Where it breaks. The pause between sweeps is a compromise: without it an idle server uses a
// whole CPU; with it the first request after a silence waits up to 10 ms.
//
// Watch for. The runtime's own poller still watches these descriptors, and wakes up although no
// goroutine waits for it.

package servers

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/patterns/nonblock"
	"socketbench/patterns/sweep"
	"socketbench/servers/blocking"
	"socketbench/servers/upper"
)

// Tryread serves all connections from one goroutine, with reads and writes that never wait.
type Tryread struct{ cfg Config }

// NewTryread returns the design under cfg.
func NewTryread(cfg Config) Server { return &Tryread{cfg.WithDefaults()} }

// Serve returns when it is told to stop and every connection has been answered.
func (s *Tryread) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	// endregion
	// region accept
	accepted, failed := listen.Handover(ctx, ln)
	// endregion
	// region dispatch
	owner := tryreadOwner{cfg: s.cfg, open: open, buf: make([]byte, s.cfg.ReadSize)}
	owner.out = s.cfg.Protocol.Scratch(owner.buf)
	owner.conns.Most = 10 * time.Millisecond
	for accepted != nil || owner.conns.Len() > 0 {
		select {
		case conns, more := <-accepted:
			for _, conn := range conns {
				open.Add(conn)
				raw, err := nonblock.Lend(conn)
				session := s.cfg.Protocol.NewSession()
				owner.conns.Add(&tryreadConn{Conn: conn, raw: raw, session: session, err: err})
			}
			if !more {
				accepted = nil
			}
		case <-owner.conns.Due(): // never ready while there is no connection to visit
			owner.conns.Sweep(owner.visit)
		}
	}
	// endregion
	// region dispatch: patterns/sweep/sweep.go Ring.Sweep
	return errors.Join(open.Wait(), failed())
}

// tryreadOwner is the state of the one goroutine: all connections, and one buffer for all of them.
type tryreadOwner struct {
	cfg      Config
	open     *drain.Group
	conns    sweep.Ring[*tryreadConn]
	buf, out []byte
}

// tryreadConn is a connection between two visits.
type tryreadConn struct {
	net.Conn
	raw           syscall.RawConn
	session       upper.Session
	unsent        []byte // replies that the peer has not taken; nothing is read while there are any
	err           error  // why the connection ends once unsent is written
	read, written int64
}

// visit reads from one connection and answers, as far as it can without waiting.
func (o *tryreadOwner) visit(c *tryreadConn) sweep.Visit {
	out := c.unsent
	if len(out) == 0 && c.err == nil {
		// region read
		n, err := nonblock.Try(c.raw.Read, nonblock.Read, o.buf) // fails when told to stop
		if err == syscall.EAGAIN {
			return sweep.Idle
		}
		if c.read += int64(n); n == 0 && err == nil {
			err = io.EOF
		}
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
		n, err := nonblock.Try(c.raw.Write, nonblock.Write, out)
		c.written, c.unsent = c.written+int64(n), nil
		if err == syscall.EAGAIN || err == nil && n < len(out) {
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
