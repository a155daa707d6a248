package servertest

import (
	"bytes"
	"strings"
)

// dialogue is a case of one client, which half-closes at the end and expects the end of the stream.
func dialogue(talk func(s *caseRun, c *client)) func(*caseRun) {
	return func(s *caseRun) {
		c := s.dial()
		talk(s, c)
		c.end()
	}
}

// visit connects a client, which sends one request, reads the reply and leaves in order.
func (s *caseRun) visit(request string) {
	c := s.dial()
	c.ask(request)
	c.end()
	c.hangUp()
}

// echoed is a case that sends one request and compares the reply.
func echoed(request string) func(*caseRun) { return func(s *caseRun) { s.visit(request) } }

// asked is a case that sends the requests that build makes, one after the other, and waits for each reply.
func asked(build func(s *caseRun) [][]byte) func(*caseRun) {
	return dialogue(func(s *caseRun, c *client) {
		for _, request := range build(s) {
			c.ask(string(request))
		}
	})
}

// sized is a case that sends traffic of exactly these sizes. Traffic that is too large for one request of the framing becomes
// several.
func sized(sizes ...int) func(*caseRun) {
	return dialogue(func(s *caseRun, c *client) {
		for _, n := range sizes {
			c.exchange(s.traffic(n, min(n, s.limit-1)))
		}
	})
}

const (
	foreignBytes = "changes bytes that are not the ASCII letters a-z: text functions know more letters than the protocol"
	textBytes    = "treats bytes as text: decoding, stripping or converting line ends changes what was sent"
	obeyedBytes  = "obeys a word in the data: the protocol has no commands"
	bufferBytes  = "loses or repeats bytes where a buffer ends: a read may return a part of a message, or several messages"
)

// helloCase is asked first.
const helloCase = "bytes/hello"

var bytesCases = []Case{
	{Name: helloCase, Why: "a request is answered with the same bytes in upper case", run: echoed("hello")},
	{Name: "bytes/one", Why: "one byte is a request like any other", run: echoed("a")},
	{Name: "bytes/alphabet", Why: "every letter from a to z is made upper case, the first and the last too",
		Fault: "leaves out the first or the last letter of the alphabet", run: echoed("abcdefghijklmnopqrstuvwxyz")},
	{Name: "bytes/already-upper", Why: "upper-case letters stay as they are", Fault: "swaps case instead of changing to upper case",
		run: echoed("ABCDEFGHIJKLMNOPQRSTUVWXYZ")},
	{Name: "bytes/mixed", Why: "only the lower-case letters of a mixed text change", run: echoed("Hello, World 42! aBcXyZ")},
	{Name: "bytes/neighbours", Why: "the bytes next to a-z and A-Z in the ASCII table are not letters",
		Fault: "is off by one at the edge of the alphabet", run: echoed("`az{@AZ[_~^`{@[`{")},
	{Name: "bytes/every", Why: "each of the 256 byte values has one reply, and only 26 of them change", Fault: foreignBytes,
		run: asked(func(s *caseRun) [][]byte { return [][]byte{every(10)} })},
	{Name: "bytes/every-alone", Why: "a byte that is sent alone gets the same reply as in a longer request", Fault: foreignBytes,
		run: asked(func(s *caseRun) [][]byte {
			var all [][]byte
			for c := range 256 {
				if c != '\n' {
					all = append(all, []byte{byte(c)})
				}
			}
			return all
		})},
	{Name: "bytes/every-position", Why: "a letter changes at every position and beside any other byte: fast code handles 8 bytes or more at once",
		Fault: "lets one byte change its neighbour in a fast path for several bytes",
		run: asked(func(s *caseRun) [][]byte {
			var all [][]byte
			for _, around := range []byte{0, '`', '{', 'z', 0x7f, 0x80, 0xe1, 0xff} {
				var row []byte
				for at := range 33 {
					piece := bytes.Repeat([]byte{around}, 33)
					piece[at] = 'a'
					row = append(row, piece...)
					piece[at] = 'z'
					row = append(row, piece...)
				}
				all = append(all, row)
			}
			return all
		})},
	{Name: "bytes/lengths", Why: "the bytes that are left after the last whole block of 8, 16 or 32 belong to the reply",
		Fault: "forgets the bytes after the last whole block",
		run: asked(func(s *caseRun) [][]byte {
			var all [][]byte
			for n := 1; n <= 130; n++ {
				all = append(all, bytes.Repeat([]byte("q"), n))
			}
			return all
		})},
	{Name: "bytes/latin-1", Why: "bytes above 127 are not ASCII letters, although Latin-1 has letters there", Fault: foreignBytes,
		run: echoed("stra\xdfe \xe0\xe9\xf1\xfc\xff \xb5 \xaa\xba")},
	{Name: "bytes/utf-8", Why: "letters of other alphabets stay as they are, and so does the length", Fault: foreignBytes,
		run: echoed("straße ünïcödé ελληνικά русский ŉ ǆ ﬁ ı İ ſ ß")},
	{Name: "bytes/chinese", Why: "text in any script passes unchanged", Fault: foreignBytes, run: echoed("你好 hello 世界")},
	{Name: "bytes/emoji", Why: "characters of four bytes pass unchanged", Fault: foreignBytes, run: echoed("ok \U0001F600 yes \U0001F1E9\U0001F1EA")},
	{Name: "bytes/invalid-utf-8", Why: "a request is bytes, not text: invalid UTF-8 neither ends the connection nor becomes a question mark",
		Fault: textBytes, run: echoed("a\xc3(\xa0\xa1\xe2(\xa1\xf0\x28\x8c\xbcz\xed\xa0\x80\xfe")},
	{Name: "bytes/cut-character", Why: "a request may begin or end in the middle of a UTF-8 character", Fault: textBytes,
		run: asked(func(s *caseRun) [][]byte { return [][]byte{{'a', 0xe4}, {0xbd}, {0xa0, 'b'}} })},
	{Name: "bytes/byte-order-mark", Why: "the bytes of a byte order mark are data", Fault: textBytes, run: echoed("\xef\xbb\xbfhello\xfe\xff")},
	{Name: "bytes/zero", Why: "a zero byte is data and ends nothing", Fault: cString, run: echoed("abc\x00def\x00\x00ghi\x00")},
	{Name: "bytes/only-zeros", Why: "a request may consist of nothing but bytes of value 0", Fault: cString, run: echoed("\x00\x00\x00\x00\x00\x00\x00\x00\x00")},
	{Name: "bytes/all-ones", Why: "0xff is data: end-of-file is not a byte", Fault: "takes the byte 0xff for end-of-file",
		run: echoed("\xff\xff\xff\xffabc\xff")},
	{Name: "bytes/control", Why: "control characters are data: ^C, ^D, ^Z and backspace neither end nor edit anything", Fault: textBytes,
		run: echoed("a\x03b\x04c\x1ad\x08e\x7ff\x1b[31mg\x07")},
	{Name: "bytes/telnet", Why: "the escape bytes of telnet are data", Fault: textBytes, run: echoed("\xff\xfb\x01\xff\xfd\x03a\xff\xf4")},
	{Name: "bytes/spaces", Why: "leading and trailing blanks belong to the request", Fault: textBytes, run: echoed("  \t hello \t  ")},
	{Name: "bytes/line-ends", Why: "carriage returns and line feeds come back as they were sent", Fault: textBytes,
		run: echoed("a\r\nb\nc\rd\n\ne\r\n")},
	{Name: "bytes/ends", Why: "the first and the last bytes of a short request belong to it, even if they are line ends, blanks, zeros or escapes", Fault: textBytes,
		run: asked(func(s *caseRun) [][]byte {
			var all [][]byte
			for _, mark := range []string{"\n", "\r\n", "\r", "\x00", "\x03", "\x04", "\x1a", " ", "\t", "\\", "\xff", "\xff\xf4", "\x1b[A", "\xef\xbb\xbf"} {
				all = append(all, []byte(mark))
				for n := 1; n <= 8; n++ {
					letters := strings.Repeat("x", n)
					all = append(all, []byte(letters+mark), []byte(mark+letters))
				}
			}
			return all
		})},
	{Name: "bytes/commands", Why: "no word in the data ends the conversation", Fault: obeyedBytes,
		run: asked(func(s *caseRun) [][]byte {
			var all [][]byte
			for _, word := range []string{"quit", "exit", "bye", "q", "stop", "shutdown", "close", "end", "EOF", "."} {
				all = append(all, []byte(word))
			}
			return all
		})},
	{Name: "bytes/http", Why: "a request of another protocol is data", Fault: obeyedBytes,
		run: echoed("GET / HTTP/1.1\r\nHost: example\r\nConnection: close\r\n\r\n")},
	{Name: "bytes/format", Why: "text that looks like a format string or an escape sequence is data", Fault: textBytes,
		run: echoed("%s%n%x %d \\n \\x00 $HOME `ls` '; \" {0} ${x}")},
	{Name: "bytes/small-powers", Why: "sizes near a power of two lose nothing: many buffers end there", Fault: bufferBytes,
		run: sized(1, 2, 3, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 127, 128, 129, 255, 256, 257)},
	{Name: "bytes/read-size", Why: "a request as large as one read, or one byte smaller or larger, is answered in full", Fault: bufferBytes,
		run: sized(511, 512, 513, 1023, 1024, 1025, 1459, 1460, 1461, 2047, 2048, 2049, 4095, 4096, 4097, 8191, 8192, 8193, 16383, 16384, 16385)},
	{Name: "bytes/large-powers", Why: "requests larger than one read are answered in full", Fault: bufferBytes,
		run: sized(32767, 32768, 32769, 65535, 65536, 65537, 131071, 131072, 131073)},
	{Name: "bytes/letters", Why: "a long run of one letter comes back with the same length", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.frame(string(bytes.Repeat([]byte("a"), 60000)))) })},
	{Name: "bytes/random", Why: "requests of random content and size come back whole", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) {
			for range 50 {
				c.exchange(s.traffic(1+s.rng.IntN(5000), 1+s.rng.IntN(3000)))
			}
		})},
	{Name: "bytes/megabyte", Why: "a megabyte takes many reads and writes, and is one stream", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.traffic(1<<20, 4000)) })},
	{Name: "bytes/64-megabytes", Needs: Heavy, Why: "a stream has no maximum length: 64 MiB pass in both directions at once", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) {
			block := s.traffic(4<<20, 8000)
			reply := c.model.feed(block)
			for range 16 {
				c.owed.add(reply)
				c.pass(block)
			}
		})},
}

// every returns all bytes but one.
func every(but byte) []byte {
	var b []byte
	for c := range 256 {
		if byte(c) != but {
			b = append(b, byte(c))
		}
	}
	return b
}
