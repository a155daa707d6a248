package servertest

import (
	"bytes"
	"context"
	"io"
	"slices"
	"time"

	"socketbench/servers/upper"
)

// Sentences about servers whose every reply is wrong in the same way, under the framings raw and line.
const (
	answersLines = "waits for the end of a line: with framing raw it must answer what each read returns, and --framing line asks it as a server of lines"
	answersSizes = "waits for a header with the length of a message: --framing length asks it as such a server"
	speaksHTTP   = "speaks HTTP: the protocol is the bytes alone, without a request line or a header"
	speaksTLS    = "speaks TLS: the protocol is plain bytes"
	bytesInFront = "puts bytes in front of its replies: a reply is exactly as long as its request"
	smallInstead = "changes to lower case: each of a-z must become upper case, and A-Z stay as they are"
	waitsFull    = "waits until a buffer is full: a read returns what has come, and that must be answered at once"
	answersPart  = "answers only a part of each request: all that one read returns must come back, and send() may write less than it is given"
	endlessLine  = "leaves the line end out of its replies: it belongs to the request"
)

const (
	quiet = 500 * time.Millisecond // without a byte, or between two of one reply
	late  = 400 * time.Millisecond // a reply that takes longer is worth a word

	patient = 3 * time.Second // with a server that may only be slow
)

// habit asks a server a few times what it speaks and how it ends a conversation, and returns the sentence about what is wrong
// with that in every conversation; "" if nothing is, if two replies are not alike, or if no sentence is known.
func (r *runner) habit(ctx context.Context) string {
	request := []byte("hello")
	if r.target.Framing == upper.Line {
		request = []byte("hello\n")
	}
	want := bytes.ToUpper(request)
	patience := min(r.options.Patience, patient)
	reply := r.hear(ctx, request, len(want), patience)
	if first := r.waited; first > late && len(reply) > 0 { // the first client of a server may wait for other reasons
		if again := r.hear(ctx, request, len(want), patience); len(again) > 0 && r.waited > late {
			r.late = min(first, r.waited)
		}
	}
	switch {
	case bytes.Equal(reply, want):
		return r.manners(ctx, request)
	case r.refused > 0 || !bytes.Equal(reply, r.hear(ctx, request, len(want), quiet)):
		return ""
	}
	says := func(request, reply []byte) bool {
		return bytes.HasPrefix(r.hear(ctx, request, len(reply), quiet), reply)
	}
	more, longer := bytes.CutPrefix(reply, want)
	switch {
	case len(reply) == 0 && says([]byte("hello\n"), []byte("HELLO\n")):
		return answersLines
	case len(reply) == 0 && says(length(5, "hello"), length(5, "HELLO")):
		return answersSizes
	case len(reply) == 0 && says([]byte("GET / HTTP/1.0\r\n\r\n"), []byte("HTTP/1.")), bytes.HasPrefix(reply, []byte("HTTP/1.")):
		return speaksHTTP
	case len(reply) == 0 && len(r.hear(ctx, bytes.Repeat([]byte("a"), upper.DefaultLimit), 1, quiet)) > 0:
		return waitsFull
	case len(reply) == 0:
		return ""
	case bytes.HasPrefix(reply, []byte("\x15\x03")): // an alert, RFC 8446, 5.1 and 6
		return speaksTLS
	case bytes.Equal(reply, request) && says(want, request):
		return smallInstead
	case bytes.Equal(reply, request):
		return onlyEchoes
	case len(reply) == len(want) && bytes.EqualFold(reply, want):
		return staysSmall
	case longer && bytes.Equal(more, want):
		return twice
	case longer && (string(more) == "\n" || string(more) == "\r\n"):
		return addsLineEnd
	case string(reply) == "HELLO\r\n":
		return lineEnds
	case string(reply) == "HELLO": // the framing is line
		return endlessLine
	case len(r.hear(ctx, nil, 1, quiet)) > 0:
		return greets
	case bytes.HasSuffix(reply, want):
		return bytesInFront
	case longer:
		return addsBytes
	case bytes.HasPrefix(want, reply):
		return answersPart
	}
	return ""
}

// hear returns what comes back for a request until the server has been quiet for a while: patience before the first
// byte, less after it, and little once size bytes have come. If the server has ended, it asks a new one.
func (r *runner) hear(ctx context.Context, request []byte, size int, patience time.Duration) (reply []byte) {
	const brief = 30 * time.Millisecond
	read := func(c *client, _ time.Duration) (all []byte) {
		wait, began := max(patience, 2*r.late), time.Now()
		for len(all) < 1<<10 {
			c.conn.SetReadDeadline(time.Now().Add(wait))
			part := make([]byte, 256)
			n, err := c.conn.Read(part)
			if len(all) == 0 {
				r.waited = time.Since(began)
			}
			if all = append(all, part[:n]...); err != nil {
				break
			}
			if wait = quiet; len(all) >= size {
				wait = brief
			}
		}
		return all
	}
	reply, ended := r.converse(ctx, request, read)
	if len(reply) == 0 && ended {
		reply, _ = r.converse(ctx, request, read)
	}
	return slices.Clip(reply)
}

// resets reports whether a conversation in which everything was answered ends in a reset.
func (r *runner) resets(ctx context.Context, request []byte) (reset bool) {
	r.converse(ctx, request, func(c *client, patience time.Duration) []byte {
		c.conn.SetDeadline(time.Now().Add(max(patience, 2*r.late)))
		all := make([]byte, len(request))
		half, ok := c.conn.(interface{ CloseWrite() error })
		if _, err := io.ReadFull(c.conn, all); err != nil || !ok || half.CloseWrite() != nil {
			return all
		}
		_, err := c.conn.Read(make([]byte, 1))
		reset = eventOf(err) == sawReset
		return all
	})
	return reset
}
