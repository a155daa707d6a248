package upper_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/servers/upper"
)

func FuzzBytes(f *testing.F) {
	f.Add([]byte("hello"), 3)
	f.Add([]byte("\x80a\xffz{`@[stra\xdfe and more than thirty-two bytes of it"), 40)
	f.Fuzz(func(t *testing.T, src []byte, room int) {
		dst := make([]byte, 0, min(max(room, 0), 1<<16))
		require.Equal(t, slow(src), append([]byte{}, upper.Bytes(dst, src)...))
	})
}

// FuzzCuts checks that a stream gives the same output however it is cut into reads.
func FuzzCuts(f *testing.F) {
	f.Add(uint8(0), uint8(8), []byte("hello"), []byte{1, 2})
	f.Add(uint8(1), uint8(8), []byte("one\ntwo\n\nthree is longer\nrest"), []byte{3, 1, 7})
	f.Add(uint8(2), uint8(8), []byte("\x00\x00\x00\x02ab\x00\x00\x00\x00\x00\x00\x00\x09too long"), []byte{2, 3, 1})
	f.Add(uint8(2), uint8(97), append([]byte{0, 0, 0, 'a'}, bytes.Repeat([]byte("z"), 97)...), []byte{4, 50})
	f.Fuzz(func(t *testing.T, framing, limit uint8, stream, cuts []byte) {
		p := upper.Protocol{Framing: upper.Framing(framing % 3), Limit: int(limit)}.WithDefaults()
		var sizes []int
		for _, c := range cuts {
			sizes = append(sizes, int(c)+1)
		}
		want, got := play(p, stream, nil), play(p, stream, sizes)
		if p.Framing == upper.Raw {
			want.hooked, got.hooked = 0, 0
		}
		require.Equal(t, want, got)
	})
}
