package upper

import (
	"bytes"
	"context"
	"encoding/binary"
)

// Session is the protocol state of one connection, for designs that answer where they read. It
// keeps an unfinished request between two reads, and owns no memory while there is none. It is not
// safe for concurrent use.
type Session struct {
	p    Protocol
	rest []byte // the unfinished request; nil when there is none
}

// NewSession returns the session of a new connection.
func (p Protocol) NewSession() Session { return Session{p: p} }

// Feed takes the bytes of a read, and appends to dst the replies to the requests that they
// complete. n is how many bytes of buf it has consumed. Without Work that is all of buf. With Work
// it is at most one request, so that its reply can leave before the next request is begun: the
// caller writes out and calls again with buf[n:] until nothing is left.
//
// The caller owns dst and buf; Feed keeps neither. For Raw, dst may be buf[:0]; otherwise they must
// not overlap. out is valid even if err is not nil: it holds the replies to the requests before the
// fault, and the caller writes it and then closes the connection. Errors are ErrTooLong, a
// *PanicError or the cause of ctx, which ends Work.Wait.
func (s *Session) Feed(ctx context.Context, dst, buf []byte) (out []byte, n int, err error) {
	p := &s.p
	if p.Framing == Raw {
		if err := p.handle(ctx, buf); err != nil {
			return dst, 0, err
		}
		return Bytes(dst, buf), len(buf), nil
	}
	for n < len(buf) {
		req, took, err := s.next(buf[n:])
		n += took
		if err != nil {
			return dst, n, err
		}
		if req == nil {
			continue
		}
		if err := p.handle(ctx, req); err != nil {
			return dst, n, err
		}
		dst = p.transform(dst, req)
		if !p.Work.IsZero() {
			break
		}
	}
	return dst, n, nil
}

// next consumes buf up to the end of the first request and returns the request, valid until the
// next call. If the request has no end in buf, next keeps its bytes and returns nil.
func (s *Session) next(buf []byte) (req []byte, took int, err error) {
	if s.rest == nil {
		end, err := s.p.next(buf)
		if end > 0 {
			return buf[:end], end, nil
		}
		if err == nil {
			s.rest = append(s.rest, buf...)
		}
		return nil, len(buf), err
	}
	took, whole, err := s.missing(buf)
	if err != nil {
		s.rest = nil
		return nil, len(buf), err
	}
	s.rest = append(s.rest, buf[:took]...)
	if whole {
		req, s.rest = s.rest, nil
	}
	return req, took, nil
}

// missing returns how many bytes of buf belong to the unfinished request, at least one, and whether
// they complete it. It looks only at buf, so a request that arrives byte by byte costs linear time.
func (s *Session) missing(buf []byte) (n int, whole bool, err error) {
	if s.p.Framing == Line {
		n = bytes.IndexByte(buf, '\n') + 1
		if whole = n > 0; !whole {
			n = len(buf)
		}
		if len(s.rest)+n > s.p.limit() {
			return 0, false, ErrTooLong
		}
		return n, whole, nil
	}
	var header [HeaderSize]byte
	have := copy(header[:], s.rest)
	n = copy(header[have:], buf)
	if have+n < HeaderSize {
		return n, false, nil
	}
	body := binary.BigEndian.Uint32(header[:])
	if uint64(body) > uint64(s.p.limit()) {
		return 0, false, ErrTooLong
	}
	need := HeaderSize + int(body) - len(s.rest)
	return min(need, len(buf)), need <= len(buf), nil
}

// Unfinished returns the number of bytes of an incomplete request that have arrived.
func (s *Session) Unfinished() int { return len(s.rest) }

// Close is called when the peer has sent everything. For Line it appends to dst the reply to an
// unfinished last line. For Length it returns ErrCutOff if a request is incomplete. Its work cannot
// be interrupted. After Close the session is like a new one.
func (s *Session) Close(dst []byte) ([]byte, error) {
	rest := s.rest
	s.rest = nil
	if len(rest) == 0 {
		return dst, nil
	}
	if s.p.Framing == Length {
		return dst, ErrCutOff
	}
	if err := s.p.handle(context.Background(), rest); err != nil {
		return dst, err
	}
	return s.p.transform(dst, rest), nil
}
