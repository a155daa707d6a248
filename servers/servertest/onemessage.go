package servertest

import (
	"context"
	"io"
	"time"

	"socketbench/servers/upper"
)

// Sentences about servers whose first reply of a conversation is right, and that then end the conversation.
const (
	answersOne = "answers one message and closes; it should read and answer in a loop until the client closes"
	endsAtOne  = "answers one message, closes and ends; it should accept in a loop, and read and answer in a loop within it until the client closes"
)

// wrongEnds are the sentences about servers whose first reply of a conversation is right.
var wrongEnds = []string{answersOne, endsAtOne, resetsAtEnd}

// manners asks a server whose first reply was right how it goes on and how it ends a conversation, and returns the sentence
// that says what is wrong with that; "" if nothing is. What a server did only once may be chance.
func (r *runner) manners(ctx context.Context, request []byte) string {
	if closes, ends := r.closesAfterOne(ctx, request); closes {
		if again, _ := r.closesAfterOne(ctx, request); again && ends {
			return endsAtOne
		} else if again {
			return answersOne
		}
		return ""
	}
	if r.target.Framing == upper.Raw && r.resets(ctx, request) && r.resets(ctx, request) {
		return resetsAtEnd
	}
	return ""
}

// closesAfterOne reports whether the server ends a conversation after its first reply, and whether it then ends itself. A
// server that had ended with the client before is started again.
func (r *runner) closesAfterOne(ctx context.Context, request []byte) (closes, ends bool) {
	const soon, exit = 30 * time.Millisecond, 250 * time.Millisecond
	ask := func() (ended bool) {
		_, ended = r.converse(ctx, request, func(c *client, patience time.Duration) []byte {
			wait := func(d time.Duration) { c.conn.SetDeadline(time.Now().Add(d)) }
			reply := make([]byte, len(request))
			wait(max(patience, 2*r.late))
			if _, err := io.ReadFull(c.conn, reply); err != nil {
				return nil
			}
			wait(soon)
			_, err := c.conn.Read(reply)
			if timedOut(err) {
				wait(max(patience, 2*r.late))
				c.conn.Write(request) // if it fails, the read says why
				_, err = c.conn.Read(reply)
			}
			if closes = eventOf(err)&sawEnd != 0; closes && c.s.server.Done != nil {
				ends = c.s.endsWithin(exit)
			} else if closes {
				ends = c.s.refused()
			}
			return reply
		})
		return ended
	}
	if ask() {
		ask()
	}
	return closes, ends
}
