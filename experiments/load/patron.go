package load

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"sync"
	"time"
)

// live plays one client of the portable engine until the window ends: session after session.
func (c *patron) live() {
	p, r := c.p, c.role
	if r.measured && !r.open {
		p.lock.Lock()
		p.book.clients[c.i].asked = true
		p.lock.Unlock()
	}
	wanted := p.t0
	if d := time.Duration(p.t0 - clock()); d > 0 && (r.deaf || !r.once) && !c.pause(d) { // who asks nothing listens at once
		return
	}
	if r.measured && r.think > 0 && !c.pause(time.Duration(float64(r.think)*float64(c.i)/float64(p.mine))) {
		return
	}
	for {
		c.lock.Lock()
		there := c.conn != nil
		c.lock.Unlock()
		if !there && (r.once || !c.again(&wanted)) {
			return
		}
		finished := c.converse(wanted)
		if !c.lasts() || r.once || p.stopping() {
			return
		}
		wanted = clock()
		wait := time.Duration(r.pause + r.think)
		if !finished {
			wait = backoff
		}
		if wait > 0 {
			if !c.pause(wait) {
				if !finished {
					c.giveUp(wanted + int64(wait))
				}
				return
			}
			wanted = clock()
		}
	}
}

// again connects anew, as often as it takes, and reports whether it has within the window. wanted
// becomes the time of the first attempt.
func (c *patron) again(wanted *int64) bool {
	p := c.p
	if c.role.open && c.role.requests > 0 { // the session begins with its first arrival
		for {
			c.lock.Lock()
			waiting := len(c.queue)
			c.lock.Unlock()
			if waiting > 0 {
				break
			}
			select {
			case <-c.arrivals:
			case <-c.over:
				return false
			}
		}
	}
	if c.role.measured && !c.role.open {
		p.join(1)
		defer p.join(-1)
	}
	for c.lasts() && !p.stopping() {
		ctx, cancel := context.WithDeadline(context.Background(), at(p.ends()+int64(grace)))
		stands := c.dial(ctx)
		cancel()
		if stands {
			return true
		}
		if !c.pause(backoff) {
			break
		}
	}
	c.giveUp(*wanted)
	return false
}

// giveUp writes down that a client of a closed loop wanted a session and had none until the end.
func (c *patron) giveUp(wanted int64) {
	p := c.p
	if !c.role.measured || c.role.open || c.late || p.stopping() {
		return
	}
	p.lock.Lock()
	p.book.open(c.i, c.record(flight{max(wanted, p.t0), -1}, -1), p.book.end)
	p.lock.Unlock()
}

// converse plays one session and reports whether it came to its own end.
func (c *patron) converse(wanted int64) (finished bool) {
	p, r := c.p, c.role
	c.lock.Lock()
	c.first = c.sent
	c.tokens = make(chan int64, r.depth+1)
	c.lock.Unlock()
	for range r.depth {
		c.tokens <- wanted
	}
	ended := make(chan bool, 1)
	var reader sync.WaitGroup
	if conn := c.conn; !r.deaf {
		reader.Go(func() { ended <- c.listen(conn) })
	}
	var err error
	asked := int64(0)
	for err == nil && !r.silent && (r.requests == 0 || asked < int64(r.requests)) && (r.most == 0 || c.sent < int64(r.most)) {
		ready, ok := c.token(ended)
		if !ok {
			break
		}
		intended := ready
		if r.open {
			if intended = c.arrival(ended); intended < 0 {
				break
			}
			ready = max(ready, intended)
		} else if r.think > 0 && asked >= int64(r.depth) {
			intended += r.think
			ready = intended
			if d := time.Duration(intended - clock()); d > 0 && !c.ponder(d, ended) {
				break
			}
		}
		c.batch = append(c.batch[:0], asking{intended, ready})
		if r.think == 0 {
			c.join(asked)
		}
		err = c.ask()
		if err == errOver {
			if c.lock.Lock(); r.open {
				for _, a := range slices.Backward(c.batch) {
					c.queue = append([]int64{a.intended}, c.queue...)
				}
			}
			c.lock.Unlock()
			err = nil
			break
		}
		if asked += int64(len(c.batch)); r.deaf && err == nil && asked*int64(r.script.size) < deafBytes {
			c.tokens <- clock() // it asks for more without hearing the answer
		}
	}
	switch {
	case r.resets && err == nil:
		if tcp, ok := c.conn.(*net.TCPConn); ok {
			_ = tcp.SetLinger(0)
		}
		finished = true
	case err != nil:
	case r.deaf:
		<-p.over
	default: // the reader ends with the last reply, a fault, or when play closes the connection
		finished = <-ended
	}
	c.lock.Lock()
	_ = c.conn.Close()
	c.conn = nil
	c.lock.Unlock()
	reader.Wait()
	c.gone(finished, err)
	c.forget()
	return finished
}

// arrival returns the next request's intended time, or -1 when the session or the window ends first.
func (c *patron) arrival(ended chan bool) int64 {
	for {
		c.lock.Lock()
		if len(c.queue) > 0 {
			intended := c.queue[0]
			c.queue = c.queue[1:]
			c.lock.Unlock()
			return intended
		}
		c.lock.Unlock()
		select {
		case <-c.arrivals:
		case done := <-ended:
			ended <- done
			return -1
		case <-c.over:
			return -1
		}
	}
}

// errOver says that a request came too late to be asked.
var errOver = errors.New("load: the window is over")

// token waits until a request may follow, and returns since when one may. There is none when the session, or the
// window, ends first.
func (c *patron) token(ended chan bool) (ready int64, ok bool) {
	select {
	case ready = <-c.tokens:
	case done := <-ended:
		ended <- done
		return 0, false
	case <-c.over:
		return 0, false
	}
	select {
	case done := <-ended: // the server is gone: what is sent now is sent to nobody
		ended <- done
		return 0, false
	default:
		return ready, true
	}
}

// ponder waits, and reports whether the client may still ask on this connection.
func (c *patron) ponder(d time.Duration, ended chan bool) bool {
	select {
	case <-c.over:
		return false
	case done := <-ended:
		ended <- done
		return false
	case <-time.After(d):
		return true
	}
}

// asking is a request that is about to be sent.
type asking struct{ intended, ready int64 }

// join adds to a batch what may be sent with it: a client that has several replies at once asks as often at once,
// in one write.
func (c *patron) join(asked int64) {
	r := c.role
	c.lock.Lock() // the reader has it until all that has come is taken
	defer c.lock.Unlock()
	for len(c.batch) < r.depth && (r.requests == 0 || asked+int64(len(c.batch)) < int64(r.requests)) && r.most == 0 && !r.drips {
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
func (c *patron) ask() error {
	p := c.p
	p.lock.Lock()
	if p.ended && !c.role.open {
		p.lock.Unlock()
		return errOver
	}
	if c.role.measured && !c.role.open {
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
	if c.role.measured {
		p.lock.Lock()
		for _, a := range c.batch {
			p.book.sent(max(a.ready, c.openAt), now)
		}
		p.lock.Unlock()
	}
	if err := c.send(first, first+int64(len(c.batch))); err != nil {
		return err
	}
	if c.role.resets {
		p.lock.Lock()
		c.role.tally.requests++
		p.lock.Unlock()
	}
	return nil
}

// send sends the bytes of some requests, side by side as far as they fit into a chunk.
func (c *patron) send(from, to int64) error {
	s := c.role.script
	c.tx = c.tx[:0]
	for number := from; number < to; number++ {
		place := s.place(c.reading.base, number)
		for at := 0; at < s.size; {
			piece := s.request(place, at)
			if c.role.drips {
				piece = piece[:1]
				if !c.pause(dripEvery) {
					return io.ErrClosedPipe
				}
			}
			at += len(piece)
			last := at == s.size && number+1 == to
			if len(c.tx) == 0 && (last || c.role.drips || len(piece) >= chunk) {
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
func (c *patron) listen(conn net.Conn) bool {
	p, r := c.p, c.role
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
				p.book.errors[kindOf(err)]++
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
func (c *patron) hear(b []byte, now int64) {
	p, r := c.p, c.role
	c.lock.Lock()
	defer c.lock.Unlock()
	p.lock.Lock()
	defer p.lock.Unlock()
	p.book.received += int64(len(b))
	if r.measured && now >= p.start && now < p.end {
		p.book.bytes += int64(len(b))
	}
	for len(b) > 0 {
		if c.reading.done == c.sent {
			p.book.unasked(r, c.reading.amiss)
			return
		}
		number := c.reading.done
		m, whole, want, offset := c.reading.take(r.script, b)
		if want != nil {
			p.book.differs(r, p.o.lane.number(c.i), number, offset, b[:m], want[:m])
		}
		b = b[m:]
		if whole {
			c.answered(number, now)
		}
	}
}

// gone notes that the client's connection has ended. One that comes and goes is there until the server is the
// one who ends it.
func (c *patron) gone(finished bool, err error) {
	p, r := c.p, c.role
	p.lock.Lock()
	defer p.lock.Unlock()
	if r.pause == 0 || !finished {
		r.tally.disappear(&c.there)
	}
	if r.deaf && err != nil && !p.ended {
		r.tally.ended++
		r.tally.errors[kindOf(err)]++
	}
}

// isOurs reports whether a connection ended because this side closed it.
func isOurs(err error) bool { return kindOf(err) == other }

// answered notes a whole reply, with both locks held.
func (c *patron) answered(number, now int64) {
	p, r := c.p, c.role
	f := c.flights[number%int64(len(c.flights))]
	if !r.measured {
		r.tally.requests++
		if r.most > 0 {
			r.tally.appear(&c.there)
		}
	} else {
		p.open--
		p.landed.Broadcast()
		if p.book.done(c.i, c.record(f, now), r.open, !c.reading.amiss) && r.requests > 0 && number == c.first && c.connectAt >= p.t0 {
			p.book.first.add(now - c.connectAt)
		}
	}
	select {
	case c.tokens <- now:
	default:
	}
}

// forget counts what an ended connection owed as lost, unless the window is over.
func (c *patron) forget() {
	p := c.p
	if !c.lasts() {
		return
	}
	c.lock.Lock()
	defer c.lock.Unlock()
	p.lock.Lock()
	defer p.lock.Unlock()
	for ; c.reading.done < c.sent; c.reading.done++ {
		if !c.role.measured {
			continue
		}
		p.open--
		f, now := c.flights[c.reading.done%int64(len(c.flights))], clock()
		switch {
		case p.o.Stop && now >= p.end: // it was told to stop; what it had not read, it does not owe
			p.book.open(c.i, c.record(f, -1), now)
		default:
			p.book.lose(f.intended, now)
		}
	}
	c.reading.got, c.reading.wrong = 0, false
	p.landed.Broadcast()
}
