package servertest

import (
	"slices"
	"time"

	"socketbench/servers/upper"
)

// cut is a case that sends a mixed stream of requests in pieces of the given sizes, in turn.
func cut(pause time.Duration, total int, sizes ...int) func(*caseRun) {
	return dialogue(func(s *caseRun, c *client) { c.pieces(s.traffic(total, 40), pause, sizes...) })
}

const (
	wholeMessage = "takes what one read returns for one whole message: a stream has no message boundaries"
	stalePart    = "mixes up the end of one read with the beginning of the next"
)

var cutCases = []Case{
	{Name: "cuts/byte-at-a-time", Why: "bytes that arrive one by one are the same stream", Fault: wholeMessage, run: cut(0, 100, 1)},
	{Name: "cuts/byte-with-pauses", Why: "pauses between bytes change nothing", Fault: wholeMessage, run: cut(time.Millisecond, 40, 1)},
	{Name: "cuts/one-write", Why: "many requests in one write are all answered", Fault: wholeMessage,
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.traffic(3000, 20)) })},
	{Name: "cuts/every-place", Why: "a stream that is cut in two at any place is the same stream", Fault: stalePart,
		run: dialogue(func(s *caseRun, c *client) {
			whole := slices.Concat(s.frame("hello"), s.frame("wide"), s.frame("world"))
			for at := 1; at < len(whole); at++ {
				c.pieces(whole, 200*time.Microsecond, at, len(whole))
				c.replies()
			}
		})},
	{Name: "cuts/three-pieces", Why: "a request in three pieces is one request", Fault: stalePart,
		run: dialogue(func(s *caseRun, c *client) {
			for range 10 {
				c.pieces(s.frame("abcdefghijklmnop"), 300*time.Microsecond, 3, 5, 99)
				c.replies()
			}
		})},
	{Name: "cuts/random", Why: "random cuts give the same reply as no cut", Fault: stalePart,
		run: dialogue(func(s *caseRun, c *client) {
			for range 5 {
				var sizes []int
				for range 20 {
					sizes = append(sizes, 1+s.rng.IntN(200))
				}
				c.pieces(s.traffic(2000, 100), 0, sizes...)
				c.replies()
			}
		})},
	{Name: "cuts/growing", Why: "pieces that grow from one byte on are the same stream", Fault: stalePart,
		run: cut(0, 2000, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 20, 30, 40, 50, 100, 200)},
	{Name: "cuts/large-and-small", Why: "a small piece after a large one is answered with its own bytes only", Fault: stalePart,
		run: cut(0, 40000, 9000, 1, 5000, 2)},
	{Name: "cuts/read-border", Why: "a cut at the size of a read, or one byte before or after it, loses nothing", Fault: bufferBytes,
		run: cut(0, 80000, 16384, 16383, 16385, 1)},
	{Name: "cuts/small-read-border", Why: "a cut at a read size of textbooks (512 to 4,096), or one byte before or after it, loses nothing", Fault: bufferBytes,
		run: cut(0, 20000, 1024, 1023, 1025, 4096, 4095, 4097, 512, 2048)},
	{Name: "cuts/shorter-after-longer", Why: "a short request after a long one gets a short reply: the buffer still holds the rest of the long one",
		Fault: "answers with bytes of an earlier request: only the first n bytes of the buffer are what the read returned",
		run: dialogue(func(s *caseRun, c *client) {
			c.ask("this is a rather long request with many letters in it")
			c.ask("a")
			c.ask("medium one")
			c.ask("b")
		})},
	{Name: "cuts/two-writes", Why: "two writes in a row may arrive in one read, and all their bytes are answered", Fault: wholeMessage,
		run: dialogue(func(s *caseRun, c *client) {
			for range 50 {
				c.send(s.frame("first"))
				c.send(s.frame("second"))
				c.replies()
			}
		})},
	{Name: "cuts/late-first-byte", Why: "a client may wait before it sends its first byte", Fault: "gives up on a client that is silent for a moment",
		run: dialogue(func(s *caseRun, c *client) {
			s.pause(50 * time.Millisecond)
			c.ask("late")
		})},
	{Name: "cuts/late-last-byte", Why: "the end of a request may come much later than its beginning", Fault: wholeMessage,
		run: dialogue(func(s *caseRun, c *client) {
			whole := s.frame("the last byte is late")
			c.send(whole[:len(whole)-1])
			s.pause(50 * time.Millisecond)
			c.exchange(whole[len(whole)-1:])
		})},
	{Name: "cuts/long-in-pieces", Why: "one long request may come in many pieces with pauses between them: all that was read of it is kept until its end", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) {
			c.pieces(s.frame(string(s.random(10_000))), 2*time.Millisecond, 1000)
			c.replies()
			c.ask("next")
		})},
	{Name: "cuts/many-pauses", Why: "a client may pause between requests", Fault: "gives up on a client that is silent for a moment",
		run: dialogue(func(s *caseRun, c *client) {
			for range 8 {
				c.ask("again")
				s.pause(10 * time.Millisecond)
			}
		})},
	{Name: "cuts/half-now-half-with-next", Why: "a piece may hold the end of one request and the beginning of the next", Fault: stalePart,
		run: dialogue(func(s *caseRun, c *client) {
			one, two := s.frame("first-request"), s.frame("second-request")
			both := slices.Concat(one, two)
			for at := 1; at < len(both); at += 3 {
				c.send(both[:at])
				s.pause(200 * time.Microsecond)
				c.send(slices.Concat(both[at:], both[:at]))
				s.pause(200 * time.Microsecond)
				c.exchange(both[at:])
			}
		})},
}

var onlyRaw = []upper.Framing{upper.Raw}

var rawCases = []Case{
	{Name: "framing/raw-at-once", Only: onlyRaw, Why: "a request is what one read returns: it is answered at once, without waiting for a newline",
		Fault: "waits for a newline or for more bytes: the client waits too, and both wait for ever", run: echoed("hello")},
	{Name: "framing/raw-not-terminated", Only: onlyRaw, Why: "nothing is added to a reply: no newline, no zero byte",
		Fault: "adds bytes to the reply",
		run: dialogue(func(s *caseRun, c *client) {
			c.ask("hello")
			c.quiet(20 * time.Millisecond)
		})},
	{Name: "framing/raw-silent", Only: onlyRaw, Why: "a client that has sent nothing receives nothing: the protocol has no greeting",
		Fault: "greets its clients: the protocol has no banner",
		run:   dialogue(func(s *caseRun, c *client) { c.quiet(20 * time.Millisecond) })},
	{Name: "framing/raw-newline", Only: onlyRaw, Why: "a newline alone is a request of one byte", Fault: textBytes, run: echoed("\n")},
	{Name: "framing/raw-empty-send", Only: onlyRaw, Why: "an empty send sends nothing: TCP has no empty messages, so nothing is answered and nothing ends",
		Fault: "answers something that was never sent",
		run: dialogue(func(s *caseRun, c *client) {
			c.ask("before")
			c.send(nil)
			c.quiet(20 * time.Millisecond)
			c.ask("after")
		})},
	{Name: "framing/raw-large-at-once", Only: onlyRaw, Why: "what has arrived is answered without waiting for more, however large it was",
		Fault: "waits until a buffer is full",
		run: dialogue(func(s *caseRun, c *client) {
			for _, n := range []int{1000, 16384, 16385, 30000, 1} {
				c.exchange(s.random(n))
			}
		})},
}
