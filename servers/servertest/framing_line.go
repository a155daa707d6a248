package servertest

import (
	"bytes"
	"strings"
	"time"
)

func line(n int) string { return strings.Repeat("x", n-1) + "\n" }

var lineCases = []Case{
	{Name: "framing/line-hello", Only: onlyLine, Why: "a line is answered with its newline", run: echoed("hello")},
	{Name: "framing/line-empty", Only: onlyLine, Why: "an empty line is a request of one byte", Fault: "swallows an empty line", run: echoed("")},
	{Name: "framing/line-empty-many", Only: onlyLine, Why: "a thousand empty lines are a thousand requests", Fault: "swallows an empty line",
		run: dialogue(func(s *caseRun, c *client) { c.send(bytes.Repeat([]byte("\n"), 1000)) })},
	{Name: "framing/line-waits", Only: onlyLine, Why: "a line is answered when it is complete, not before", Fault: tooEarly,
		run: dialogue(func(s *caseRun, c *client) {
			c.send([]byte("not yet"))
			c.quiet(25 * time.Millisecond)
			c.exchange([]byte(" now\n"))
		})},
	{Name: "framing/line-one-of-two", Only: onlyLine, Why: "a complete line is answered though the next one has begun",
		Fault: "waits for the rest of the next request before it answers this one",
		run: dialogue(func(s *caseRun, c *client) {
			c.exchange([]byte("whole\nhal"))
			c.quiet(15 * time.Millisecond)
			c.exchange([]byte("f\n"))
		})},
	{Name: "framing/line-rest-at-end", Only: onlyLine, Why: "the bytes after the last newline are answered at the half-close",
		Fault: "drops the last line because it has no newline",
		run:   dialogue(func(s *caseRun, c *client) { c.send([]byte("one\ntwo\nno newline")) })},
	{Name: "framing/line-only-rest", Only: onlyLine, Why: "a client may send a single line without a newline and half-close",
		Fault: "drops the last line because it has no newline",
		run:   dialogue(func(s *caseRun, c *client) { c.send([]byte("all there is")) })},
	{Name: "framing/line-carriage-return", Only: onlyLine, Why: "a carriage return belongs to the line", Fault: textBytes,
		run: dialogue(func(s *caseRun, c *client) { c.exchange([]byte("dos\r\n\r\n\rmac\r \n")) })},
	{Name: "framing/line-other-breaks", Only: onlyLine, Why: "only the byte 0x0a ends a line: carriage return, form feed, vertical tab and Unicode's separators do not", Fault: textBytes,
		run: dialogue(func(s *caseRun, c *client) {
			c.send([]byte("a\x0bb\rc\x0cc\xc2\x85d\xe2\x80\xa8e\x1cf"))
			c.quiet(15 * time.Millisecond)
			c.exchange([]byte("\n"))
		})},
	{Name: "framing/line-zero-byte", Only: onlyLine, Why: "a zero byte within a line is data", Fault: cString, run: echoed("a\x00b\x00")},
	{Name: "framing/line-newline-alone", Only: onlyLine, Why: "the newline may come in a read of its own", Fault: stalePart,
		run: dialogue(func(s *caseRun, c *client) {
			for range 10 {
				c.send([]byte("text"))
				s.pause(300 * time.Microsecond)
				c.exchange([]byte("\n"))
			}
		})},
	{Name: "framing/line-at-limit", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "a line of exactly the limit, newline included, is answered", Fault: lineCount,
		run: dialogue(func(s *caseRun, c *client) { c.exchange([]byte(line(16) + line(15) + line(16) + line(16))) })},
	{Name: "framing/line-at-limit-cut", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "the limit is the same when the line arrives in pieces", Fault: lineCount,
		run: dialogue(func(s *caseRun, c *client) {
			for at := 1; at < 16; at++ {
				c.pieces([]byte(line(16)), 200*time.Microsecond, at, 16)
				c.replies()
			}
		})},
	{Name: "framing/line-over-limit", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "a line one byte over the limit is not answered; the connection closes", Fault: lineCount,
		run: refused("good", []byte(line(17)))},
	{Name: "framing/line-over-limit-cut", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "a line over the limit is refused even if its end comes alone", Fault: lineCount,
		run: func(s *caseRun) {
			c := s.dial()
			c.exchange([]byte("good\n"))
			c.send([]byte(line(17)[:15]))
			s.pause(2 * time.Millisecond)
			c.send([]byte("x"))
			c.quiet(10 * time.Millisecond)
			c.send([]byte("x\n"))
			c.eof()
		}},
	{Name: "framing/line-without-end", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "a line is refused as soon as it is longer than the limit: its newline may never come", Fault: noLimit,
		run: refused("good", []byte(strings.Repeat("y", 17)))},
	{Name: "framing/line-rest-at-limit", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "an unfinished last line of exactly the limit is answered", Fault: lineCount,
		run: dialogue(func(s *caseRun, c *client) { c.send([]byte(strings.Repeat("y", 16))) })},
	{Name: "framing/line-limit-each", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "the limit is for one line: several lines together may be longer",
		Fault: "counts bytes of the connection, or of one read, instead of the line",
		run: dialogue(func(s *caseRun, c *client) {
			c.exchange([]byte(strings.Repeat(line(16), 40)))
			c.send([]byte(strings.Repeat(line(9), 40)))
		})},
	{Name: "framing/line-nothing-after-fault", Only: onlyLine, Config: smallLimit, Needs: Configure, Why: "nothing after a line that is too long is answered: its end cannot be trusted",
		Fault: "goes on after a request that is too long",
		run:   refused("good", []byte(line(40)+"evil\n"))},
	{Name: "framing/line-default-limit", Only: onlyLine, Why: "a line may be 64 KiB long unless the server is told otherwise", Fault: lineCount,
		run: dialogue(func(s *caseRun, c *client) {
			c.exchange([]byte(line(s.limit)))
			c.exchange([]byte(line(s.limit)))
		})},
	{Name: "framing/line-default-over", Only: onlyLine, Why: "a line longer than 64 KiB ends the connection", Fault: noLimit,
		run: func(s *caseRun) {
			c := s.dial()
			c.ask("good")
			c.send([]byte(strings.Repeat("z", s.limit+1)))
			c.eof()
		}},
}
