package servertest

import (
	"bytes"
	"encoding/binary"
	"slices"
	"strings"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// length makes a header that says n, followed by body.
func length(n uint32, body string) []byte {
	return append(binary.BigEndian.AppendUint32(nil, n), body...)
}

var lengthCases = []Case{
	{Name: "framing/length-hello", Only: onlyLength, Why: "a reply has the header of its request", run: echoed("hello")},
	{Name: "framing/length-zero", Only: onlyLength, Why: "a request of no bytes is answered with its header", Fault: "swallows an empty request", run: echoed("")},
	{Name: "framing/length-zero-many", Only: onlyLength, Why: "empty requests are requests, however many come at once", Fault: "swallows an empty request",
		run: dialogue(func(s *caseRun, c *client) { c.send(bytes.Repeat(length(0, ""), 1000)) })},
	{Name: "framing/length-header-letters", Only: onlyLength, Why: "a header whose bytes look like letters stays as it is", Fault: headerByte,
		run: dialogue(func(s *caseRun, c *client) {
			for _, n := range []int{'a', 'z', 0x6161, 0x617a, 0x0161} {
				c.exchange(length(uint32(n), strings.Repeat("b", n)))
			}
		})},
	{Name: "framing/length-header-cut", Only: onlyLength, Why: "a header may arrive in pieces like any other bytes", Fault: stalePart,
		run: dialogue(func(s *caseRun, c *client) {
			for at := 1; at <= 5; at++ {
				c.pieces(length(5, "hello"), 500*time.Microsecond, at, 1, 9)
				c.replies()
			}
		})},
	{Name: "framing/length-newlines", Only: onlyLength, Why: "a newline in the body ends nothing", Fault: textBytes, run: echoed("a\nb\n\n\x00c")},
	{Name: "framing/length-waits", Only: onlyLength, Why: "a request is answered when its last byte has come, not before", Fault: tooEarly,
		run: dialogue(func(s *caseRun, c *client) {
			c.send(length(5, "hell"))
			c.quiet(25 * time.Millisecond)
			c.exchange([]byte("o"))
		})},
	{Name: "framing/length-one-of-two", Only: onlyLength, Why: "a complete request is answered though the next one has begun",
		Fault: "waits for the rest of the next request before it answers this one",
		run: dialogue(func(s *caseRun, c *client) {
			c.exchange(slices.Concat(length(3, "one"), length(3, "t")))
			c.exchange([]byte("wo"))
		})},
	{Name: "framing/length-limit", Only: onlyLength, Config: smallLimit, Needs: Configure, Why: "a request of exactly the limit is answered; the header does not count",
		Fault: "is off by one, or by the size of the header, at the limit of a request",
		run: dialogue(func(s *caseRun, c *client) {
			c.exchange(slices.Concat(length(16, strings.Repeat("a", 16)), length(15, strings.Repeat("b", 15)), length(16, strings.Repeat("c", 16))))
			c.pieces(length(16, strings.Repeat("a", 16)), 200*time.Microsecond, 7, 99)
			c.replies()
		})},
	{Name: "framing/length-over-limit", Only: onlyLength, Config: smallLimit, Needs: Configure, Why: "a request one byte over the limit ends the connection",
		Fault: "is off by one at the limit of a request",
		run:   refused("good", length(17, strings.Repeat("a", 17)))},
	{Name: "framing/length-over-at-once", Only: onlyLength, Config: smallLimit, Needs: Configure, Why: "a header with a length over the limit is enough to close: the body need not come", Fault: noLimit,
		run: refused("good", length(17, ""))},
	{Name: "framing/length-over-cut", Only: onlyLength, Config: smallLimit, Needs: Configure, Why: "a header with a length over the limit is refused even if it comes in pieces", Fault: noLimit,
		run: func(s *caseRun) {
			c := s.dial()
			c.send([]byte{0, 0})
			s.pause(2 * time.Millisecond)
			c.send([]byte{0, 17})
			c.eof()
		}},
	{Name: "framing/length-huge", Only: onlyLength, Why: "a header of four bytes 0xff announces 4 GiB: no client may make the server allocate that", Fault: noLimit,
		run: refused("good", length(0xffffffff, ""))},
	{Name: "framing/length-sign", Only: onlyLength, Why: "a length with its top bit set is large, not negative", Fault: signedSize,
		run: refused("good", length(0x80000000, ""))},
	{Name: "framing/length-minus-four", Only: onlyLength, Why: "a length that overflows when the size of the header is added is over the limit", Fault: signedSize,
		run: refused("good", length(0xfffffffc, "abcd"))},
	{Name: "framing/length-byte-order", Only: onlyLength, Why: "the length in a header is big-endian", Fault: byteOrder,
		run: dialogue(func(s *caseRun, c *client) {
			c.exchange(length(256, strings.Repeat("a", 256)))
			c.ask("next")
		})},
	{Name: "framing/length-nothing-after-fault", Only: onlyLength, Config: smallLimit, Needs: Configure, Why: "nothing after a request that is too long is answered",
		Fault: "goes on after a request that is too long",
		run:   refused("good", slices.Concat(length(20, strings.Repeat("a", 20)), length(2, "no")))},
	{Name: "framing/length-cut-off", Only: onlyLength, Why: "a request that ends before its last byte is dropped: no reply of the promised length can be made",
		Fault: "answers a request of which a part never came",
		run:   dialogue(func(s *caseRun, c *client) { c.send(slices.Concat(length(2, "ok"), length(10, "cut"))) })},
	{Name: "framing/length-cut-off-header", Only: onlyLength, Why: "half a header at the end of the stream is dropped",
		Fault: "answers a request of which a part never came",
		run:   dialogue(func(s *caseRun, c *client) { c.send([]byte{0, 0, 0}) })},
	{Name: "framing/length-cut-off-counted", Only: onlyLength, Needs: Stop, Why: "a request that its sender cut off is counted as dropped",
		Fault: "does not count what it drops",
		run: func(s *caseRun) {
			c := s.dial()
			c.send(length(10, "cut"))
			c.end()
			c.hangUp()
			s.stop()
			s.finished()
			tally := s.server.Tally
			if tally != nil && !counts(tally) {
				s.skip("the server counts nothing")
			} else if tally != nil && tally.Dropped.Load() != 1 {
				s.fail("Tally.Dropped is %d, not 1", tally.Dropped.Load())
			}
		}},
	{Name: "framing/length-default-limit", Only: onlyLength, Why: "a request may be 64 KiB long unless the server is told otherwise",
		Fault: "is off by one, or by the size of the header, at the limit of a request",
		run: dialogue(func(s *caseRun, c *client) {
			c.exchange(length(uint32(s.limit), strings.Repeat("a", s.limit)))
			c.exchange(length(uint32(s.limit), strings.Repeat("b", s.limit)))
		})},
	{Name: "framing/length-default-over", Only: onlyLength, Why: "a request longer than 64 KiB ends the connection", Fault: noLimit,
		run: func(s *caseRun) {
			c := s.dial()
			c.ask("good")
			c.send(length(uint32(s.limit)+1, ""))
			c.eof()
		}},
	{Name: "framing/replies-before-fault-survive", Only: framed, Config: smallLimit, Needs: Configure,
		Why: "replies to the requests before a faulty one reach a client that goes on sending: the connection closes in order", Fault: lostBefore,
		run: func(s *caseRun) {
			c := s.dial()
			good := bytes.Repeat(s.frame("good"), 200)
			c.send(slices.Concat(good, bytes.Repeat([]byte("w"), 60000))) // more than one read takes
			s.pause(5 * time.Millisecond)
			c.write(bytes.Repeat([]byte("w"), 4000))
			c.replies()
			c.eof()
		}},
	{Name: "framing/fault-then-flood", Only: framed, Needs: Configure, Config: servers.Config{Linger: 50 * time.Millisecond, Protocol: upper.Protocol{Limit: 16}},
		Why: "the server waits for a client that goes on sending after its faulty request, but not for ever", Fault: "waits without limit for the end of a client that it has refused: a client that never stops keeps its place for ever",
		run: func(s *caseRun) {
			c := s.dial()
			c.write(bytes.Repeat([]byte("w"), 100))
			c.eof()
			for began := time.Now(); ; s.pause(time.Millisecond) {
				if _, err := c.tryWrite([]byte("w")); err != nil {
					return
				}
				if time.Since(began) > s.patience {
					c.fail("the connection stays open while the client goes on sending after its faulty request")
				}
			}
		}},
	{Name: "framing/fault-is-one-clients", Only: framed, Conns: 2, Config: smallLimit, Needs: Configure,
		Why: "a request that is too long ends its own connection only", Fault: fatalEnd,
		run: func(s *caseRun) {
			stays, bad := s.dial(), s.dial()
			stays.ask("one")
			bad.write(bytes.Repeat([]byte("w"), 100))
			bad.gone()
			stays.ask("two")
			stays.end()
		}},
}
