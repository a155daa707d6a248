package servertest

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/servers/upper"
)

// A header is a way to say how long a message is.
type header struct {
	words string // completes the sentence "the header is ..."
	of    func(n int) []byte
}

// headers are those that programs write instead of the right one, in an order such that the first that fits is the
// one: a server with a short header takes the zeros of a longer one for empty messages.
var headers = []header{
	{`two bytes, big-endian (struct.pack("!H", n))`, func(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }},
	{`two bytes, little-endian (struct.pack("H", n) on most machines)`, func(n int) []byte { return binary.LittleEndian.AppendUint16(nil, uint16(n)) }},
	rightHeader,
	{`four bytes, little-endian (struct.pack("i", n) or "I" without "!" on most machines)`, func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n)) }},
	{`four bytes, big-endian, and counts itself (n + 4)`, func(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n+4)) }},
	{`four bytes, little-endian, and counts itself (n + 4)`, func(n int) []byte { return binary.LittleEndian.AppendUint32(nil, uint32(n+4)) }},
	{`eight bytes, big-endian (struct.pack("!Q", n))`, func(n int) []byte { return binary.BigEndian.AppendUint64(nil, uint64(n)) }},
	{`eight bytes, little-endian (struct.pack("q", n) or "l" on most machines)`, func(n int) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(n)) }},
	text(4), text(8), text(10), text(64),
	{`text and a newline ("5\n")`, func(n int) []byte { return fmt.Appendf(nil, "%d\n", n) }},
}

var rightHeader = header{"", func(n int) []byte { return length(uint32(n), "") }}

// text is the length as decimal digits that fill the header.
func text(size int) header {
	return header{fmt.Sprintf("text of %d bytes, such as %0*d", size, min(size, 10), 5), func(n int) []byte { return fmt.Appendf(nil, "%0*d", size, n) }}
}

// is reports whether head says n. Text may be padded with blanks as well as with zeros.
func (h header) is(head []byte, n int) bool {
	right := h.of(n)
	if bytes.Equal(head, right) {
		return true
	}
	value, err := strconv.Atoi(strings.TrimSpace(string(head)))
	return strings.HasPrefix(h.words, "text of") && len(head) == len(right) && err == nil && value == n
}

// lengthIs is what every sentence about a wrong header ends with.
const lengthIs = `; framing length is four bytes, big-endian, which count the bytes after them: ` + upper.LengthInPython

// Sentences about servers that speak something else than the length framing.
const (
	noHeader     = "has no header: it answers whatever it reads" + lengthIs
	speaksLines  = "ends its messages with a newline, as framing line does" + lengthIs
	endsAtHeader = "ends at its first request, as a server does that expects another header" + lengthIs
	bareReply    = "reads the header, but its reply has none: a reply has a header like its request" + lengthIs
)

// dialect asks a server that has broken rules what it speaks instead, and returns the sentence that says so; "" if it
// speaks the right protocol, or none that is known here.
func (r *runner) dialect(ctx context.Context) string {
	if r.target.Framing == upper.Length {
		return r.lengths(ctx)
	}
	return r.habit(ctx)
}

// lengths asks a server that has broken rules of the length framing whether it speaks something like it, and how a
// conversation goes on if it speaks the right one. It returns the sentence that says what is wrong; "" if none is known
// here. It starts the server again if a wrong header ends it.
func (r *runner) lengths(ctx context.Context) string {
	if raw := r.answerTo(ctx, false, []byte("hello")); bytes.Equal(raw, []byte("HELLO")) {
		return noHeader
	}
	if line := r.answerTo(ctx, false, []byte("hello\n")); bytes.Equal(line, []byte("HELLO\n")) {
		return speaksLines
	}
	var right []byte // what came back for the right header, without the body
	for _, h := range headers {
		head, found := bytes.CutSuffix(r.answerTo(ctx, true, append(h.of(5), "hello"...)), []byte("HELLO"))
		switch {
		case found && h.is(head, 5) && h.words == "":
			return r.manners(ctx, length(5, "hello"))
		case found && h.is(head, 5):
			return "speaks another header: it is " + h.words + lengthIs
		case found && h.words == "":
			right = append([]byte{}, head...)
		}
	}
	if right != nil && len(right) == 0 {
		return bareReply
	}
	for _, h := range headers {
		if right != nil && h.is(right, 5) {
			return "reads the header of a request, but writes another one: that of its reply is " + h.words + lengthIs
		}
	}
	return ""
}

// answerTo returns what comes back for a request: all of it if the client then ends its side, else as many bytes as it
// sent. A server that ended meanwhile may have ended because of the client before, so a new one is asked again.
func (r *runner) answerTo(ctx context.Context, end bool, request []byte) []byte {
	reply, ended := r.attempt(ctx, end, request)
	if len(reply) == 0 && ended {
		reply, _ = r.attempt(ctx, end, request)
	}
	return reply
}

// attempt asks once. It also reports whether the server has ended.
func (r *runner) attempt(ctx context.Context, end bool, request []byte) (reply []byte, ended bool) {
	return r.converse(ctx, request, func(c *client, patience time.Duration) (all []byte) {
		c.conn.SetDeadline(time.Now().Add(patience))
		if half, ok := c.conn.(interface{ CloseWrite() error }); ok && end {
			half.CloseWrite()
			all, _ = io.ReadAll(io.LimitReader(c.conn, 1<<10))
			return all
		}
		all = make([]byte, len(request))
		n, _ := io.ReadFull(c.conn, all)
		return all[:n]
	})
}

// converse sends a request over a connection of its own and returns what read makes of the answer. It also reports
// whether the server has ended without one.
func (r *runner) converse(ctx context.Context, request []byte, read func(*client, time.Duration) []byte) (reply []byte, ended bool) {
	if ctx.Err() != nil || r.gone {
		return nil, false
	}
	s := &caseRun{ctx: ctx, target: r.target, framing: r.target.Framing, limit: r.target.Limit, config: r.config(&Case{}),
		patience: min(500*time.Millisecond, r.options.Patience)}
	defer s.hangUp()
	defer context.AfterFunc(ctx, s.hangUp)()
	defer func() { caught(recover()) }() // it does not start any more
	if own := r.enter(s, &Case{}); own && s.server.Stop != nil {
		defer s.server.Stop()
	}
	defer r.leaves(s)
	c, err := s.tryDial()
	if err == nil {
		c.conn.SetDeadline(time.Now().Add(s.patience))
		c.conn.Write(request)
		reply = read(c, s.patience)
		c.conn.Close()
	}
	return reply, len(reply) == 0 && s.server.Done != nil && s.endsWithin(100*time.Millisecond)
}

// probeFraming finds out what a server of which nothing is known speaks, before anything else may have ended it. A
// server that can be started again is asked with a header of two bytes as well: one that expects such headers takes the
// zeros of the right header for an empty message.
func (r *runner) probeFraming(ctx context.Context) {
	switch {
	case !r.asksWhatItSpeaks() || r.target.Traits != nil:
		return
	case r.target.Framing != upper.Length:
		if r.target.Start != nil { // another may serve one client and end
			r.spoken = r.habit(ctx)
		}
		return
	}
	right := bytes.Equal(r.answerTo(ctx, true, length(5, "hello")), length(5, "HELLO"))
	if right && (r.target.Start == nil || len(r.answerTo(ctx, true, append(headers[0].of(5), "hello"...))) == 0) {
		return
	}
	if r.spoken = r.dialect(ctx); r.spoken == "" && !right && r.target.Start == nil && r.unreachable(ctx) {
		r.spoken = endsAtHeader
	}
}

// asksWhatItSpeaks reports whether the server may speak something else: nothing is known of it, or it should have headers.
func (r *runner) asksWhatItSpeaks() bool {
	return r.target.Network != "udp" && (r.target.Traits == nil || r.target.Framing == upper.Length)
}

// unreachable reports whether nobody listens at the address any more.
func (r *runner) unreachable(ctx context.Context) bool {
	d := net.Dialer{Timeout: r.options.Patience}
	conn, err := d.DialContext(ctx, r.target.Network, r.target.Address)
	if err == nil {
		conn.Close()
	}
	return eventOf(err) == sawRefusal
}

// speaksAnother reports whether it is known what is wrong in every conversation, and so many cases have failed.
func (r *runner) speaksAnother(cases int64) bool { return r.spoken != "" && r.failed.Load() >= cases }

// blameFraming gives every failure that what the server speaks explains that cause.
func (r *runner) blameFraming(ctx context.Context) {
	failed := r.failures()
	if !r.asksWhatItSpeaks() || len(failed) == 0 {
		return
	}
	if r.spoken == "" {
		r.spoken = r.dialect(ctx)
	}
	if r.spoken == "" {
		return
	}
	for _, f := range failed {
		if r.spokenExplains(f) {
			f.Fault, f.causes, f.certain = r.spoken, []string{r.spoken}, 1
		}
	}
}

// spokenExplains reports whether the sentence about what the server speaks can be the cause of a failure.
func (r *runner) spokenExplains(f *Failure) bool {
	switch {
	case r.spoken == answersOne:
		return f.sight.event&sawEnd != 0 && !strings.Contains(f.What, serverEnded)
	case r.spoken == endsAtOne:
		return f.sight.event&(sawEnd|sawRefusal) != 0
	case r.spoken == resetsAtEnd:
		return f.sight.event&sawReset != 0
	case r.target.Framing == upper.Length:
		return true
	}
	return f.sight.event&(sawBytes|sawSilence|sawEnd|sawOpen) != 0
}

// foundOut returns the sentence that was found out by asking the server and is the cause of a failure: about what it speaks,
// or else about how many connections it serves at once; "" if there is none.
func (r *runner) foundOut() string {
	failed := r.failures()
	known := []string{r.spoken, servesOnly(int(r.serves.Load()))}
	if r.single {
		known = append(known, oneAtATime)
	}
	for _, words := range known {
		if words != "" && slices.ContainsFunc(failed, func(f *Failure) bool { return f.Fault == words }) {
			return words
		}
	}
	return ""
}
