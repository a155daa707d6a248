package upper

import "context"

// Whole returns how many bytes of buf, from its beginning, are complete requests. err is ErrTooLong
// when what follows them can never be one. It is for designs that read in one place and answer in
// another: what is whole can be handed over, the rest waits for more.
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

// Last returns what of rest, which is not a complete request, is still owed an answer when the peer
// has sent everything: all of it for Line. It returns ErrCutOff where a length-framed request is
// incomplete.
func (p Protocol) Last(rest []byte) ([]byte, error) {
	if p.Framing == Length && len(rest) > 0 {
		return nil, ErrCutOff
	}
	return rest, nil
}

// Answer appends to dst the replies to whole requests, as Whole and Last found them, in order. It is
// Reply for each of them; out is valid also when err is not nil: it holds what was answered before.
func (p Protocol) Answer(ctx context.Context, dst, whole []byte) (out []byte, err error) {
	for len(whole) > 0 {
		n, _ := p.next(whole)
		if n == 0 {
			n = len(whole) // the last line, which has no end
		}
		if dst, err = p.Reply(ctx, dst, whole[:n]); err != nil {
			return dst, err
		}
		whole = whole[n:]
	}
	return dst, nil
}
