package servertest

import (
	"context"
	"encoding/binary"
	"errors"
	"sync"
	"syscall"

	"socketbench/servers/upper"
)

// answers makes a flaw of a function from a request to its reply.
func answers(f func(in []byte) []byte) flaw {
	return flaw{answer: func(in, _ []byte) []byte { return f(in) }}
}

// each makes a flaw of a wrong transform of single bytes.
func each(f func(c byte) byte) flaw {
	return answers(func(in []byte) []byte {
		out := make([]byte, len(in))
		for i, c := range in {
			out[i] = f(c)
		}
		return out
	})
}

// splits is a session made of a function that answers what it has so far and returns the rest, and of
// what it does at the end of the stream.
type splits struct {
	mu    sync.Mutex
	p     upper.Protocol
	held  []byte
	asked uint16 // requests, of one that counts them
	feed  func(s *splits, buf []byte) (out []byte, err error)
	close func(s *splits) []byte
}

func (s *splits) Feed(_ context.Context, dst, buf []byte) ([]byte, int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	out, err := s.feed(s, buf)
	return append(dst, out...), len(buf), err
}

func (s *splits) Close(dst []byte) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.close == nil {
		return append(dst, plain(s.held)...), nil
	}
	return append(dst, s.close(s)...), nil
}

// splitting makes a flaw of a wrong way to find requests.
func splitting(feed func(s *splits, buf []byte) ([]byte, error), end func(s *splits) []byte) flaw {
	return flaw{session: func(p upper.Protocol) session { return &splits{p: p, feed: feed, close: end} }}
}

// lines is the right way to split lines, with a limit of the mutant's own.
func lines(limit func(p upper.Protocol) int) func(s *splits, buf []byte) ([]byte, error) {
	return func(s *splits, buf []byte) (out []byte, err error) {
		for _, c := range buf {
			s.held = append(s.held, c)
			if len(s.held) > limit(s.p) {
				return out, upper.ErrTooLong
			}
			if c == '\n' {
				out, s.held = append(out, plain(s.held)...), nil
			}
		}
		return out, nil
	}
}

// lengths is a way to split length-framed requests, with a mutant's idea of size and header.
func lengths(size func(header []byte) int, header func([]byte) []byte) func(s *splits, buf []byte) ([]byte, error) {
	return func(s *splits, buf []byte) (out []byte, err error) {
		s.held = append(s.held, buf...)
		for len(s.held) >= upper.HeaderSize {
			n := size(s.held[:upper.HeaderSize])
			if n > s.p.Limit {
				return out, upper.ErrTooLong
			}
			if n < 0 {
				n = 0
			}
			if len(s.held) < upper.HeaderSize+n {
				break
			}
			out = append(append(out, header(s.held[:upper.HeaderSize])...), plain(s.held[upper.HeaderSize:upper.HeaderSize+n])...)
			s.held = s.held[upper.HeaderSize+n:]
		}
		return out, nil
	}
}

func sizeOf(header []byte) int            { return int(binary.BigEndian.Uint32(header)) }
func same(header []byte) []byte           { return header }
func nothing(*splits) []byte              { return nil }
func given(p upper.Protocol) int          { return p.Limit }
func isReset(err error) bool              { return errors.Is(err, syscall.ECONNRESET) }
func isGone(err error) bool               { return isReset(err) || errors.Is(err, syscall.EPIPE) }
func everyNth(r *reference, n int64) bool { return r.shared.count.Add(1)%n == 0 }
