package load

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"

	"socketbench/servers/upper"
)

// Requests are pieces of one periodic pattern. Each begins at another byte of it, so that a reply which was swapped,
// repeated or moved differs from the one that is due. Requests and expected replies are slices of the pattern, whatever
// their size; they are never built.
const (
	period = 4096     // a power of two
	stride = 1657     // between the requests of a connection; odd, so that a request may begin at every byte
	chunk  = 64 << 10 // longest piece that is contiguous from every start
)

// script is what is sent for a request and what must come back.
type script struct {
	framing upper.Framing
	size    int // bytes of a request on the wire
	back    int // bytes of its reply; 0: it ends with until
	body    int // bytes of a request that are pattern
	head    [upper.HeaderSize]byte
	ask     []byte  // what is sent, periodic
	want    []byte  // what must come back, periodic; nil: anything of the right length
	hello   *script // the greeting of a server that speaks first, of which until is set; nil: there is none
	until   []byte
	table   []int // of until, how much of it still matches after a mismatch (Knuth, Morris, Pratt)
}

var newline = []byte{'\n'}

// newScript returns the script of uppercase requests of so many bytes.
func newScript(framing upper.Framing, size int) *script {
	s := &script{framing: framing, size: size, back: size, body: size}
	switch framing {
	case upper.Line:
		s.body--
	case upper.Length:
		s.size += upper.HeaderSize
		s.back = s.size
		binary.BigEndian.PutUint32(s.head[:], uint32(size))
	}
	s.ask = pattern(framing)
	s.want = upper.Bytes(nil, s.ask)
	return s
}

// pattern returns the same bytes in every run, so that runs do not differ in what they send. Three bytes of four are
// lower-case letters; the fourth is any byte that the framing allows, since a server must not change it.
func pattern(framing upper.Framing) []byte {
	random := rand.New(rand.NewPCG(1, 2))
	p := make([]byte, period+chunk)
	for i := range period {
		switch {
		case i%4 != 3:
			p[i] = 'a' + byte(random.IntN(26))
		default:
			for p[i] = byte(random.Uint32()); framing == upper.Line && p[i] == '\n'; {
				p[i] = byte(random.Uint32())
			}
		}
	}
	for i := period; i < len(p); i++ {
		p[i] = p[i-period]
	}
	return p
}

// script returns the script of a scripted exchange.
func (c *Conversation) script() *script {
	s := &script{size: len(c.Say), ask: c.Say, until: c.Until}
	if len(c.Greeting) > 0 {
		s.hello = &script{until: c.Greeting, table: failures(c.Greeting)}
	}
	switch {
	case len(c.Expect) > 0:
		s.back, s.want = len(c.Expect), c.Expect
	case c.ReplyBytes > 0:
		s.back = c.ReplyBytes
	default:
		s.table = failures(c.Until)
	}
	return s
}

// start returns where in the pattern the k-th request of a connection begins.
func (s *script) start(base uint32, k int64) int {
	if s.body == 0 {
		return 0 // a scripted exchange sends the same each time
	}
	return int(base+uint32(k)*stride) % period
}

// baseOf returns where in the pattern a connection begins.
func baseOf(seed, conn uint64) uint32 {
	x := (seed ^ conn) * 0x9e3779b97f4a7c15 // Fibonacci hashing
	return uint32(x >> 40)
}

// request returns a contiguous piece, at least a byte, of the request that begins at start, from byte at.
func (s *script) request(start, at int) []byte { return s.piece(s.ask, start, at, s.size) }

// reply does the same for the expected reply.
func (s *script) reply(start, at int) []byte { return s.piece(s.want, start, at, s.back) }

func (s *script) piece(of []byte, start, at, size int) []byte {
	if s.body == 0 && s.framing == upper.Raw {
		return of[at:size]
	}
	switch s.framing {
	case upper.Line:
		if at == s.body {
			return newline
		}
		size = s.body
	case upper.Length:
		if at < upper.HeaderSize {
			return s.head[at:]
		}
		at -= upper.HeaderSize
		size -= upper.HeaderSize
	}
	from := (start + at) % period
	return of[from : from+min(size-at, chunk)]
}

// replyProgress is how far the replies of one connection have come.
type replyProgress struct {
	base  uint32 // of the starts of its requests in the pattern
	done  int64  // replies that are whole, in the life of the client
	got   int    // bytes of the next one that have come, or of its end that match
	wrong bool   // the next one differs from what must come
	amiss bool   // the one before it did
}

// take compares the beginning of b, which is not empty, with what must come. It consumes n bytes. want
// is nil but for the first piece of a reply that differs: then b[:n] should have been want[:n], from
// byte offset of the reply on.
func (r *replyProgress) take(s *script, b []byte) (n int, whole bool, want []byte, offset int) {
	switch {
	case s.until != nil:
		n, r.got = s.seek(b, r.got)
		whole = r.got == len(s.until)
	case s.want == nil:
		n = min(len(b), s.back-r.got)
		r.got += n
		whole = r.got == s.back
	case r.wrong && s.framing == upper.Line:
		n, whole = lineOf(b, len(b))
		r.got += n
	default:
		due := s.reply(s.start(r.base, r.done), r.got)
		n = min(len(b), len(due))
		if !r.wrong && !bytes.Equal(b[:n], due[:n]) {
			r.wrong, want, offset = true, due, r.got
		}
		if r.wrong && s.framing == upper.Line && r.got < s.body { // otherwise only its last byte is wrong, and its length is right
			n, whole = lineOf(b, n)
			r.got += n
			break
		}
		r.got += n
		whole = r.got == s.back
	}
	if whole {
		r.done++
		r.got, r.wrong, r.amiss = 0, false, r.wrong
	}
	return n, whole, want, offset
}

// lineOf returns how many of the first n bytes of b belong to the line that b begins with, and whether the line ends
// there. A wrong reply ends with its line, however long it is.
func lineOf(b []byte, n int) (length int, whole bool) {
	if i := bytes.IndexByte(b[:n], '\n'); i >= 0 {
		return i + 1, true
	}
	return n, false
}

// failures is the table of Knuth, Morris and Pratt: after matching n bytes of a word and failing at
// the next, table[n] of them may still be the beginning of a match.
func failures(word []byte) []int {
	table := make([]int, len(word)+1)
	for i, n := 1, 0; i < len(word); i++ {
		for n > 0 && word[i] != word[n] {
			n = table[n]
		}
		if word[i] == word[n] {
			n++
		}
		table[i+1] = n
	}
	return table
}

// seek looks for the end of a reply in b, with matched bytes of until seen before it. It returns how
// many bytes of b belong to the reply, and what is matched now: all of until when the reply is whole.
func (s *script) seek(b []byte, matched int) (n, now int) {
	for i := 0; i < len(b); i++ {
		if matched == 0 { // most of a reply is not its end
			next := bytes.IndexByte(b[i:], s.until[0])
			if next < 0 {
				return len(b), 0
			}
			i += next
		}
		c := b[i]
		for matched > 0 && c != s.until[matched] {
			matched = s.table[matched]
		}
		if c == s.until[matched] {
			matched++
		}
		if matched == len(s.until) {
			return i + 1, matched
		}
	}
	return len(b), matched
}
