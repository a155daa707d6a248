package servertest

import (
	"socketbench/servers"
	"socketbench/servers/upper"
)

var (
	onlyLine   = []upper.Framing{upper.Line}
	onlyLength = []upper.Framing{upper.Length}
	framed     = []upper.Framing{upper.Line, upper.Length}
	smallLimit = servers.Config{Protocol: upper.Protocol{Limit: 16}}
)

const (
	tooEarly   = "answers a request before it is complete: the reply is due when its last byte has come"
	noLimit    = "keeps collecting a request that can never be valid: one client can fill the memory"
	lostBefore = "drops complete requests that came before the faulty one"
	lineCount  = "is off by one at the limit of a line, which includes its newline"
	headerByte = "treats the header as text: only the bytes after it are made upper case"
	signedSize = "reads the length as a signed number"
	byteOrder  = "reads the length little-endian" + lengthIs
)

// refused is a case in which good requests are answered and then bad ends the connection.
func refused(good string, bad []byte) func(*caseRun) {
	return func(s *caseRun) {
		c := s.dial()
		if good != "" {
			c.send(s.frame(good))
		}
		c.exchange(bad)
		c.eof()
	}
}
