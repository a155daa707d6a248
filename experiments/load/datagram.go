package load

import (
	"bytes"
	"strings"
	"time"
)

// Datagrams: each client has a socket that is connected to the server, a request is one datagram, and so is its reply.
// Either may be lost without a word, and replies may come in any order. A reply belongs to the request whose bytes it
// has, as all requests under way differ.

// lossAfter is how long a reply is waited for. Without one, the request counts as lost, and the client of a closed loop
// sends its next one. It is longer than a full buffer of small datagrams takes in a server that waits a millisecond for
// each.
const lossAfter = 500 * time.Millisecond

const (
	longestDatagram = 65535 - 20 - 8 // bytes of a datagram over IPv4, with the headers of IP and UDP
	leastDatagram   = 8              // bytes, by which a reply tells which request it answers
	remembered      = 1024           // requests of a client that are remembered after they were answered or lost
)

// What flight.sent says of a request that is over, while one before it is not.
const (
	wasAnswered = -1
	wasLost     = -2
)

// Datagrams reports whether the load is sent to a server of datagrams.
func (o Options) Datagrams() bool { return strings.HasPrefix(o.Address, "udp://") }

// DatagramConflicts lists what cannot be asked of a server of datagrams.
func (o Options) DatagramConflicts() (list []Conflict) {
	bad := func(field, text string) { list = append(list, Conflict{field, text}) }
	o = o.WithDefaults()
	if o.Conversation != nil {
		bad("conversation", "a conversation is played over connections, and datagrams have none; leave it out")
	}
	if o.Requests > 0 {
		bad("requests", "requests end a session by closing its connection, and datagrams have none; leave it out")
	}
	if o.Stop {
		bad("stop", "stop waits for the ends of connections, and datagrams have none; leave it out")
	}
	for _, d := range disturbers(o) {
		bad(d.profile.name, d.profile.name+" clients disturb by what they do with connections, and datagrams have none; leave them out")
	}
	if s := newScript(o.Framing, o.Size); s.size < leastDatagram || s.size > longestDatagram {
		bad("size", "a datagram has 8 to 65507 bytes here: its reply must tell which request it answers, and no datagram is longer; choose such a size")
	}
	return list
}

// ringLeast returns how many requests of a client are remembered: those that may be outstanding. Of datagrams it is more,
// because later requests are answered while one that is lost is still waited for.
func (p *profile) ringLeast() int {
	if p.datagrams && (p.openLoop || p.depth > 1) {
		return 2 * remembered
	}
	return p.depth
}

// roomForDatagram reports whether another request may be sent. In an open loop whatever is due is sent: nothing tells the
// sender of a datagram to wait.
func (c *client) roomForDatagram() bool {
	return c.sent-c.done <= c.mask && (c.profile.openLoop || c.under < c.profile.depth)
}

// whole returns the bytes of the next request, which begins at start. They lie in the script's memory or in room.
func (s *script) whole(start int, room []byte) []byte {
	n := 0
	for n < s.size {
		p := s.request(start, n)
		if len(p) == s.size {
			return p
		}
		n += copy(room[n:s.size], p)
	}
	return room[:n]
}

// answeredBy reports whether b is the reply to the request that begins at start.
func (s *script) answeredBy(start int, b []byte) bool {
	if len(b) != s.back {
		return false
	}
	for n := 0; n < len(b); {
		p := s.reply(start, n)
		if !bytes.Equal(b[n:n+len(p)], p) {
			return false
		}
		n += len(p)
	}
	return true
}

// datagram takes a datagram that came from the server at now.
func (w *workload) datagram(c *client, b []byte, now int64) {
	if live := &w.recorder.live; !live.heard.Load() {
		live.heard.Store(true)
	}
	s := c.profile.script
	if now >= w.start && now < w.end {
		w.recorder.bytes += int64(len(b))
	}
	oldest := int64(-1)
	for k := c.done; k < c.sent; k++ {
		switch {
		case c.ring[k&c.mask].sent < 0:
		case s.answeredBy(s.start(c.base, k), b):
			w.answers(c, k, now, true)
			return
		case oldest < 0:
			oldest = k
		}
	}
	for k := c.done - 1; k >= max(c.first, c.done-remembered); k-- {
		if s.answeredBy(s.start(c.base, k), b) {
			if !c.losses.has(k) { // else it is late: its request counts as lost
				w.recorder.unasked(c.profile, false)
			}
			return
		}
	}
	if oldest < 0 {
		w.recorder.unasked(c.profile, false)
		return
	}
	want := s.reply(s.start(c.base, oldest), 0)
	w.recorder.differs(c.profile, w.shard.number(int(c.index)), oldest, 0, b[:min(len(b), len(want))], want)
	w.answers(c, oldest, now, false)
}

// answers ends request k with its reply.
func (w *workload) answers(c *client, k, now int64, right bool) {
	f := &c.ring[k&c.mask]
	w.outstanding--
	w.recorder.done(int(c.index), w.sample(c, *f, now), c.profile.openLoop, right)
	w.settles(c, f, wasAnswered, now)
}

// expire counts requests as lost whose replies are overdue at now, and sets the alarm for the next one.
func (w *workload) expire(c *client, now int64) {
	next := int64(never)
	for k := c.done; k < c.sent; k++ {
		switch f := &c.ring[k&c.mask]; {
		case f.sent < 0:
		case f.sent+int64(lossAfter) <= now:
			w.outstanding--
			w.recorder.lose(f.intended, now)
			w.recorder.live.lost.Add(1)
			w.settles(c, f, wasLost, now)
		default:
			next = min(next, f.sent+int64(lossAfter))
		}
	}
	if c.overdue = next != never; c.overdue {
		w.remind(c, next, overdue)
	}
}

// settles marks a request as over, and forgets the oldest ones that are.
func (w *workload) settles(c *client, f *flight, how, now int64) {
	full := !c.room()
	f.sent = how
	c.under--
	for ; c.done < c.sent && c.ring[c.done&c.mask].sent < 0; c.done++ {
		c.losses.set(c.done, c.ring[c.done&c.mask].sent == wasLost)
	}
	if full && c.room() {
		c.free = now
	}
	w.nextDue(c, now)
}

// losses says which of the last requests of a client were lost.
type losses [remembered / 64]uint64

// lossesOf returns those of a new client; nil if it sends no datagrams.
func lossesOf(p *profile) *losses {
	if !p.datagrams {
		return nil
	}
	return new(losses)
}

func (l *losses) set(k int64, lost bool) {
	word, bit := &l[k/64%int64(len(l))], uint64(1)<<(k%64)
	if *word &^= bit; lost {
		*word |= bit
	}
}

func (l *losses) has(k int64) bool { return l[k/64%int64(len(l))]>>(k%64)&1 == 1 }
