// Package upper is the protocol that every server here speaks, without I/O: a stream of bytes goes
// in, and the same stream comes out with ASCII a-z in upper case. Every other byte is unchanged;
// length and order are kept.
//
// A design that answers a connection where it reads uses a [Session]. A design that hands requests
// to another goroutine splits them off with [Protocol.Next] or [Protocol.Whole] and answers them
// with [Protocol.Reply] or [Protocol.Answer]. None of these reads, writes, starts a goroutine or
// keeps a buffer between complete requests, so the server that calls them shows who waits, who owns
// memory and when replies are written.
package upper

import (
	"errors"
	"fmt"
	"time"
)

// DefaultLimit is the longest request in bytes if [Protocol.Limit] is zero.
const DefaultLimit = 64 << 10

// ErrTooLong is returned for a request longer than [Protocol.Limit]. The complete requests before
// it have been answered. The connection must be closed, because it is unknown where the next request
// begins.
var ErrTooLong = errors.New("upper: request longer than the limit")

// ErrCutOff is returned by [Session.Close] for a length-framed request that ended before its last
// byte. The request is dropped, because no reply of the promised length can be made.
var ErrCutOff = errors.New("upper: the peer closed in the middle of a request")

// A PanicError is a panic in a [Protocol.Hook], turned into an error so that it ends one connection
// and never the server.
type PanicError struct {
	Value any    // what was passed to panic
	Stack []byte // of the goroutine that panicked
}

// Error quotes the value, because it may contain bytes from a client and goes to a log.
func (e *PanicError) Error() string {
	return fmt.Sprintf("upper: handler panicked: %q", fmt.Sprint(e.Value))
}

// Protocol says what a request is and what answering it costs. The zero value is raw framing
// without work. It is copied freely and safe for concurrent use.
type Protocol struct {
	Framing Framing          // Raw, Line, Length
	Limit   int              // longest request in bytes, without the length header; 0: DefaultLimit
	Work    Work             // what a request costs beyond the transform
	Hook    func(req []byte) `json:"-"` // nil in production; tests panic, count or block in it

	slots chan struct{} // shared by all copies; see WithDefaults
}

// Work simulates the work of a real handler.
type Work struct {
	CPU   int           // computing, in iterations; see Spin
	Wait  time.Duration // a blocking wait, as for a database; the context given to Reply ends it
	Slots int           // how many requests may wait at once across the server; 0: no bound
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

// Scratch returns the first dst for a connection that reads into buf. For Raw it is buf itself,
// because replies may overwrite their requests; for the other framings it is nil, and append grows
// it.
func (p Protocol) Scratch(buf []byte) []byte {
	if p.Framing == Raw {
		return buf[:0]
	}
	return nil
}
