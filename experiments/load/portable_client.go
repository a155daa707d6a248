package load

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"
)

// live plays one client of the portable engine until the window ends: session after session.
func (c *portableClient) live() {
	p, r := c.p, c.profile
	if r.measured && !r.open {
		p.lock.Lock()
		p.recorder.clients[c.i].asked = true
		p.lock.Unlock()
	}
	wanted := p.t0
	if d := time.Duration(p.t0 - clock()); d > 0 && (r.neverReads || !r.once) && !c.pause(d) { // who asks nothing listens at once
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
func (c *portableClient) again(wanted *int64) bool {
	p := c.p
	if c.profile.open && c.profile.requests > 0 { // the session begins with its first arrival
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
	if c.profile.measured && !c.profile.open {
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
func (c *portableClient) giveUp(wanted int64) {
	p := c.p
	if !c.profile.measured || c.profile.open || c.late || p.stopping() {
		return
	}
	p.lock.Lock()
	p.recorder.open(c.i, c.record(flight{max(wanted, p.t0), -1}, -1), p.recorder.end)
	p.lock.Unlock()
}

// converse plays one session and reports whether it came to its own end.
func (c *portableClient) converse(wanted int64) (finished bool) {
	p, r := c.p, c.profile
	c.lock.Lock()
	c.first = c.sent
	c.tokens = make(chan int64, r.depth+1)
	c.lock.Unlock()
	for range r.depth {
		c.tokens <- wanted
	}
	ended := make(chan bool, 1)
	var reader sync.WaitGroup
	if conn := c.conn; !r.neverReads {
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
		if asked += int64(len(c.batch)); r.neverReads && err == nil && asked*int64(r.script.size) < slowReaderBytes {
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
	case r.neverReads:
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
func (c *portableClient) arrival(ended chan bool) int64 {
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
func (c *portableClient) token(ended chan bool) (ready int64, ok bool) {
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
func (c *portableClient) ponder(d time.Duration, ended chan bool) bool {
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

// pause waits and reports whether the client may still ask.
func (c *portableClient) pause(d time.Duration) bool {
	select {
	case <-c.over:
		return false
	case <-time.After(d):
		return true
	}
}

// lasts reports whether the client may still ask.
func (c *portableClient) lasts() bool {
	select {
	case <-c.over:
		return false
	default:
		return true
	}
}

func (c *portableClient) record(f flight, done int64) Sample {
	return Sample{
		Conn: c.p.o.shard.number(c.i), Session: c.session, Connect: c.connectAt, Open: c.openAt, Intended: f.intended, Sent: f.sent, Done: done,
	}
}
