package load

import "time"

// How long the clients of a run may take to come, before anything is played. A server that takes them one by
// one is given its time: what ends the wait is that nobody comes any more, or a bound for all of them.
const (
	patience  = 5 * time.Second      // without another client, while some still connect: a dropped SYN comes again after 1, 3 and 7 s
	silence   = 2 * time.Second      // the same, where all have connected and some wait for their first answer
	comeBound = 30 * time.Second     // for all together, and for each client
	comeEach  = 5 * time.Millisecond // this much more
	atOnce    = 128                  // how many are on their way at once, well below any listener's backlog
	waveStall = 50 * time.Millisecond
)

// Bound returns how long the clients of o may take to come, at most, before the first request is played.
func (o Options) Bound() time.Duration {
	return comeBound + time.Duration(o.WithDefaults().Clients())*comeEach
}

// A gathering lets clients come before anything is played: all disturbers, and then all measured clients. More of
// them are on their way at once when those before them have come without one having to try again; and when a while
// passes, as a server that answers none may yet take connections. Times are ns on the driver's clock.
type gathering struct {
	to     int // the client behind the last one
	from   int
	next   int // the client that is let go next
	ready  int // all before it have come, or failed
	ahead  int // how many may be on their way
	queued bool

	bound    int64
	progress int64
	last     int64 // when progress grew
	stalled  int64 // since when ahead is what it is and progress has not grown
}

// gather begins to let all disturbers, or all measured clients, come. The driver serves what next returns until
// gathered reports true.
func (w *workload) gather(measured bool, now int64) {
	from, to := w.measured, len(w.clients)
	if measured {
		from, to = 0, w.measured
	}
	w.coming = gathering{from: from, to: to, next: from, ready: from, ahead: atOnce, bound: now + int64(w.o.Bound()), last: now, stalled: now}
}

// invite returns the next client that may be let go, or nil.
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

// gathered reports whether nobody is waited for any more: each client has connected, and an idle one has its answer;
// or nobody comes any more; or it takes too long.
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
		for i := g.ready; i < g.to && quiet < int64(silence); i++ { // they were still coming
			if c := &w.clients[i]; !c.came() {
				c.profile.tally.cut++
			}
		}
		return true
	case g.next < g.to || w.connecting(g.ready, g.next):
		return quiet >= int64(patience)
	}
	return quiet >= int64(silence)
}

// connecting reports whether one of some clients has not been taken by the system of the server's.
func (w *workload) connecting(from, to int) bool {
	for i := from; i < to; i++ {
		if c := &w.clients[i]; c.state == dialing || c.state == connecting || c.state == away && !c.failed {
			return true
		}
	}
	return false
}

// came reports whether a client is as far as it is to be before anything is played.
func (c *client) came() bool {
	if c.state == open && c.profile.most > 0 {
		return c.done >= int64(c.profile.most)
	}
	return c.state == open || c.state == gone || c.failed
}
