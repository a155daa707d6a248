package upper

import "context"

// Whole returns how many bytes at the beginning of buf are complete requests. err is ErrTooLong if
// the bytes after them can never become one. It is for designs that read in one place and answer in
// another: they hand over the complete requests and keep the rest until more arrives.
func (p Protocol) Whole(buf []byte) (n int, err error) {
	for n < len(buf) {
		took, err := p.next(buf[n:])
		if took == 0 {
			return n, err
		}
		n += took
	}
	return n, nil
}

// Last returns the part of rest, an incomplete request, that gets a reply when the peer has sent
// everything: for Line, all of it. It returns ErrCutOff if a length-framed request is incomplete.
func (p Protocol) Last(rest []byte) ([]byte, error) {
	if p.Framing == Length && len(rest) > 0 {
		return nil, ErrCutOff
	}
	return rest, nil
}

// Answer appends to dst the replies to the requests in whole, which Whole and Last have found, in
// order. It calls Reply for each. out is valid even if err is not nil: it holds the earlier
// replies.
func (p Protocol) Answer(ctx context.Context, dst, whole []byte) (out []byte, err error) {
	for len(whole) > 0 {
		n, _ := p.next(whole)
		if n == 0 {
			n = len(whole) // the unfinished last line
		}
		if dst, err = p.Reply(ctx, dst, whole[:n]); err != nil {
			return dst, err
		}
		whole = whole[n:]
	}
	return dst, nil
}
