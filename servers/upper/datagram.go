package upper

import "context"

// Datagram appends to dst the reply to a datagram, which is a whole conversation: its replies in one. The caller owns dst
// and in, which must not overlap. There is no reply if err is not nil; errors are those of Session.Feed and Session.Close.
func (p Protocol) Datagram(ctx context.Context, dst, in []byte) (out []byte, err error) {
	session := p.NewSession()
	for out = dst; ; {
		var n int
		if out, n, err = session.Feed(ctx, out, in); err != nil {
			return out, err
		}
		if in = in[n:]; len(in) == 0 {
			return session.Close(out)
		}
	}
}
