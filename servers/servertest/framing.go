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
	tooEarly   = "answered a request that was not complete: the reply belongs to its end"
	noLimit    = "keeps collecting a request that can never be valid: one client can fill the memory"
	lostBefore = "threw away what was complete before the fault"
	lineCount  = "off by one at the limit of a line, which includes its newline"
	headerByte = "treated the header as text: only the bytes after it are made upper case"
	signedSize = "read the length as a signed number"
	byteOrder  = "read the length in the machine's byte order"
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
