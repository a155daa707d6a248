package upper_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"socketbench/servers/upper"
)

// slow is the transform in its simplest form.
func slow(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		if 'a' <= c && c <= 'z' {
			c -= 32
		}
		out[i] = c
	}
	return out
}

func TestBytesChangesOnlyASCIILetters(t *testing.T) {
	for c := range 256 {
		for _, around := range []byte{0, 'a', 'z', '{', '`', 0x7f, 0x80, 0xe1, 0xff} {
			for at := range 70 {
				in := bytes.Repeat([]byte{around}, 70)
				in[at] = byte(c)
				require.Equal(t, slow(in), upper.Bytes(nil, in), "byte %#x among %#x at %d", c, around, at)
			}
		}
	}
}

func TestBytesAppends(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		src := rapid.SliceOfN(rapid.Byte(), 0, 200).Draw(t, "src")
		dst := rapid.SliceOfN(rapid.Byte(), 0, 50).Draw(t, "dst")
		room := rapid.IntRange(0, 300).Draw(t, "room")
		want := append(bytes.Clone(dst), slow(src)...)
		before := bytes.Clone(src)
		got := upper.Bytes(append(make([]byte, 0, len(dst)+room), dst...), src)
		require.Equal(t, want, got)
		require.Equal(t, before, src, "the source was changed")
		require.Equal(t, slow(before), upper.Bytes(src[:0], src), "in place")
	})
}

// stream draws a byte stream that looks like requests of the framing, and sometimes does not.
func stream(t *rapid.T, p upper.Protocol) []byte {
	var b []byte
	for range rapid.IntRange(0, 12).Draw(t, "requests") {
		body := rapid.SliceOfN(rapid.SampledFrom([]byte("abzAZ@[`{\n\x00\x61\xe1\xff")), 0, p.Limit+2).Draw(t, "body")
		switch p.Framing {
		case upper.Line:
			b = append(append(b, body...), '\n')
		case upper.Length:
			b = append(append(b, 0, 0, 0, byte(len(body))), body...)
		default:
			b = append(b, body...)
		}
	}
	if cut := rapid.IntRange(0, 8).Draw(t, "cut off"); cut < len(b) {
		b = b[:len(b)-cut]
	}
	return b
}

// outcome is all that a test can see of a conversation.
type outcome struct {
	out     string
	err     error
	hooked  int
	pending int
}

// play feeds a stream in pieces of the sizes in cuts, and closes the session.
func play(p upper.Protocol, stream []byte, cuts []int) (o outcome) {
	p.Hook = func([]byte) { o.hooked++ }
	s := p.NewSession()
	var out []byte
	for len(stream) > 0 {
		n := len(stream)
		if len(cuts) > 0 {
			n, cuts = min(cuts[0], n), cuts[1:]
		}
		piece := bytes.Clone(stream[:n])
		stream = stream[n:]
		for len(piece) > 0 {
			var took int
			out, took, o.err = s.Feed(context.Background(), out, piece)
			piece = piece[took:]
			if o.err != nil {
				o.out = string(out)
				return o
			}
		}
	}
	o.pending = s.Unfinished()
	out, o.err = s.Close(out)
	o.out = string(out)
	return o
}

func TestAnyCutGivesTheSameOutput(t *testing.T) {
	for _, framing := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
		for _, work := range []upper.Work{{}, {CPU: 1}} {
			t.Run(fmt.Sprintf("%s/work %d", framing, work.CPU), func(t *testing.T) {
				rapid.Check(t, func(t *rapid.T) {
					p := upper.Protocol{Framing: framing, Limit: rapid.IntRange(1, 20).Draw(t, "limit"), Work: work}.WithDefaults()
					whole := stream(t, p)
					cuts := rapid.SliceOf(rapid.IntRange(1, 9)).Draw(t, "cuts")
					want, got := play(p, whole, nil), play(p, whole, cuts)
					if framing == upper.Raw {
						want.hooked, got.hooked = 0, 0 // a raw request is one read, so more cuts make more requests
					}
					require.Equal(t, want, got)
				})
			})
		}
	}
}

// TestSessionAgreesWithNext compares the two ways to split a stream.
func TestSessionAgreesWithNext(t *testing.T) {
	for _, framing := range []upper.Framing{upper.Line, upper.Length} {
		t.Run(framing.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := upper.Protocol{Framing: framing, Limit: rapid.IntRange(1, 20).Draw(t, "limit")}
				whole := stream(t, p)
				var out []byte
				var err error
				for rest := whole; ; {
					var req []byte
					req, rest, err = p.Next(rest)
					if req == nil {
						break
					}
					out, _ = p.Reply(t.Context(), out, req)
				}
				s := p.NewSession()
				got, _, fault := s.Feed(t.Context(), nil, whole)
				require.Equal(t, string(out), string(got))
				require.Equal(t, err, fault)
			})
		})
	}
}

// TestWholeAgreesWithSession compares Whole, Last and Answer with a session.
func TestWholeAgreesWithSession(t *testing.T) {
	for _, framing := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
		t.Run(framing.String(), func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				p := upper.Protocol{Framing: framing, Limit: rapid.IntRange(1, 20).Draw(t, "limit")}
				whole := stream(t, p)
				n, err := p.Whole(whole)
				out, fault := p.Answer(t.Context(), nil, whole[:n])
				require.NoError(t, fault)
				if err == nil {
					var last []byte
					if last, err = p.Last(whole[n:]); err == nil {
						out, fault = p.Answer(t.Context(), out, last)
						require.NoError(t, fault)
					}
				}
				want := play(p, whole, nil)
				require.Equal(t, want.out, string(out))
				require.Equal(t, want.err, err)
			})
		})
	}
}

func TestLimits(t *testing.T) {
	feed := func(p upper.Protocol, in string) (string, error) {
		s := p.NewSession()
		out, _, err := s.Feed(t.Context(), nil, []byte(in))
		return string(out), err
	}
	line := upper.Protocol{Framing: upper.Line, Limit: 4}
	out, err := feed(line, "abc\nabcd\nab\n")
	require.ErrorIs(t, err, upper.ErrTooLong)
	require.Equal(t, "ABC\n", out, "the complete requests before the fault are answered, nothing after them")
	length := upper.Protocol{Framing: upper.Length, Limit: 4}
	out, err = feed(length, "\x00\x00\x00\x04abcd\x00\x00\x00\x00\xff\xff\xff\xff")
	require.ErrorIs(t, err, upper.ErrTooLong)
	require.Equal(t, "\x00\x00\x00\x04ABCD\x00\x00\x00\x00", out)
}

func TestClose(t *testing.T) {
	s := upper.Protocol{Framing: upper.Line}.NewSession()
	_, _, err := s.Feed(t.Context(), nil, []byte("one\ntwo"))
	require.NoError(t, err)
	require.Equal(t, 3, s.Unfinished())
	out, err := s.Close(nil)
	require.NoError(t, err)
	require.Equal(t, "TWO", string(out))
	require.Zero(t, s.Unfinished())
	out, err = s.Close(nil)
	require.NoError(t, err)
	require.Empty(t, out, "after Close the session is like a new one")

	s = upper.Protocol{Framing: upper.Length}.NewSession()
	_, _, err = s.Feed(t.Context(), nil, []byte{0, 0})
	require.NoError(t, err)
	_, err = s.Close(nil)
	require.ErrorIs(t, err, upper.ErrCutOff)
}

func TestPanicEndsOneRequest(t *testing.T) {
	p := upper.Protocol{Hook: func(req []byte) { panic("no \x1b[31m" + string(req) + "\n") }}
	_, err := p.Reply(t.Context(), nil, []byte("evil"))
	var caught *upper.PanicError
	require.ErrorAs(t, err, &caught)
	require.NotEmpty(t, caught.Stack)
	require.NotContains(t, err.Error(), "\x1b", "bytes from a client must not reach a log unescaped")
	require.NotContains(t, err.Error(), "\n")
	s := p.NewSession()
	_, _, err = s.Feed(t.Context(), nil, []byte("evil"))
	require.ErrorAs(t, err, &caught)
}

func TestSlotsAreSharedAndEnded(t *testing.T) {
	p := upper.Protocol{Work: upper.Work{Wait: time.Hour, Slots: 1}}.WithDefaults()
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("told to stop")
	ended := make(chan error, 2)
	for range 2 { // one waits for the clock, the other for its slot
		copied := p
		go func() {
			_, err := copied.Reply(ctx, nil, []byte("x"))
			ended <- err
		}()
	}
	cancel(stop)
	for range 2 {
		select {
		case err := <-ended:
			require.ErrorIs(t, err, stop)
		case <-time.After(10 * time.Second):
			t.Fatal("a wait did not end with its context")
		}
	}
}

func TestFramingNames(t *testing.T) {
	for _, f := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
		text, err := f.MarshalText()
		require.NoError(t, err)
		var back upper.Framing
		require.NoError(t, back.UnmarshalText(text))
		require.Equal(t, f, back)
	}
	_, err := upper.ParseFraming("lines")
	require.EqualError(t, err, `upper: no framing "lines"; choose raw, line or length`)
	require.Equal(t, "Framing(7)", upper.Framing(7).String())
}

func TestNothingIsAllocated(t *testing.T) {
	src := bytes.Repeat([]byte("socket bench "), 5000)
	dst := make([]byte, 0, len(src))
	require.Zero(t, testing.AllocsPerRun(100, func() { upper.Bytes(dst, src) }), "Bytes")
	for _, framing := range []upper.Framing{upper.Raw, upper.Line, upper.Length} {
		p := upper.Protocol{Framing: framing}.WithDefaults()
		request := []byte("\x00\x00\x00\x05hell\n")
		in := bytes.Repeat(request, 100)
		out := make([]byte, 0, len(in))
		s, ctx := p.NewSession(), context.Background()
		require.Zero(t, testing.AllocsPerRun(100, func() {
			if _, _, err := s.Feed(ctx, out, in); err != nil {
				t.Fatal(err)
			}
		}), "Feed, %s", framing)
		require.Zero(t, testing.AllocsPerRun(100, func() {
			req, _, _ := p.Next(in)
			if _, err := p.Reply(ctx, out, req); err != nil {
				t.Fatal(err)
			}
		}), "Next and Reply, %s", framing)
	}
}

func BenchmarkBytes(b *testing.B) {
	for _, size := range []int{16, 64, 1 << 10, 64 << 10} {
		src := bytes.Repeat([]byte("Hello, socket bench; "), size/20+1)[:size]
		dst := make([]byte, 0, size)
		b.Run(fmt.Sprintf("upper.Bytes/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				upper.Bytes(dst, src)
			}
		})
		b.Run(fmt.Sprintf("bytes.ToUpper/%d", size), func(b *testing.B) {
			b.SetBytes(int64(size))
			for b.Loop() {
				bytes.ToUpper(src)
			}
		})
	}
}
