package blocking

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"time"

	"socketbench/patterns/drain"
	"socketbench/servers/config"
	"socketbench/servers/upper"
)

// Ahead is the Traits.Ahead of every design that queues: the batches it may hold for a connection.
const Ahead = 4

// Batch is the requests of one read, on their way from the goroutine that reads them to those that
// answer and write. It belongs to one goroutine at a time.
type Batch struct {
	in     []byte // complete requests
	out    []byte // their replies; for raw, in the memory of in
	buf    []byte // the memory of in, kept for the next read
	failed error  // why the replies end early: a handler panicked or was cut off
	Last   error  // why this batch is the last one; nil: another follows
}

// Answer makes the replies to the requests of b.
func (b *Batch) Answer(ctx context.Context, p upper.Protocol) {
	dst := p.Scratch(b.in)
	if dst == nil {
		dst = b.out[:0]
	}
	b.out, b.failed = p.Answer(ctx, dst, b.in)
}

// Batches is one connection of a design that queues. One goroutine calls Next; one goroutine,
// perhaps another, calls Take for every batch that Next returned, in the same order, up to the
// last.
//
// The number of batches is fixed. If a peer does not read its replies, soon no batch is free and
// nothing more is read from it: this is the back-pressure, and it bounds the memory.
type Batches struct {
	conn          net.Conn
	cfg           config.Config
	free          chan *Batch
	rest          []byte // an incomplete request
	read, written int64
	err           error // why nothing more is written
}

// NewBatches returns the batches of a connection, all free.
func NewBatches(conn net.Conn, cfg config.Config) *Batches {
	s := &Batches{conn: conn, cfg: cfg, free: make(chan *Batch, Ahead)}
	for range Ahead {
		s.free <- new(Batch) // a batch gets memory when it is first used
	}
	return s
}

// Next blocks until a batch is free, and then reads until the batch has a complete request or is
// the last one.
func (s *Batches) Next() *Batch {
	b := <-s.free
	// region read
	buf, whole := append(b.buf[:0], s.rest...), 0
	for b.Last = nil; whole == 0 && b.Last == nil; {
		have := len(buf)
		buf = slices.Grow(buf, s.cfg.ReadSize)[:have+s.cfg.ReadSize]
		n, err := s.conn.Read(buf[have:])
		s.read += int64(n)
		buf = buf[:have+n]
		if whole, b.Last = s.cfg.Protocol.Whole(buf); b.Last == nil {
			b.Last = err
		}
	}
	s.rest = append(s.rest[:0], buf[whole:]...)
	if b.Last == io.EOF { // the peer has sent everything
		more, err := s.cfg.Protocol.Last(s.rest)
		whole, b.Last = whole+len(more), errors.Join(err, io.EOF)
	}
	b.in, b.buf = buf[:whole], buf
	return b
	// endregion
}

// Take writes all replies of b in one call, frees b, and reports whether it was the last batch.
// After a failed write it writes nothing more, and wakes the reader, so that the last batch comes.
func (s *Batches) Take(b *Batch) (last bool) {
	// region reply
	if s.err == nil {
		s.err = s.send(b)
		if s.err != nil && b.Last == nil {
			s.conn.SetReadDeadline(time.Unix(1, 0)) // wakes the reader
		}
	}
	last = b.Last != nil
	s.free <- b
	return last
	// endregion
}

// send writes the replies of b and returns why nothing may be written after them.
func (s *Batches) send(b *Batch) error {
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
	return b.Last
}

// End ends the connection after the last batch.
func (s *Batches) End(open *drain.Group) {
	// region drain: servers/blocking/talk.go
	s.cfg.Tally.End(s.read, s.written)
	Leave(open, s.conn, s.cfg, s.err)
}
