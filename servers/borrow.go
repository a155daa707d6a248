//go:build unix

// borrow: a goroutine for every connection, and a buffer only while it reads or writes.
//
// How it waits. As in goroutine, the runtime parks each goroutine until its connection is
// readable. But no buffer is allocated before the wait: each attempt to read borrows one from a
// pool that all connections share, and returns it before the goroutine is parked if there was
// nothing to read.
//
// What it costs. A Get and a Put of the pool for each attempt. Measured, a request costs as much
// CPU as in goroutine, and an idle connection takes little more than half the memory.
//
// Where it breaks. Every connection still has a stack; an event loop keeps 150 bytes for it. A
// peer that reads slowly keeps its buffer until the write ends.
//
// Watch for. Waiting first and reading afterwards would lose wake-ups, because the runtime
// reports new bytes only once. The function given to RawConn.Read must try to read, and ask to
// wait only after EAGAIN.

package servers

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"

	"golang.org/x/sys/unix"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/patterns/nonblock"
	"socketbench/servers/blocking"
	"socketbench/servers/upper"
)

// Borrow serves each connection on a goroutine of its own, with shared buffers.
type Borrow struct {
	cfg     Config
	buffers sync.Pool // of *borrowBuffer
}
type borrowBuffer struct{ in, out []byte }

// NewBorrow returns the design under cfg.
func NewBorrow(cfg Config) Server {
	s := &Borrow{cfg: cfg.WithDefaults()}
	s.buffers.New = func() any {
		in := make([]byte, s.cfg.ReadSize)
		return &borrowBuffer{in, s.cfg.Protocol.Scratch(in)}
	}
	return s
}

// Serve accepts, and starts a goroutine for each connection.
func (s *Borrow) Serve(ctx context.Context, ln net.Listener) error {
	// region listen
	open := drain.NewGroup(ctx, s.cfg.DrainTimeout, s.cfg.Linger)
	// endregion
	// region accept
	for conn, err := range listen.Conns(ctx, ln) {
		if err != nil {
			return errors.Join(err, open.Wait())
		}
		open.Add(conn)

		// region dispatch
		go s.talk(open, conn)
		// endregion
	}
	// endregion
	// region drain
	return open.Wait()
	// endregion
}

// borrowConn is on the heap: on the goroutine's stack it would double the size of the stack.
type borrowConn struct {
	*Borrow
	net.Conn
	session          upper.Session
	buf              *borrowBuffer
	n, read, written int
	err              error
}

// talk is the conversation of package blocking; only the buffer comes from elsewhere.
func (s *Borrow) talk(open *drain.Group, conn net.Conn) {
	// region read
	c := &borrowConn{Borrow: s, Conn: conn, session: s.cfg.Protocol.NewSession()}
	raw, err := nonblock.Lend(conn)
	for c.err = err; c.err == nil; {
		if err := raw.Read(c.try); err != nil { // told to stop: os.ErrDeadlineExceeded
			c.err = err
			break
		}
		c.answer(open.Context())
	}
	// endregion
	s.cfg.Tally.End(int64(c.read), int64(c.written))
	// region drain: servers/blocking/talk.go
	blocking.Leave(open, conn, s.cfg, c.err)
}

func (c *borrowConn) try(fd uintptr) (done bool) {
	c.buf = c.buffers.Get().(*borrowBuffer)
	if c.n, c.err = nonblock.Read(int(fd), c.buf.in); c.err == unix.EAGAIN {
		c.buffers.Put(c.buf)
		return false // parks the goroutine until the connection is readable
	}
	c.read += c.n
	return true
}

func (c *borrowConn) answer(work context.Context) {
	// region reply
	b, in, n := c.buf, c.buf.in[:c.n], 0
	for c.err == nil && (len(in) > 0 || c.n == 0) {
		if c.n > 0 {
			b.out, n, c.err = c.session.Feed(work, b.out[:0], in)
		} else { // the peer has sent everything
			b.out, c.err = c.session.Close(b.out[:0])
			c.err = errors.Join(c.err, io.EOF)
		}
		if in = in[n:]; len(b.out) > 0 {
			m, err := c.Write(b.out)
			c.written += m
			c.err = errors.Join(err, c.err)
		}
	}
	c.buffers.Put(b)
	// endregion
}
