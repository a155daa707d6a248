package servertest

import (
	"bytes"
	"encoding/binary"

	"socketbench/servers/upper"
)

// model is the protocol written a second time, in the plainest way, so that a fault in the fast code is not repeated
// in the code that judges it.
type model struct {
	framing upper.Framing
	limit   int
	part    []byte // what has come of the request that is not complete yet
	broken  bool   // a request was longer than the limit: nothing after it is answered
}

// feed returns the reply that b completes.
func (m *model) feed(b []byte) []byte {
	if m.framing == upper.Raw {
		return plain(b)
	}
	var out []byte
	for len(b) > 0 && !m.broken {
		n := m.next(b)
		m.part, b = append(m.part, b[:n]...), b[n:]
		if m.tooLong() {
			m.broken, m.part = true, nil
		} else if m.complete() {
			out = append(out, m.reply()...)
			m.part = m.part[:0]
		}
	}
	return out
}

// next returns how many bytes at the start of b belong to the part that is being collected.
func (m *model) next(b []byte) int {
	if m.framing == upper.Line {
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			return i + 1
		}
		return len(b)
	}
	if len(m.part) < upper.HeaderSize {
		return min(upper.HeaderSize-len(m.part), len(b))
	}
	return min(upper.HeaderSize+m.size()-len(m.part), len(b))
}

// reply returns the reply to the request that is complete.
func (m *model) reply() []byte {
	if m.framing == upper.Line {
		return plain(m.part)
	}
	return append(m.part[:upper.HeaderSize:upper.HeaderSize], plain(m.part[upper.HeaderSize:])...)
}

// size is the length in the header of the part. The header must be complete.
func (m *model) size() int { return int(binary.BigEndian.Uint32(m.part)) }

func (m *model) complete() bool {
	if m.framing == upper.Line {
		return m.part[len(m.part)-1] == '\n'
	}
	return len(m.part) >= upper.HeaderSize && len(m.part) == upper.HeaderSize+m.size()
}

func (m *model) tooLong() bool {
	if m.framing == upper.Line {
		return len(m.part) > m.limit
	}
	return len(m.part) >= upper.HeaderSize && uint64(m.size()) > uint64(m.limit)
}

// end returns what is still owed when the client has sent everything.
func (m *model) end() []byte {
	rest := m.part
	m.part = nil
	if m.framing != upper.Line {
		return nil
	}
	return plain(rest)
}

// plain is the transform, by a table. The race detector does not look at it: its bytes are the client's own, and
// checking each of them took longer than the rest of the suite.
//
//go:norace
func plain(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = plainTable[c]
	}
	return out
}

var plainTable = func() (t [256]byte) {
	for i := range t {
		t[i] = plainByte(byte(i))
	}
	return t
}()

func plainByte(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - 32
	}
	return c
}
