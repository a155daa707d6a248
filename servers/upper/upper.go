// Package upper is the protocol every server here speaks, free of I/O: a stream of bytes goes in,
// the same stream comes out with ASCII a-z in upper case. Every other byte is unchanged; length and
// order are kept.
//
// A design that answers a connection where it reads it uses a [Session]. A design that hands
// requests to somebody else cuts them off with [Protocol.Next] and answers them with
// [Protocol.Reply]. Neither reads, writes, starts a goroutine or keeps a buffer of its own between
// complete requests, so that who waits, who owns memory and when to write stay visible in the
// server that calls them.
package upper

import (
	"errors"
	"fmt"
	"time"
)

// DefaultLimit is the longest request in bytes where [Protocol.Limit] is zero.
const DefaultLimit = 64 << 10

// ErrTooLong is returned for a request longer than [Protocol.Limit]. Whatever was complete before
// it has been answered; the connection must now be closed, as nothing after it can be trusted.
var ErrTooLong = errors.New("upper: request longer than the limit")

// ErrCutOff is returned by [Session.Close] for a length-framed request that ended before its last
// byte. It is dropped, as no reply of the promised length can be made.
var ErrCutOff = errors.New("upper: the peer closed in the middle of a request")

// A PanicError is a panic in a [Protocol.Hook], turned into an error so that one request ends one
// connection and never the server.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // of the goroutine that panicked
}

// Error quotes the value: what a client sent may be part of it, and goes to a log.
func (e *PanicError) Error() string {
	return fmt.Sprintf("upper: handler panicked: %q", fmt.Sprint(e.Value))
}

// Protocol says what a request is and what answering it costs. The zero value is raw framing
// without work. It is copied freely and safe for concurrent use.
type Protocol struct {
	Framing Framing          // Raw, Line, Length
	Limit   int              // longest request in bytes, without the length header; 0: DefaultLimit
	Work    Work             // what a request costs beyond the transform
	Hook    func(req []byte) // nil in production; tests panic, count or block in it

	slots chan struct{} // shared by all copies; see WithDefaults
}

// Work stands for a real handler.
type Work struct {
	CPU   int           // computing, in iterations; see Spin
	Wait  time.Duration // a blocking wait, as for a database; the context given to Reply ends it
	Slots int           // how many may wait at once across the server; 0: no bound
}

// IsZero reports whether a request costs nothing beyond the transform.
func (w Work) IsZero() bool { return w.CPU == 0 && w.Wait == 0 }

// WithDefaults returns p with its zero fields filled in, and with a bound on waiting requests that
// all copies of the result share. A Protocol with Work.Slots that was not made by WithDefaults is
// unbounded.
func (p Protocol) WithDefaults() Protocol {
	if p.Limit <= 0 {
		p.Limit = DefaultLimit
	}
	if p.Work.Slots > 0 && cap(p.slots) != p.Work.Slots {
		p.slots = make(chan struct{}, p.Work.Slots)
	}
	return p
}

func (p *Protocol) limit() int {
	if p.Limit <= 0 {
		return DefaultLimit
	}
	return p.Limit
}

// Scratch returns the dst with which a connection that reads into buf begins: buf itself for Raw,
// whose replies may overwrite their requests, and nothing for the others, where it grows as it is
// used.
func (p Protocol) Scratch(buf []byte) []byte {
	if p.Framing == Raw {
		return buf[:0]
	}
	return nil
}
