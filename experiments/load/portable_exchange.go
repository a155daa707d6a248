package load

import (
	"io"
	"net"
)

// asking is a request that is about to be sent.
type asking struct{ intended, ready int64 }

// join adds to a batch what may be sent with it: a client that has several replies at once asks as often at once,
// in one write.
func (c *portableClient) join(asked int64) {
	r := c.profile
	c.lock.Lock() // the reader has it until all that has come is taken
	defer c.lock.Unlock()
	for len(c.batch) < r.depth && (r.requests == 0 || asked+int64(len(c.batch)) < int64(r.requests)) && r.most == 0 && !r.bytewise {
		if r.open && len(c.queue) == 0 {
			return
		}
		var ready int64
		select {
		case ready = <-c.tokens:
		default:
			return
		}
		intended := ready
		if r.open {
			intended, c.queue = c.queue[0], c.queue[1:]
			ready = max(ready, intended)
		}
		c.batch = append(c.batch, asking{intended, ready})
	}
}

// ask sends the batch.
func (c *portableClient) ask() error {
	p := c.p
	p.lock.Lock()
	if p.ended && !c.profile.open {
		p.lock.Unlock()
		return errOver
	}
	if c.profile.measured && !c.profile.open {
		p.open += len(c.batch)
	}
	p.lock.Unlock()
	now := clock()
	c.lock.Lock()
	first := c.sent
	for _, a := range c.batch {
		c.flights[c.sent%int64(len(c.flights))] = flight{a.intended, now}
		c.sent++
	}
	c.lock.Unlock()
	if c.profile.measured {
		p.lock.Lock()
		for _, a := range c.batch {
			p.recorder.sent(max(a.ready, c.openAt), now)
		}
		p.lock.Unlock()
	}
	if err := c.send(first, first+int64(len(c.batch))); err != nil {
		return err
	}
	if c.profile.resets {
		p.lock.Lock()
		c.profile.tally.requests++
		p.lock.Unlock()
	}
	return nil
}

// send sends the bytes of some requests, side by side as far as they fit into a chunk.
func (c *portableClient) send(from, to int64) error {
	s := c.profile.script
	c.tx = c.tx[:0]
	for number := from; number < to; number++ {
		place := s.place(c.reading.base, number)
		for at := 0; at < s.size; {
			piece := s.request(place, at)
			if c.profile.bytewise {
				piece = piece[:1]
				if !c.pause(byteEvery) {
					return io.ErrClosedPipe
				}
			}
			at += len(piece)
			last := at == s.size && number+1 == to
			if len(c.tx) == 0 && (last || c.profile.bytewise || len(piece) >= chunk) {
				if _, err := c.conn.Write(piece); err != nil {
					return err
				}
				continue
			}
			if c.tx = append(c.tx, piece...); last || len(c.tx) >= chunk {
				if _, err := c.conn.Write(c.tx); err != nil {
					return err
				}
				c.tx = c.tx[:0]
			}
		}
	}
	return nil
}

// listen reads replies until the session is over, and reports whether all have come.
func (c *portableClient) listen(conn net.Conn) bool {
	p, r := c.p, c.profile
	buf := make([]byte, 16<<10)
	for {
		n, err := conn.Read(buf)
		now := clock()
		c.hear(buf[:n], now)
		c.lock.Lock()
		p.lock.Lock()
		over := r.requests > 0 && c.reading.done-c.first >= int64(r.requests)
		if err != nil && !over && c.lasts() {
			if !r.measured {
				r.tally.ended++
				r.tally.errors[kindOf(err)]++
			} else if !isOurs(err) && !(p.o.Stop && now >= p.end) {
				p.recorder.errors[kindOf(err)]++
			}
		}
		p.lock.Unlock()
		c.lock.Unlock()
		if err != nil || over {
			return over
		}
	}
}

// hear compares what has come with what must come.
func (c *portableClient) hear(b []byte, now int64) {
	p, r := c.p, c.profile
	c.lock.Lock()
	defer c.lock.Unlock()
	p.lock.Lock()
	defer p.lock.Unlock()
	p.recorder.received += int64(len(b))
	if r.measured && now >= p.start && now < p.end {
		p.recorder.bytes += int64(len(b))
	}
	for len(b) > 0 {
		if c.reading.done == c.sent {
			p.recorder.unasked(r, c.reading.amiss)
			return
		}
		number := c.reading.done
		m, whole, want, offset := c.reading.take(r.script, b)
		if want != nil {
			p.recorder.differs(r, p.o.shard.number(c.i), number, offset, b[:m], want[:m])
		}
		b = b[m:]
		if whole {
			c.answered(number, now)
		}
	}
}

// gone notes that the client's connection has ended. One that comes and goes is there until the server is the
// one who ends it.
func (c *portableClient) gone(finished bool, err error) {
	p, r := c.p, c.profile
	p.lock.Lock()
	defer p.lock.Unlock()
	if r.pause == 0 || !finished {
		r.tally.disappear(&c.there)
	}
	if r.neverReads && err != nil && !p.ended {
		r.tally.ended++
		r.tally.errors[kindOf(err)]++
	}
}

// isOurs reports whether a connection ended because this side closed it.
func isOurs(err error) bool { return kindOf(err) == other }

// answered notes a whole reply, with both locks held.
func (c *portableClient) answered(number, now int64) {
	p, r := c.p, c.profile
	f := c.flights[number%int64(len(c.flights))]
	if !r.measured {
		r.tally.requests++
		if r.most > 0 {
			r.tally.appear(&c.there)
		}
	} else {
		p.open--
		p.landed.Broadcast()
		if p.recorder.done(c.i, c.record(f, now), r.open, !c.reading.amiss) && r.requests > 0 && number == c.first && c.connectAt >= p.t0 {
			p.recorder.first.add(now - c.connectAt)
		}
	}
	select {
	case c.tokens <- now:
	default:
	}
}

// forget counts what an ended connection owed as lost, unless the window is over.
func (c *portableClient) forget() {
	p := c.p
	if !c.lasts() {
		return
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	p.lock.Lock()
	defer p.lock.Unlock()
	for ; c.reading.done < c.sent; c.reading.done++ {
		if !c.profile.measured {
			continue
		}
		p.open--
		f, now := c.flights[c.reading.done%int64(len(c.flights))], clock()
		switch {
		case p.o.Stop && now >= p.end: // it was told to stop; what it had not read, it does not owe
			p.recorder.open(c.i, c.record(f, -1), now)
		default:
			p.recorder.lose(f.intended, now)
		}
	}
	c.reading.got, c.reading.wrong = 0, false
	p.landed.Broadcast()
}
