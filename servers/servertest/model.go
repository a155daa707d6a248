package servertest

import (
	"encoding/binary"

	"socketbench/servers/upper"
)

// model is the protocol written a second time, byte by byte, so that a fault in the fast code is not
// the judge's fault too.
type model struct {
	framing upper.Framing
	limit   int
	part    []byte // the reply to the request that is not complete yet
	broken  bool   // a request was longer than the limit: nothing after it is answered
}

// feed returns the reply that b completes.
func (m *model) feed(b []byte) []byte {
	if m.framing == upper.Raw {
		return plain(b)
	}
	var out []byte
	for _, c := range b {
		if m.broken {
			break
		}
		if m.framing == upper.Line || len(m.part) >= upper.HeaderSize {
			c = plainByte(c)
		}
		m.part = append(m.part, c)
		if m.tooLong() {
			m.broken, m.part = true, nil
		} else if m.complete() {
			out = append(out, m.part...)
			m.part = nil
		}
	}
	return out
}

func (m *model) complete() bool {
	if m.framing == upper.Line {
		return m.part[len(m.part)-1] == '\n'
	}
	return len(m.part) >= upper.HeaderSize &&
		uint64(len(m.part)) == upper.HeaderSize+uint64(binary.BigEndian.Uint32(m.part))
}

func (m *model) tooLong() bool {
	if m.framing == upper.Line {
		return len(m.part) > m.limit
	}
	return len(m.part) >= upper.HeaderSize && uint64(binary.BigEndian.Uint32(m.part)) > uint64(m.limit)
}

// end returns what is still owed when the client has sent everything.
func (m *model) end() []byte {
	rest := m.part
	m.part = nil
	if m.framing != upper.Line {
		return nil
	}
	return rest
}

// plain is the transform, one byte at a time.
func plain(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = plainByte(c)
	}
	return out
}

func plainByte(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 32
	}
	return c
}

// frame makes a request of b.
func frame(f upper.Framing, b []byte) []byte {
	switch f {
	case upper.Line:
		return append(append([]byte(nil), b...), '\n')
	case upper.Length:
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(b))), b...)
	default:
		return b
	}
}
