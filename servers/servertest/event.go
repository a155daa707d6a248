package servertest

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"socketbench/servers/upper"
)

// An event is what a client saw when a case failed. A diagnosis may say no more than the event allows.
type event uint

const (
	sawRefusal event = 1 << iota // no connection could be made
	sawReset                     // the connection was reset
	sawClose                     // the server ended the connection while a reply was owed
	sawSilence                   // nothing came for as long as the suite waits
	sawWrong                     // a byte of a reply was another than the model says
	sawExtra                     // bytes came that nobody had asked for
	sawOpen                      // the connection was not closed when it had to be
	sawOther                     // something else than bytes was wrong: a count, a time, the process

	sawAnything = sawRefusal | sawReset | sawClose | sawSilence | sawWrong | sawExtra | sawOpen | sawOther
	sawEnd      = sawReset | sawClose
	sawBytes    = sawWrong | sawExtra
)

var eventNames = map[event]string{sawRefusal: "refused", sawReset: "reset", sawClose: "closed", sawSilence: "silent", sawWrong: "wrong byte",
	sawExtra: "extra bytes", sawOpen: "not closed", sawOther: "other"}

// eventOf returns the event that an error of the network is.
func eventOf(err error) event {
	var dial *net.OpError
	switch {
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, syscall.ENOENT):
		return sawRefusal
	case errors.As(err, &dial) && dial.Op == "dial":
		return sawRefusal
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.ENOTCONN):
		return sawReset
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.EPIPE):
		return sawClose
	case timedOut(err), errors.Is(err, os.ErrDeadlineExceeded):
		return sawSilence
	}
	return sawOther
}

// ownLimit reports whether a connection could not be made because this process or this machine has no descriptor left:
// that says nothing about the server.
func ownLimit(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// windowSize is how many bytes of what was wanted and of what came a failure keeps for its diagnosis.
const windowSize = 4 << 10

// sight is what a client knew when it failed: the end of what it was owed and of what it got, from the same byte on.
type sight struct {
	event      event
	want, got  []byte // from the same byte of the stream on; empty if no reply was compared
	sentAny    bool   // the connection had sent something
	gotAny     bool   // and had got something before
	halfClosed bool
	broken     bool // it had sent bytes that are no valid UTF-8
	first      bool // no other connection was made to the server before it
	sent       uint // the classes of bytes that it had sent
	part       bool // a part of the last reply came
	late       bool // no connection was made within the patience, and none was refused
	swapped    bool // a capital letter came back small
	lines      bool // requests are lines
	right      int  // how many bytes of got came before the reply that was compared; they were right

	swapsBytes event // the event of a server that reads lengths in little-endian order
}

// sees fills in what the connection knows. got is what came in last; it does not belong to a correct reply.
func (c *client) sees(e event, want, got []byte) sight {
	c.mu.Lock() // it may still be writing
	defer c.mu.Unlock()
	v := sight{event: e, sentAny: c.sent > 0, gotAny: c.got > int64(len(got)), halfClosed: c.halfClosed, broken: c.sentBroken, sent: c.sentBits, first: c.first,
		part: c.owed.size > 0 && c.owed.size < c.due}
	v.right, v.lines, v.swapsBytes = len(c.tail), c.s.framing == upper.Line, c.byteOrder()
	v.want = append(append(v.want, c.tail...), want...)
	v.want = append(v.want, c.owed.peek(windowSize)...)
	v.got = append(append(v.got, c.tail...), got[:min(len(got), windowSize)]...)
	v.sent |= classesOf(v.want) // bytes that are being written count as well
	for i := range min(len(c.sentHead), len(c.gotHead)) {
		sent := c.sentHead[i]
		if sent >= 'A' && sent <= 'Z' && c.gotHead[i] == sent+32 {
			v.swapped = true
		}
	}
	return v
}

// byteOrder returns the event of a server that reads the length of the first request in little-endian order: it ends
// the connection if that is over the limit, and waits if it is more than was sent. It returns 0 if a reply has come, or
// if the framing has no lengths.
func (c *client) byteOrder() event {
	if c.s.framing != upper.Length || c.got > 0 || len(c.sentHead) < upper.HeaderSize {
		return 0
	}
	switch size := int64(binary.LittleEndian.Uint32(c.sentHead)); {
	case size > int64(c.s.limit):
		return sawEnd
	case size > c.sent-upper.HeaderSize:
		return sawSilence
	}
	return 0
}

// remembers keeps the end of a reply that was right.
func (c *client) remembers(right []byte) {
	if bytes.IndexByte(right, 0xff) >= 0 { // valid UTF-8 never has this byte
		c.to.rawBytes.Store(true)
	}
	const kept = 256
	if len(right) > kept {
		right = right[len(right)-kept:]
	}
	c.tail = append(c.tail, right...)
	if len(c.tail) > kept {
		c.tail = append(c.tail[:0], c.tail[len(c.tail)-kept:]...)
	}
}
