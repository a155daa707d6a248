//go:build unix

// borrow: a goroutine for every connection, and a buffer only for those that speak.
//
// How it waits. As goroutine does, parked by the runtime until its connection is readable. But the
// buffer is not allocated before the wait: each try to read borrows one from a pool shared by all,
// and when nothing was there to read, gives it back before the goroutine is parked.
//
// What it costs. A pool's Get and Put for each try, tens of nanoseconds. An idle connection is
// left with its stack and what package net keeps for it, and no longer with 16 KiB of buffer:
// there are as many buffers as connections that are being answered at this moment.
//
// Where it breaks. The stack stays: a few KiB for every idle connection, where an event loop keeps
// a few hundred bytes. And a peer that reads slowly keeps its buffer while the write lasts.
//
// Watch for. Waiting first and reading then, without a try, looks cheaper and loses wake-ups: the
// runtime is told once that bytes have come (edge-triggered), and when that was between two calls
// nobody is told again. So the function given to RawConn.Read must really read, and say "wait" only
// after EAGAIN.

package servers

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"

	"golang.org/x/sys/unix"

	"socketbench/patterns/drain"
	"socketbench/patterns/listen"
	"socketbench/patterns/reactor"
)

// Borrow serves each connection on a goroutine of its own, with buffers that are shared.
type Borrow struct {
	cfg     Config
	buffers sync.Pool
}

// borrowBuffer is what a connection needs while it is answered.
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
		// endregion
		// region dispatch
		go s.talk(open, conn)
		// endregion
	}
	// region drain
	return open.Wait()
	// endregion
}

// talk is the conversation of talk.go, but for where the buffer comes from.
func (s *Borrow) talk(open *drain.Group, conn net.Conn) {
	var buf *borrowBuffer
	var n int
	var read, written int64
	session := s.cfg.Protocol.NewSession()
	raw, err := conn.(syscall.Conn).SyscallConn()
	try := func(fd uintptr) (done bool) {
		// region read
		buf = s.buffers.Get().(*borrowBuffer)
		if n, err = reactor.Read(int(fd), buf.in); err == unix.EAGAIN {
			s.buffers.Put(buf)
			return false // parks the goroutine until something has come
		}
		return true
		// endregion
	}
	send := func() error {
		if len(buf.out) == 0 {
			return nil
		}
		n, err := conn.Write(buf.out)
		written += int64(n)
		return err
	}
	for err == nil {
		if stopped := raw.Read(try); stopped != nil { // with os.ErrDeadlineExceeded
			err = stopped
			break
		}
		read += int64(n)
		ended := n == 0 && err == nil
		// region reply
		for in := buf.in[:n]; len(in) > 0 && err == nil; in = in[n:] {
			buf.out, n, err = session.Feed(open.Context(), buf.out[:0], in)
			err = errors.Join(send(), err)
		}
		if ended {
			buf.out, err = session.Close(buf.out[:0])
			err = errors.Join(send(), err, io.EOF)
		}
		// endregion
		s.buffers.Put(buf)
	}
	s.cfg.Tally.End(read, written)
	// region drain: talk.go
	leave(open, conn, s.cfg, err)
}
