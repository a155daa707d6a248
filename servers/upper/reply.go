package upper

import (
	"context"
	"runtime/debug"
	"time"
)

// Reply does the work of one complete request and appends its reply to dst. On error it returns dst
// unchanged. It is safe for concurrent use. For Raw, dst may be req[:0]; otherwise dst and req must
// not overlap. It blocks for a free slot and for Work.Wait; the end of ctx ends both, and Reply
// returns its cause. A panic in the Hook is returned as a *PanicError.
func (p Protocol) Reply(ctx context.Context, dst, req []byte) ([]byte, error) {
	if err := p.handle(ctx, req); err != nil {
		return dst, err
	}
	return p.transform(dst, req), nil
}

// transform appends the reply without the work.
func (p *Protocol) transform(dst, req []byte) []byte {
	if p.Framing == Length {
		dst = append(dst, req[:HeaderSize]...)
		req = req[HeaderSize:]
	}
	return Bytes(dst, req)
}

// plain reports whether answering a request is only the transform.
func (p *Protocol) plain() bool { return p.Work.IsZero() && p.Hook == nil }

// handle does the work of a request that the transform does not include.
func (p *Protocol) handle(ctx context.Context, req []byte) error {
	if p.plain() {
		return nil
	}
	if p.Hook != nil {
		if err := p.hook(req); err != nil {
			return err
		}
	}
	_ = Spin(p.Work.CPU)
	return p.wait(ctx)
}

func (p *Protocol) hook(req []byte) (err error) {
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Value: v, Stack: debug.Stack()}
		}
	}()
	p.Hook(req)
	return nil
}

// wait takes a slot, if they are bounded, and holds it for Work.Wait.
func (p *Protocol) wait(ctx context.Context) error {
	if p.Work.Wait <= 0 {
		return nil
	}
	if p.slots != nil {
		select {
		case p.slots <- struct{}{}:
			defer func() { <-p.slots }()
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
	t := time.NewTimer(p.Work.Wait)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Spin computes for n iterations and returns a value that depends on all of them, so that the
// compiler keeps the loop. One iteration is one step of a linear congruential generator, in which
// each multiplication needs the result of the one before: about a nanosecond.
//
//go:noinline
func Spin(n int) uint64 {
	x := uint64(n)
	for range n {
		x = x*6364136223846793005 + 1442695040888963407
	}
	return x
}
