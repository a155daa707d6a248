package load

import (
	"syscall"

	"golang.org/x/sys/unix"
)

// open begins to connect.
func (e *engine) open(c *conn, i int32, now int64) {
	if e.phase >= ending && !c.profile.open {
		return
	}
	c.connectAt, c.failed = now, false
	c.generation++
	fd, errno := e.dial.dial()
	switch errno {
	case 0, unix.EINPROGRESS:
	case unix.EAGAIN: // a unix listener's backlog is full: the system has no queue to stand in
		e.later(c, i, now+int64(comeback))
		return
	default:
		e.fault(c, i, faultOf(errno), now)
		return
	}
	c.fd, c.state = fd, connecting
	interest := uint32(unix.EPOLLIN | unix.EPOLLOUT | unix.EPOLLRDHUP)
	if c.profile.neverReads {
		interest = unix.EPOLLOUT | unix.EPOLLRDHUP // that it ends is noticed without reading
		option(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, slowReaderWindow)
	}
	if more := control(e.ep, fd, i, c.generation, interest); more != 0 {
		e.fault(c, i, faultOf(more), now)
		return
	}
	if errno == 0 {
		e.arrived(c, i, clock())
	}
}

// arrived is called when connect has succeeded. A server that speaks first is heard out.
func (e *engine) arrived(c *conn, i int32, now int64) {
	if c.profile.script != nil && c.profile.script.hello != nil && !c.profile.neverReads {
		c.state, c.got = greeted, 0
		return
	}
	e.opened(c, i, now)
}

// greet hears a server's first words, and what a server that cannot wait says behind them.
func (e *engine) greet(c *conn, i int32) (now int64) {
	hello := c.profile.script.hello
	for c.state == greeted {
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
		e.recorder.received += int64(n)
		heard, matched := hello.seek(e.rx[:n], c.got)
		if c.got = matched; matched < len(hello.until) {
			continue
		}
		e.opened(c, i, now)
		if heard < n {
			e.recorder.unasked(c.profile, false)
		}
	}
	return now
}

// later lets a connection come again at a time.
func (e *engine) later(c *conn, i int32, when int64) {
	c.state = away
	if !c.waits {
		c.waits = true
		e.remind(c, i, when, again)
	}
}

// remind sets an alarm.
func (e *engine) remind(c *conn, i int32, when int64, what alarmKind) {
	e.alarms.push(alarm{at: when, conn: i, generation: c.generation, what: what})
	e.due = min(e.due, when)
}

// opened is called when the client may speak.
func (e *engine) opened(c *conn, i int32, now int64) {
	c.state, c.openAt, c.free = open, now, now
	c.session++
	c.first = c.sent
	c.flushing, c.from, c.got, c.wrong = c.sent, 0, 0, false
	c.thinking, c.drips = 0, false
	if c.profile.measured {
		if e.phase == setup || c.profile.requests > 0 && now >= e.start && now < e.end {
			e.recorder.connect.add(now - c.connectAt)
		}
	}
	c.profile.tally.connected++
	if c.profile.most == 0 {
		c.profile.tally.appear(&c.there)
	}
	if e.phase == setup && c.profile.most == 0 {
		return
	}
	e.proceed(c, i, c.wanted, now)
}

// enter lets a client begin when the play does.
func (e *engine) enter(c *conn, i int32, now int64) {
	if c.profile.measured {
		e.recorder.clients[i].asked = !c.profile.open
	}
	c.wanted = now
	switch c.state {
	case open:
		c.free = now
		if c.profile.think > 0 && c.profile.measured {
			// Spread over the think time, as clients that have been thinking for a while are.
			spread := int64(float64(c.profile.think) * float64(i) / float64(max(1, e.mine)))
			for range c.profile.depth {
				c.thinking++
				e.remind(c, i, now+spread, thought)
			}
			return
		}
		e.proceed(c, i, now, clock())
	case away:
		if !c.profile.once {
			e.later(c, i, now)
		}
	}
}

// broken is a send that failed. Replies that came before the server closed are taken first.
func (e *engine) broken(c *conn, i int32, errno syscall.Errno) {
	for {
		n, err := receive(c.fd, e.rx)
		if err != 0 || n == 0 {
			break
		}
		e.take(c, i, e.rx[:n], clock())
	}
	kind := faultOf(errno)
	if errno == unix.EPIPE {
		kind = closed
	}
	e.fault(c, i, kind, clock())
}

// over ends a session whose requests are answered, and begins the next.
func (e *engine) over(c *conn, i int32, now int64) {
	e.leave(c, shut)
	c.wanted = now
	switch {
	case c.profile.open && c.queue.empty(): // the next session begins with the next arrival
	case c.profile.pause > 0:
		e.later(c, i, now+c.profile.pause)
	case c.profile.think > 0:
		c.wanted = now + c.profile.think
		e.later(c, i, c.wanted)
	default:
		e.open(c, i, now)
	}
}

// leave closes the socket.
func (e *engine) leave(c *conn, how func(int)) {
	if c.fd >= 0 {
		how(c.fd)
	}
	c.fd, c.state = -1, away
	if c.profile.pause == 0 {
		c.profile.tally.disappear(&c.there)
	}
	c.generation++
}

// fault ends a connection that the client did not want to end. What it owed is lost.
func (e *engine) fault(c *conn, i int32, kind fault, now int64) {
	if c.state == open || c.wanted == 0 {
		c.wanted = now + int64(backoff)
	}
	if e.phase == counting && now >= e.end {
		e.present() // those that end now were there when the window did
	}
	stood := c.state >= greeted
	e.leave(c, shut)
	c.profile.tally.disappear(&c.there)
	c.failed = true
	switch {
	case !c.profile.measured:
		c.profile.tally.errors[kind]++
		if stood {
			c.profile.tally.ended++
		}
	case e.o.Stop && now >= e.end: // it was told to; what it had not read, it does not owe
		for ; c.done < c.sent; c.done++ {
			e.outstanding--
			e.recorder.open(int(i), e.record(c, int(i), c.ring[c.done&c.mask], -1), now)
		}
	default:
		e.recorder.errors[kind]++
		for ; c.done < c.sent; c.done++ {
			e.outstanding--
			e.recorder.lose(c.ring[c.done&c.mask].intended, now)
		}
	}
	c.done, c.flushing = c.sent, c.sent
	switch {
	case e.o.Stop && now >= e.end:
		c.state = gone
		e.left--
	case c.profile.once:
		c.state = gone
	case e.phase == setup: // the play will try again
	case c.profile.open && c.profile.requests > 0 && c.queue.empty():
	default:
		e.later(c, i, now+int64(backoff))
	}
}
