package load

import (
	"unsafe"

	"golang.org/x/sys/unix"
)

// conn is one client: a connection now, another one in its next session.
type conn struct {
	profile *profile
	ring    []flight // the requests that are sent and not answered, by number
	mask    int64

	reading       // done counts lost requests too
	sent    int64 // requests asked in the life of the client
	first   int64 // the first one of this session

	flushing int64 // the request whose bytes are being sent
	from     int   // bytes of it that are sent

	queue     queue // arrivals that wait
	free      int64 // when a request could last be sent that could not before
	wanted    int64 // when this session was wanted
	connectAt int64
	openAt    int64
	sum       int64 // bytes asked by a slow reader

	generation uint32
	fd         int
	session    int32
	thinking   int16
	state      state
	failed     bool // the last attempt to connect did
	waits      bool // an alarm will connect it again
	drips      bool // an alarm will send its next byte
	there      bool // counts in its role's tally as there
}

type state uint8

const (
	away       state = iota // not connected
	gone                    // and not to come back
	connecting              //
	greeted                 // connected, and the server has the first word
	open
)

// room reports whether another request may be sent now.
func (c *conn) room() bool {
	return c.sent-c.done < int64(c.profile.depth) && (c.profile.requests == 0 || c.sent-c.first < int64(c.profile.requests))
}

func ptr(b []byte) unsafe.Pointer { return unsafe.Pointer(unsafe.SliceData(b)) }

// proceed sends what the connection may send: ready is when that became possible.
func (e *engine) proceed(c *conn, i int32, ready, now int64) {
	r := c.profile
	if r.silent || e.phase >= ending && !r.open {
		return
	}
	if r.requests > 0 && c.done-c.first >= int64(r.requests) {
		e.over(c, i, now)
		return
	}
	if r.neverReads {
		c.sent = c.done + 1 // always one more to ask
		e.flush(c, i, now)
		return
	}
	if r.most > 0 && c.sent >= int64(r.most) {
		return
	}
	asked := false
	for c.room() && (!r.open || !c.queue.empty()) {
		if !asked {
			now = clock()
			asked = true
		}
		if r.open {
			intended := e.backlog.pop(&c.queue)
			e.ask(c, intended, max(intended, c.free), now)
			continue
		}
		if r.think > 0 && c.done > c.first {
			if int64(c.thinking)+c.sent-c.done >= int64(r.depth) {
				break
			}
			c.thinking++
			e.remind(c, i, ready+r.think, thought)
			continue
		}
		if r.measured {
			e.outstanding++
		}
		e.ask(c, ready, max(ready, c.openAt), now)
		if r.most > 0 {
			break
		}
	}
	if c.flushing < c.sent {
		e.flush(c, i, now)
	}
}

// ask notes a request as sent at now; flush sends its bytes.
func (e *engine) ask(c *conn, intended, ready, now int64) {
	c.ring[c.sent&c.mask] = flight{intended, now}
	c.sent++
	if c.profile.measured {
		e.recorder.sent(ready, now)
	}
}

// event handles what epoll reports of a connection and returns the last reading of the clock.
func (e *engine) event(c *conn, i int32, flags uint32) int64 {
	if c.state == connecting {
		now := clock()
		if flags&(unix.EPOLLERR|unix.EPOLLHUP) != 0 {
			e.fault(c, i, faultOf(pending(c.fd)), now)
			return now
		}
		if flags&unix.EPOLLOUT == 0 {
			return now
		}
		e.arrived(c, i, now)
		if c.state < greeted || flags&(unix.EPOLLIN|unix.EPOLLRDHUP) == 0 {
			return now
		}
	}
	if c.state == greeted {
		return e.greet(c, i)
	}
	now := int64(0)
	if flags&(unix.EPOLLIN|unix.EPOLLRDHUP|unix.EPOLLHUP|unix.EPOLLERR) != 0 {
		generation := c.generation
		if now = e.read(c, i, flags&unix.EPOLLRDHUP != 0); c.generation != generation || c.state != open {
			return now
		}
	}
	if flags&unix.EPOLLOUT != 0 && c.flushing < c.sent {
		now = clock()
		e.flush(c, i, now)
	}
	return now
}

// read takes what has come. An edge is reported once, so it reads until there is no more: a read that
// does not fill the buffer has emptied the socket (epoll(7)), but not found its end, which may have come
// with the same edge: ends says that it has.
func (e *engine) read(c *conn, i int32, ends bool) (now int64) {
	generation := c.generation
	for {
		n, errno := receive(c.fd, e.rx)
		now = clock()
		switch {
		case errno == unix.EAGAIN || errno == unix.EINTR:
			return now
		case errno != 0:
			e.fault(c, i, faultOf(errno), now)
			return now
		case n == 0:
			e.fault(c, i, closed, now)
			return now
		}
		if e.take(c, i, e.rx[:n], now) {
			e.proceed(c, i, now, now)
		}
		if n < len(e.rx) && !ends || c.generation != generation {
			return now
		}
	}
}

// take compares what has come with what must come, and reports whether a reply became whole.
func (e *engine) take(c *conn, i int32, b []byte, now int64) (whole bool) {
	s := c.profile.script
	e.recorder.received += int64(len(b))
	if c.profile.measured && now >= e.start && now < e.end {
		e.recorder.bytes += int64(len(b))
	}
	for len(b) > 0 {
		if c.done == c.sent {
			e.recorder.unasked(c.profile, c.amiss)
			return whole
		}
		number := c.done
		n, complete, want, offset := c.take(s, b)
		if want != nil {
			e.recorder.differs(c.profile, e.shard.number(int(i)), number, offset, b[:n], want[:n])
		}
		if b = b[n:]; !complete {
			continue
		}
		e.complete(c, i, now)
		whole = true
	}
	return whole
}

// complete ends the oldest request.
func (e *engine) complete(c *conn, i int32, now int64) {
	f := c.ring[(c.done-1)&c.mask]
	c.free = now
	if !c.profile.measured {
		c.profile.tally.requests++
		if c.profile.most > 0 {
			c.profile.tally.appear(&c.there)
		}
		return
	}
	e.outstanding--
	b := e.recorder
	if b.done(int(i), e.record(c, int(i), f, now), c.profile.open, !c.amiss) && c.profile.requests > 0 && c.done-1 == c.first && c.connectAt >= e.t0 {
		b.first.add(now - c.connectAt)
	}
}

// record returns a request as it is kept; done is -1 where there is no reply.
func (e *engine) record(c *conn, i int, f flight, done int64) Sample {
	return Sample{
		Conn: e.shard.number(i), Session: int(c.session), Connect: c.connectAt, Open: c.openAt,
		Intended: f.intended, Sent: f.sent, Done: done,
	}
}

// flush sends the bytes of what was asked, as far as the socket takes them.
func (e *engine) flush(c *conn, i int32, now int64) {
	s := c.profile.script
	if c.drips || c.sum >= slowReaderBytes {
		return
	}
	for c.flushing < c.sent {
		p := s.request(s.place(c.base, c.flushing), c.from)
		left := s.size - c.from
		switch {
		case c.profile.bytewise:
			p = p[:1]
		case len(p) < left && len(p) < chunk, len(p) == left && c.flushing+1 < c.sent:
			p = e.gather(c, s)
		}
		n, errno := send(c.fd, p)
		switch {
		case errno == unix.EAGAIN || errno == unix.EINTR:
			return
		case errno != 0:
			e.broken(c, i, errno)
			return
		}
		for c.from += n; c.from >= s.size && c.flushing < c.sent; c.flushing++ {
			c.from -= s.size
		}
		switch {
		case c.profile.bytewise:
			c.drips = true
			e.remind(c, i, now+int64(byteEvery), drip)
			return
		case c.profile.neverReads:
			if c.sum += int64(n); c.sum < slowReaderBytes && c.flushing == c.sent {
				c.sent++
			}
		}
	}
	if c.profile.resets && c.state == open {
		c.done = c.sent
		c.profile.tally.requests++
		e.leave(c, abort)
		e.later(c, i, now+c.profile.pause)
	}
}

// gather lays pieces side by side so that one call sends them.
func (e *engine) gather(c *conn, s *script) []byte {
	n, k, at := 0, c.flushing, c.from
	for n < len(e.tx) && k < c.sent {
		m := copy(e.tx[n:], s.request(s.place(c.base, k), at))
		n += m
		if at += m; at == s.size {
			k, at = k+1, 0
		}
	}
	return e.tx[:n]
}
