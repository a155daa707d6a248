package upper

import "encoding/binary"

// Bytes appends src to dst with ASCII a-z in upper case and returns the result. dst may be src[:0];
// it must not overlap src in any other way. It allocates only when dst lacks room.
//
// It changes eight bytes at a time in one register. Adding one constant to the low seven bits of
// each byte sets the byte's top bit if the byte is at least 'a'; adding another sets it if the byte
// is beyond 'z'. Bytes where the two sums differ are letters, and their top bit, shifted to 0x20,
// is the bit that separates the two cases. Carries cannot cross bytes because the top bits are
// masked off first (Warren, Hacker's Delight, section 2-18).
func Bytes(dst, src []byte) []byte {
	n := len(dst)
	if cap(dst)-n < len(src) {
		dst = append(dst, src...)
	} else {
		dst = dst[:n+len(src)]
	}
	d := dst[n:]
	for len(src) >= 32 && len(d) >= 32 {
		binary.LittleEndian.PutUint64(d[0:8], upper8(binary.LittleEndian.Uint64(src[0:8])))
		binary.LittleEndian.PutUint64(d[8:16], upper8(binary.LittleEndian.Uint64(src[8:16])))
		binary.LittleEndian.PutUint64(d[16:24], upper8(binary.LittleEndian.Uint64(src[16:24])))
		binary.LittleEndian.PutUint64(d[24:32], upper8(binary.LittleEndian.Uint64(src[24:32])))
		src, d = src[32:], d[32:]
	}
	for i, c := range src {
		if 'a' <= c && c <= 'z' {
			c -= 'a' - 'A'
		}
		d[i] = c
	}
	return dst
}

const (
	ones = 0x0101010101010101
	high = 0x80 * ones
)

// upper8 changes eight bytes at once.
func upper8(w uint64) uint64 {
	low := w &^ high
	fromA := low + (0x80-'a')*ones         // top bit of a byte: at least 'a'
	pastZ := low + (0x80-'z'-1)*ones       // top bit of a byte: beyond 'z'
	letters := (fromA ^ pastZ) &^ w & high // ASCII only: bytes of 0x80 and above stay as they are
	return w ^ letters>>2
}
