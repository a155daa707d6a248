package servertest

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"socketbench/patterns/proc"
	"socketbench/servers/address"
)

// What a failure shows of a connection: the bytes that were sent and received, the last steps, and where it went
// wrong.

const (
	headSize  = 64 // bytes of what was sent and came back that a failure shows
	stepsKept = 8
)

func (c *client) step(format string, args ...any) {
	if len(c.steps) == stepsKept {
		c.steps = append(c.steps[:0], c.steps[1:]...)
	}
	c.steps = append(c.steps, fmt.Sprintf(format, args...))
}

func excerpt(b []byte) string {
	if len(b) > 24 {
		return fmt.Sprintf("%q...", b[:24])
	}
	return fmt.Sprintf("%q", b)
}

func addHead(head, b []byte) []byte { return append(head, b[:min(len(b), headSize-len(head))]...) }

func describe(n int64, head []byte) string {
	if n == 0 {
		return "nothing"
	}
	more := ""
	if n > int64(len(head)) {
		more = "..."
	}
	return fmt.Sprintf("%d bytes: %q%s", n, head, more)
}

// fail ends the case with what this connection saw, which was no wrong byte and no error of the network.
func (c *client) fail(format string, args ...any) {
	c.failWith(Failure{What: fmt.Sprintf(format, args...), sight: c.sees(sawOther, nil, nil)})
}

// broke ends the case with an error of the network.
func (c *client) broke(err error, format string, args ...any) {
	c.failWith(Failure{What: fmt.Sprintf(format, args...), hung: timedOut(err), sight: c.sees(eventOf(err), nil, nil)})
}

// unasked ends the case with bytes that came in last and that no request asked for.
func (c *client) unasked(b []byte) {
	what := fmt.Sprintf("%d bytes that no request asked for: %s", len(b), excerpt(b))
	c.failWith(Failure{What: what, sight: c.sees(sawExtra, nil, b)})
}

func (c *client) failWith(f Failure) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f.Sent, f.Got, f.Steps = describe(c.sent, c.sentHead), describe(c.got, c.gotHead), c.steps
	f.echoed = len(c.gotHead) > 0 && bytes.HasPrefix(c.sentHead, c.gotHead) && bytes.ContainsFunc(c.gotHead, small)
	panic(&f)
}

func small(r rune) bool { return 'a' <= r && r <= 'z' }

func timedOut(err error) bool {
	return errors.Is(err, os.ErrDeadlineExceeded) || errors.Is(err, context.DeadlineExceeded)
}

// wrote counts what was sent. A client may read while it writes.
func (c *client) wrote(b []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.sentHead = addHead(c.sentHead, b)
	c.sent += int64(len(b))
	c.sentBits |= classesOf(b)
	c.sentBroken = c.sentBroken || !utf8.Valid(b)
}

// received counts what came back.
func (c *client) received(b []byte) {
	c.gotHead = addHead(c.gotHead, b)
	c.got += int64(len(b))
	c.to.received.Add(int64(len(b)))
	if len(b) > 0 {
		c.s.heard.Store(proc.Clock())
	}
}

// compare ends the case at the first byte that differs.
func (c *client) compare(want, got []byte) {
	if bytes.Equal(want, got) {
		c.remembers(want)
		return
	}
	at := 0
	for at < len(got) && want[at] == got[at] {
		at++
	}
	show := func(b []byte) []byte { return b[at:min(at+16, len(b))] }
	what := fmt.Sprintf("wrong reply at byte %d: want %q, got %q", c.got-int64(len(got))+int64(at), show(want), show(got))
	c.failWith(Failure{What: what, sight: c.sees(sawWrong, want, got)})
}

// reason puts an error of the network in words.
func reason(err error) string {
	if timedOut(err) {
		return "nothing happened for as long as the suite waits"
	}
	what, _ := address.Ended(err)
	return what
}
