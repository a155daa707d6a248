package load

import "math/bits"

// A client is one of the clients of a run: connected now, and again in its next session. It is a state machine
// without I/O: a driver tells the [workload] that it is part of what happened and when, and then does what the
// client wants:
//
//   - where closing is not stay, the driver closes the connection in that way and sets closing to stay;
//   - where state is dialing, it calls dials, begins to connect, and calls connected or failed;
//   - while speaks reports true, it sends what out returns and tells wrote how much was taken.
type client struct {
	index   int32 // among the workload's clients
	profile *profile
	ring    []flight // the requests that are sent and not answered, by number
	mask    int64

	replyProgress       // done counts lost requests too
	sent          int64 // requests asked in the life of the client
	first         int64 // the first one of this session

	sending int64 // the request whose bytes are being sent
	from    int   // bytes of it that are sent
	unread  int64 // bytes that a slow reader has asked for

	queue     queue // intended times of the requests that are due and not sent
	free      int64 // since when a request may be sent, as far as the connection and its depth allow
	wanted    int64 // when this session was wanted
	connectAt int64
	openAt    int64

	generation uint32 // counts ended connections, so that a late event of one is not taken for the next
	session    int32
	state      state
	closing    closing
	failed     bool    // the last attempt to connect did
	waits      bool    // an alarm will connect it again
	losses     *losses // of datagrams
	under      int     // of datagrams: requests that are neither answered nor lost
	overdue    bool    // of datagrams: an alarm will look for overdue replies
	byteWaits  bool    // an alarm will let it send its next byte
	there      bool    // counts in its profile's tally as there
}

// flight is a request under way.
type flight struct{ intended, sent int64 }

type state uint8

const (
	away       state = iota // not connected
	gone                    // and not to come back
	dialing                 // the driver is to connect it
	connecting              //
	greeted                 // connected, and the server has the first word
	open
)

// closing is how a connection is to end.
type closing uint8

const (
	stay     closing = iota // it is not
	orderly                 // as close does
	abortive                // with a reset
)

// room reports whether the session and its depth allow another request.
func (c *client) room() bool {
	if c.profile.datagrams {
		return c.roomForDatagram()
	}
	return c.sent-c.done < int64(c.profile.depth) && (c.profile.requests == 0 || c.sent-c.first < int64(c.profile.requests))
}

// answered reports whether all requests of the session are answered.
func (c *client) answered() bool {
	return c.profile.requests > 0 && c.done-c.first >= int64(c.profile.requests)
}

// In an open loop a request is due when its arrival is. In a closed one the first requests of a session are due when
// the session is wanted, and each of the others when the client has thought about the reply that it follows.

// firstDue makes the first requests of a session due: as many as may be outstanding.
func (w *workload) firstDue(c *client, at int64) {
	p := c.profile
	if p.openLoop || p.silent || p.neverReads || p.most > 0 && c.sent >= int64(p.most) {
		return
	}
	for range p.depth {
		w.backlog.push(&c.queue, at)
	}
}

// nextDue makes a request due that follows a reply.
func (w *workload) nextDue(c *client, replied int64) {
	switch p := c.profile; {
	case p.openLoop || p.most > 0 || w.phase >= ending:
	case p.think > 0:
		w.remind(c, w.thinks(c, replied), thought)
	default:
		w.backlog.push(&c.queue, replied)
	}
}

// thinks returns when the client has thought about a reply, and records that it wants nothing until then. It takes the think
// time on average, and each time something between half of that and one and a half, by the seed. If it were always the same,
// clients that a pause of the server has once brought into step would ask together until the end of the run: what a trial
// measures would depend on whether that happened.
func (w *workload) thinks(c *client, replied int64) (over int64) {
	part, _ := bits.Mul64(scatter(uint64(c.base)<<32^uint64(c.done)), uint64(c.profile.think))
	over = replied + c.profile.think/2 + int64(part)
	w.recorder.clients[c.index].ready = over // none but measured clients think
	return over
}

// scatter maps numbers to numbers that look random: the last steps of SplitMix64 (Steele, Lea and Flood, 2014).
func scatter(x uint64) uint64 {
	x += 0x9e3779b97f4a7c15
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}

// mayAsk reports whether another request is due and may be sent.
func (w *workload) mayAsk(c *client) bool {
	return !c.queue.empty() && c.room() && (w.phase < ending || c.profile.openLoop)
}

// ask counts what is due as sent at now; out returns its bytes. All that may be sent is sent at once.
func (w *workload) ask(c *client, now int64) {
	p := c.profile
	for w.mayAsk(c) {
		intended := w.backlog.pop(&c.queue)
		c.ring[c.sent&c.mask] = flight{intended, now}
		c.sent++
		c.under++
		if !p.measured {
			continue
		}
		w.recorder.sent(max(intended, c.free), now)
		if !p.openLoop {
			w.outstanding++
		}
	}
	if p.datagrams && !c.overdue && c.done < c.sent {
		c.overdue = true
		w.remind(c, now+int64(lossAfter), overdue)
	}
	if p.neverReads && c.sending == c.sent {
		c.sent++ // always one more
	}
}

// speaks reports whether the client has something to send.
func (w *workload) speaks(c *client) bool {
	switch {
	case c.state != open || c.byteWaits:
		return false
	case c.profile.neverReads:
		return c.unread < slowReaderBytes && w.phase > setup && w.phase < ending
	}
	return c.sending < c.sent || w.mayAsk(c)
}

// out returns bytes that the client sends at now, where it speaks. They lie in the script's memory or in room, and
// are valid until the next call for the same room.
func (w *workload) out(c *client, now int64, room []byte) []byte {
	w.ask(c, now)
	s := c.profile.script
	if c.profile.datagrams {
		return s.whole(s.start(c.base, c.sending), room)
	}
	p := s.request(s.start(c.base, c.sending), c.from)
	left := s.size - c.from
	switch {
	case c.profile.bytewise:
		return p[:1]
	case len(p) < left && len(p) < chunk, len(p) == left && c.sending+1 < c.sent:
		return c.gather(s, room)
	}
	return p
}

// gather lays pieces side by side so that one call sends them.
func (c *client) gather(s *script, room []byte) []byte {
	n, k, at := 0, c.sending, c.from
	for n < len(room) && k < c.sent {
		m := copy(room[n:], s.request(s.start(c.base, k), at))
		n += m
		if at += m; at == s.size {
			k, at = k+1, 0
		}
	}
	return room[:n]
}

// wrote notes that the first n bytes of what out returned were taken at now.
func (w *workload) wrote(c *client, n int, now int64) {
	p := c.profile
	for c.from += n; c.from >= p.script.size && c.sending < c.sent; c.sending++ {
		c.from -= p.script.size
	}
	switch {
	case p.bytewise:
		c.byteWaits = true
		w.remind(c, now+int64(byteEvery), nextByte)
	case p.neverReads:
		c.unread += int64(n)
	case p.resets && c.sending == c.sent:
		c.done = c.sent
		p.tally.requests++
		w.leave(c, abortive)
		w.later(c, now+p.pause)
	}
}

// received takes bytes that came from the server at now, and compares them with what must come.
func (w *workload) received(c *client, b []byte, now int64) {
	w.recorder.received += int64(len(b))
	p := c.profile
	switch {
	case p.datagrams:
		w.datagram(c, b, now)
		return
	case p.neverReads: // it looks for the end of its connection, and for nothing else
		return
	case c.state == greeted:
		if b = w.greet(c, b, now); c.state != open {
			return
		}
	case p.measured && now >= w.start && now < w.end:
		w.recorder.bytes += int64(len(b))
	}
	for len(b) > 0 {
		if c.done == c.sent {
			w.recorder.unasked(p, c.amiss)
			break
		}
		number := c.done
		n, whole, want, offset := c.take(p.script, b)
		if want != nil {
			w.recorder.differs(p, w.shard.number(int(c.index)), number, offset, b[:n], want[:n])
		}
		if b = b[n:]; whole {
			w.replied(c, now)
		}
	}
	if c.answered() && (w.phase < ending || p.openLoop) {
		w.over(c, now)
	}
}

// replied ends the oldest request.
func (w *workload) replied(c *client, now int64) {
	p := c.profile
	if c.sent-c.done+1 == int64(p.depth) {
		c.free = now
	}
	if !p.measured {
		p.tally.requests++
		if p.most > 0 {
			p.tally.appear(&c.there)
		}
	} else {
		w.outstanding--
		counts := w.recorder.done(int(c.index), w.sample(c, c.ring[(c.done-1)&c.mask], now), p.openLoop, !c.amiss)
		if counts && p.requests > 0 && c.done-1 == c.first && c.connectAt >= w.t0 {
			w.recorder.first.add(now - c.connectAt)
		}
	}
	w.nextDue(c, now)
}

// sample returns a request as it is kept; done is -1 where there is no reply.
func (w *workload) sample(c *client, f flight, done int64) Sample {
	return Sample{
		Conn: w.shard.number(int(c.index)), Session: int(c.session), Connect: c.connectAt, Open: c.openAt,
		Intended: f.intended, Sent: f.sent, Done: done,
	}
}
