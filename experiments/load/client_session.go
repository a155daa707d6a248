package load

// dials notes that the driver begins to connect the client.
func (w *workload) dials(c *client, now int64) {
	c.connectAt, c.failed, c.state = now, false, connecting
}

// connected notes that the client is connected. If the server speaks first, the client waits for its greeting.
func (w *workload) connected(c *client, now int64) {
	if s := c.profile.script; s.hello != nil && !c.profile.neverReads {
		c.state, c.got = greeted, 0
		return
	}
	w.opened(c, now)
}

// greet reads a server's greeting, and returns the bytes behind it.
func (w *workload) greet(c *client, b []byte, now int64) (rest []byte) {
	hello := c.profile.script.hello
	heard, matched := hello.seek(b, c.got)
	if c.got = matched; matched == len(hello.until) {
		w.opened(c, now)
	}
	return b[heard:]
}

// opened is called when the client may speak.
func (w *workload) opened(c *client, now int64) {
	p := c.profile
	c.state, c.openAt, c.free = open, now, now
	c.session++
	c.first, c.sending, c.from = c.sent, c.sent, 0
	c.got, c.wrong, c.amiss, c.byteWaits, c.overdue, c.under = 0, false, false, false, false, 0
	switch {
	case w.phase == setup:
		took := now - min(c.connectAt, c.wanted) // it may have been dialed again
		if w.took == 0 || took < w.took {
			w.took = max(1, took)
		}
		if p.measured {
			w.recorder.connect.add(took)
		}
	case p.measured && p.requests > 0 && now >= w.start && now < w.end:
		w.recorder.connect.add(now - c.connectAt)
	}
	p.tally.connected++
	if p.most == 0 {
		p.tally.appear(&c.there)
	}
	if w.phase > setup || p.most > 0 {
		w.firstDue(c, c.wanted)
	}
}

// enter lets a client begin when the first request of the run may be sent.
func (w *workload) enter(c *client, now int64) {
	p := c.profile
	if p.measured {
		w.recorder.clients[c.index].asked = !p.openLoop
	}
	c.wanted = now
	switch {
	case c.state == away && !p.once:
		w.later(c, now)
	case c.state != open:
	case p.think > 0 && p.measured:
		// Spread over the think time, as clients that have been thinking for a while are.
		c.free = now
		spread := int64(float64(p.think) * float64(c.index) / float64(max(1, w.measured)))
		for range p.depth {
			w.remind(c, now+spread, thought)
		}
	default:
		c.free = now
		w.firstDue(c, now)
	}
}

// over ends a session whose requests are answered, and begins the next.
func (w *workload) over(c *client, now int64) {
	p := c.profile
	w.leave(c, orderly)
	c.wanted = now
	switch {
	case p.openLoop && c.queue.empty(): // the next session begins with the next arrival
	case p.pause > 0:
		w.later(c, now+p.pause)
	case p.think > 0:
		c.wanted = w.thinks(c, now)
		w.later(c, c.wanted)
	default:
		c.state = dialing
	}
}

// leave ends the connection. What is due in an open loop stays due.
func (w *workload) leave(c *client, how closing) {
	c.closing, c.state = how, away
	c.generation++
	for !c.profile.openLoop && !c.queue.empty() {
		w.backlog.pop(&c.queue)
	}
	if c.profile.pause == 0 {
		c.profile.tally.disappear(&c.there)
	}
}

// later lets a client connect again at a time.
func (w *workload) later(c *client, when int64) {
	c.state = away
	if !c.waits {
		c.waits = true
		w.remind(c, when, again)
	}
}

// failed notes that a connection has ended, or could not be made, although the client did not want that. Its requests
// without a reply are lost.
func (w *workload) failed(c *client, kind fault, now int64) {
	p := c.profile
	if c.state == open || c.wanted == 0 {
		c.wanted = now + int64(backoff)
	}
	if w.phase == counting && now >= w.end {
		w.present() // those that end now were there when the window did
	}
	stood := c.state >= greeted
	w.leave(c, orderly)
	p.tally.disappear(&c.there)
	c.failed = true
	stopped := w.o.Stop && now >= w.end // the server was told to stop, and need not answer what it had not read
	switch {
	case !p.measured:
		p.tally.errors[kind]++
		if stood {
			p.tally.ended++
		}
		c.done = c.sent
	case !stopped:
		w.recorder.errors[kind]++
		if kind == refused {
			w.recorder.live.refused.Add(1)
		}
	}
	for ; c.done < c.sent; c.done++ {
		if c.ring[c.done&c.mask].sent < 0 {
			continue // a datagram that is over
		}
		w.outstanding--
		if f := c.ring[c.done&c.mask]; stopped {
			w.recorder.unansweredAt(int(c.index), w.sample(c, f, -1), now)
		} else {
			w.recorder.lose(f.intended, now)
		}
	}
	c.sending = c.sent
	switch {
	case stopped:
		c.state = gone
		w.remaining--
	case p.once:
		c.state = gone
	case w.phase == setup: // it connects again when the first request may be sent
	case p.openLoop && p.requests > 0 && c.queue.empty(): // it connects again with its next arrival
	default:
		w.later(c, now+int64(backoff))
	}
}
