package load

import (
	"bytes"
	"testing"
)

func BenchmarkUntil(b *testing.B) {
	c := Conversation{Say: []byte("x"), Until: []byte("\r\n")}
	s := c.script()
	reply := append(bytes.Repeat([]byte("all is well "), 40), "\r\n"...)
	b.SetBytes(int64(len(reply)))
	for b.Loop() {
		if n, matched := s.seek(reply, 0); n != len(reply) || matched != 2 {
			b.Fatal(n, matched)
		}
	}
}
