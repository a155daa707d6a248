package load

import "time"

// How long the clients of a run may take to connect before the first request. A server that accepts them one by one
// gets the time that it needs: the wait ends when no further client connects, or at a bound for all of them.
const (
	patience  = 5 * time.Second      // without another client, while some still connect, or others may: a dropped SYN is sent again after 1, 3 and 7 s
	silence   = 2 * time.Second      // the same, where clients dial again themselves, or all have connected and some wait for their first answer
	comeBound = 30 * time.Second     // for all together, and for each client
	comeEach  = 5 * time.Millisecond // this much more
	atOnce    = 128                  // how many may connect at once, well below any listener's backlog
	waveStall = 50 * time.Millisecond

	redialAfter = 50 * time.Millisecond // of an attempt to connect, at least
	redialMost  = silence / 2           // of one, so that a client has made several before the wait for it ends
	redialNear  = 10 * time.Millisecond // a server that takes no client as fast as this is far away
	redialLook  = 10 * time.Millisecond // how often the clients that are connecting are looked at
)

// Bound returns how long the clients of o may take to connect, at most, before the first request.
func (o Options) Bound() time.Duration {
	return comeBound + time.Duration(o.WithDefaults().Clients())*comeEach
}

// A gathering connects clients before the first request: all disturbers, and then all measured clients. The number
// that may connect at once grows while no client has had to wait for the server's backlog. It also grows after a while
// without progress, because a server that answers nobody may still accept connections. Times are ns on the driver's
// clock.
type gathering struct {
	to     int // the client behind the last one
	from   int
	next   int // the next client to connect
	ready  int // all before it are connected, or failed
	ahead  int // how many may be connecting at once
	queued bool

	looked int64 // when all that were connecting had been looked at
	at     int   // the next of them to look at

	bound    int64
	progress int64
	last     int64 // when progress grew
	stalled  int64 // since when ahead is what it is and progress has not grown
}

// gather begins to connect all disturbers, or all measured clients. The driver serves what next returns until gathered
// reports true.
func (w *workload) gather(measured bool, now int64) {
	from, to := w.measured, len(w.clients)
	if measured {
		from, to = 0, w.measured
	}
	w.coming = gathering{from: from, to: to, next: from, ready: from, at: from, ahead: atOnce, bound: now + int64(w.o.Bound()), last: now, stalled: now}
}

// invite returns the next client that may connect, or nil.
func (w *workload) invite(now int64) *client {
	g := &w.coming
	if g.next > g.from && w.clients[g.next-1].state != open {
		g.queued = true // it had to wait for the server's backlog
	}
	if g.next == g.to || g.next-g.ready >= g.ahead {
		return nil
	}
	c := &w.clients[g.next]
	g.next++
	c.wanted, c.state = now, dialing
	return c
}

// redial returns the next client whose attempt to connect is to be given up and made again, or nil. A system drops the SYN
// of a client when the listener's backlog is full, and the client's system sends it again after a second (RFC 6298), though
// a server takes thousands of clients meanwhile. Each attempt lasts as long as all before it
// together, within bounds.
func (w *workload) redial(now int64) *client {
	g := &w.coming
	if !w.dialsAgain() || now-g.looked < int64(redialLook) {
		return nil
	}
	for g.at < g.next {
		c := &w.clients[g.at]
		g.at++
		if c.state == connecting && now-c.connectAt >= min(max(int64(redialAfter), c.connectAt-c.wanted), int64(redialMost)) {
			c.generation++
			c.closing, c.state = orderly, dialing
			return c
		}
	}
	g.at, g.looked = g.ready, now
	return nil
}

// dialsAgain reports whether clients give up an attempt that lasts: where the driver can do that, the server is near, so that a
// connection takes much less time, and no other generator connects clients as well: what all of them give up and make again is
// work for a server that is late already.
func (w *workload) dialsAgain() bool {
	return w.redials && !w.oneOfSeveral() && w.took > 0 && w.took <= int64(redialNear)
}

// oneOfSeveral reports whether other generators connect clients to the same server. Then the progress that this one sees is its
// own alone, and it may have to wait while they make theirs.
func (w *workload) oneOfSeveral() bool { return w.o.Part.Parts > 1 }

// gathered reports whether the wait is over: every client is connected, and every idle one has its reply; or there is
// no further progress; or it takes too long.
func (w *workload) gathered(now int64) bool {
	g := &w.coming
	for g.ready < g.next && w.clients[g.ready].came() {
		g.ready++
	}
	if g.ready == g.to {
		return true
	}
	progress := int64(0)
	for _, d := range w.recorder.disturbers {
		progress += d.progress()
	}
	if progress != g.progress {
		g.progress, g.last = progress, now
	}
	if g.stalled = max(g.stalled, g.last); now-g.stalled > int64(waveStall) {
		g.ahead, g.stalled = 2*max(g.ahead, g.next-g.ready), now
	} else if !g.queued {
		g.ahead = max(g.ahead, (g.ready-g.from)/2)
	}
	quiet := now - g.last
	switch {
	case now >= g.bound:
		for i := g.ready; i < g.to && quiet < int64(silence); i++ { // clients were still connecting
			if c := &w.clients[i]; !c.came() {
				c.profile.tally.cut++
			}
		}
		return true
	case w.oneOfSeveral(), !w.dialsAgain() && (g.next < g.to || w.connecting(g.ready, g.next)):
		return quiet >= int64(patience)
	}
	return quiet >= int64(silence)
}

// connecting reports whether any of these clients still waits for its connection.
func (w *workload) connecting(from, to int) bool {
	for i := from; i < to; i++ {
		if c := &w.clients[i]; c.state == dialing || c.state == connecting || c.state == away && !c.failed {
			return true
		}
	}
	return false
}

// came reports whether a client has done what it has to do before the first request.
func (c *client) came() bool {
	if c.state == open && c.profile.most > 0 {
		return c.done >= int64(c.profile.most)
	}
	return c.state == open || c.state == gone || c.failed
}
