package upper

import (
	"bytes"
	"encoding/binary"
	"fmt"
)

// Framing says where a request ends.
type Framing int

const (
	Raw    Framing = iota // whatever one read returns
	Line                  // up to and including '\n'; when the peer has sent everything, the rest
	Length                // HeaderSize bytes, big-endian n, then n bytes
)

// HeaderSize is the number of bytes of a [Length] header.
const HeaderSize = 4

// LengthInPython makes a request of framing [Length] in Python.
const LengthInPython = `struct.pack("!I", len(data)) + data`

var framings = [...]string{Raw: "raw", Line: "line", Length: "length"}

// String returns the name by which commands and files know the framing.
func (f Framing) String() string {
	if f < 0 || int(f) >= len(framings) {
		return fmt.Sprintf("Framing(%d)", int(f))
	}
	return framings[f]
}

// ParseFraming is the inverse of [Framing.String].
func ParseFraming(s string) (Framing, error) {
	for f, name := range framings {
		if name == s {
			return Framing(f), nil
		}
	}
	return Raw, fmt.Errorf("upper: no framing %q; choose raw, line or length", s)
}

// MarshalText lets a framing stand in JSON, YAML and flags under its name.
func (f Framing) MarshalText() ([]byte, error) { return []byte(f.String()), nil }

// UnmarshalText is the inverse of MarshalText.
func (f *Framing) UnmarshalText(text []byte) (err error) {
	*f, err = ParseFraming(string(text))
	return err
}

// Frame makes a request of b: the bytes with what the framing puts before or after them. With Raw it is b itself; otherwise it is a
// copy.
func (f Framing) Frame(b []byte) []byte {
	switch f {
	case Line:
		return append(b[:len(b):len(b)], '\n')
	case Length:
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
	}
	return b
}

// Next splits the first complete request off buf, without copying: req and rest are parts of buf.
// req is nil when there is no complete request yet. err is ErrTooLong when there can never be one;
// requests that were split off before stay valid.
func (p Protocol) Next(buf []byte) (req, rest []byte, err error) {
	n, err := p.next(buf)
	if n == 0 {
		return nil, buf, err
	}
	return buf[:n:n], buf[n:], nil
}

// next returns the length of the first complete request of buf, 0 if there is none yet.
func (p *Protocol) next(buf []byte) (int, error) {
	switch p.Framing {
	case Line:
		head := buf[:min(len(buf), p.limit())]
		if i := bytes.IndexByte(head, '\n'); i >= 0 {
			return i + 1, nil
		}
		if len(buf) > len(head) {
			return 0, ErrTooLong
		}
		return 0, nil
	case Length:
		if len(buf) < HeaderSize {
			return 0, nil
		}
		n := binary.BigEndian.Uint32(buf)
		if uint64(n) > uint64(p.limit()) {
			return 0, ErrTooLong
		}
		if len(buf)-HeaderSize < int(n) {
			return 0, nil
		}
		return HeaderSize + int(n), nil
	default:
		return len(buf), nil
	}
}
