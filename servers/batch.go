package servers

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"socketbench/patterns/drain"
	"socketbench/servers/upper"
)

// ahead is Traits.Ahead of every design that queues: how many batches it may hold for a connection.
const ahead = 4

// batch is what one read returned, on its way through a design that answers elsewhere than where it
// reads. It belongs to one goroutine at a time.
type batch struct {
	in     []byte // complete requests
	out    []byte // their replies; for raw, in the memory of in
	buf    []byte // what in is a part of, kept for the next read
	failed error  // why the replies end early: a handler that panicked, or was cut off
	last   error  // why nothing follows this batch; nil: something does
}

// answer makes the replies to the requests of b.
func (b *batch) answer(ctx context.Context, p upper.Protocol) {
	dst := p.Scratch(b.in)
	if dst == nil {
		dst = b.out[:0]
	}
	b.out, b.failed = p.Answer(ctx, dst, b.in)
}

// batches is one connection of such a design: one goroutine calls next, and one, which may be
// another, calls take for every batch that next returned, in that order, up to the last.
//
// There are as many batches as may be on their way. A peer that does not read its replies is soon
// not read from either: that is the push back, and it bounds the memory.
type batches struct {
	conn          net.Conn
	cfg           Config
	free          chan *batch
	rest          []byte // a request that is not complete yet
	read, written int64
	err           error // why nothing more is written
}

func newBatches(conn net.Conn, cfg Config) *batches {
	s := &batches{conn: conn, cfg: cfg, free: make(chan *batch, ahead)}
	for range ahead {
		s.free <- new(batch) // without memory until it is used
	}
	return s
}

// next blocks until a batch is free and reads until it holds a complete request, or no more can
// come.
func (s *batches) next() *batch {
	b := <-s.free
	// region read
	buf, whole := append(b.buf[:0], s.rest...), 0
	for b.last = nil; whole == 0 && b.last == nil; {
		have := len(buf)
		buf = slices.Grow(buf, s.cfg.ReadSize)[:have+s.cfg.ReadSize]
		n, err := s.conn.Read(buf[have:])
		s.read += int64(n)
		buf = buf[:have+n]
		if whole, b.last = s.cfg.Protocol.Whole(buf); b.last == nil {
			b.last = err
		}
	}
	s.rest = append(s.rest[:0], buf[whole:]...)
	if b.last == io.EOF { // the peer has sent everything
		more, err := s.cfg.Protocol.Last(s.rest)
		whole, b.last = whole+len(more), errors.Join(err, io.EOF)
	}
	b.in, b.buf = buf[:whole], buf
	return b
	// endregion
}

// take writes the replies of b, all in one call, and reports whether it was the last. After a
// failure it only makes the batch free again, until the reader has noticed.
func (s *batches) take(b *batch) (last bool) {
	// region reply
	if s.err == nil {
		s.err = s.send(b)
		if s.err != nil && b.last == nil {
			s.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the reader
		}
	}
	last = b.last != nil
	s.free <- b
	return last
	// endregion
}

// send returns why nothing may be written after b.
func (s *batches) send(b *batch) error {
	if len(b.out) > 0 {
		n, err := s.conn.Write(b.out)
		s.written += int64(n)
		if err != nil {
			return err
		}
	}
	if b.failed != nil {
		return b.failed
	}
	return b.last
}

// end ends the connection, after the last batch.
func (s *batches) end(open *drain.Group) {
	// region drain: talk.go
	s.cfg.Tally.End(s.read, s.written)
	leave(open, s.conn, s.cfg, s.err)
}
