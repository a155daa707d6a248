package servertest

import (
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// A server that writes a reply in two calls, with Nagle's algorithm on, keeps the second part back until the first is
// acknowledged, and a client delays its acknowledgements by some 40 ms. Hundreds of such replies use up the time of a
// check. So a connection that sees such replies begins to acknowledge at once. If its replies are no longer late,
// Nagle's algorithm was the cause: the check says so once, and from then on all its clients acknowledge at once.

// A part of a reply is late when it comes about as long after the part before it as Linux delays an acknowledgement.
const (
	lateFrom = 38 * time.Millisecond
	lateTo   = 60 * time.Millisecond
)

const (
	suspicious = 3 // late replies on one connection, after which it acknowledges at once
	proving    = 8 // replies that it then examines
	byChance   = 2 // of them may be late for other reasons, for instance on a busy machine
)

// pace is what the clients of a check know about how soon replies come. The zero value and nil are ready to use.
type pace struct {
	say func(string) // told once of the cause; may be nil

	slowest atomic.Int64 // ns: the longest wait for bytes that came

	late    atomic.Int64 // replies
	prompt  atomic.Bool  // the cause is known: every client acknowledges at once
	refuted atomic.Bool  // replies were late all the same
	once    sync.Once
}

// delays is what one connection has seen of late replies.
type delays struct {
	late   int  // replies before it acknowledged at once
	prompt bool // it acknowledges at once
	since  int  // replies since then
	still  int  // that were late all the same
}

// acknowledges reports whether a connection is to acknowledge at once.
func (p *pace) acknowledges(d *delays) bool { return p != nil && (d.prompt || p.prompt.Load()) }

// came notes how long a client waited for bytes of a reply.
func (p *pace) came(took time.Duration) {
	if p == nil {
		return
	}
	for longest := p.slowest.Load(); int64(took) > longest; longest = p.slowest.Load() {
		if p.slowest.CompareAndSwap(longest, int64(took)) {
			return
		}
	}
}

// reply notes a reply on a connection.
func (p *pace) reply(d *delays, late bool) {
	switch {
	case p == nil || p.prompt.Load() || p.refuted.Load():
	case !d.prompt:
		if late {
			p.late.Add(1)
			d.late++
			d.prompt = d.late == suspicious
		}
	default:
		d.since++
		if late {
			d.still++
		}
		if d.since < proving {
			return
		}
		if d.prompt = false; d.still > byChance {
			p.refuted.Store(true)
			return
		}
		p.once.Do(func() {
			p.prompt.Store(true)
			if p.say != nil {
				p.say(slow(int(p.late.Load())))
			}
		})
	}
}

// held returns how many replies were late because of Nagle's algorithm.
func (p *pace) held() int {
	if !p.prompt.Load() {
		return 0
	}
	return int(p.late.Load())
}

// slow says why n replies were late.
func slow(n int) string {
	return fmt.Sprintf("%d replies came in two parts some 40 ms apart: Nagle's algorithm holds the second part back until the first is acknowledged, and clients delay that; "+
		"write a reply in one call, or set TCP_NODELAY (this check now acknowledges at once, so that it loses no more time)", n)
}
