package load

import (
	"math"
	"time"
)

const (
	grace = 100 * time.Millisecond // how long stragglers are waited for after the window
	never = math.MaxInt64

	stopBound = 90 * time.Second // how long a server that is stopped may take to end all connections
	waitRoom  = 1024             // arrivals that may wait for their connections before more room is made
)

// A workload holds the clients of one engine and decides what each of them does when: arrivals, think times,
// sessions, disturbers, the window, and the grace after it. It has no clock, no socket and no goroutine: a driver says
// what happened at which time, in ns on the driver's clock, so that a test can play it in simulated time. It allocates
// nothing while requests are played.
//
// A driver connects the clients (see [gathering]) and calls begin. Then, until the phase is ended, it repeats: next, as
// long as that returns a client; advance; and a wait until due or until something happens on a socket, which it passes
// on with connected, received, wrote or failed. After each of these calls it serves the client concerned (see
// [client]).
type workload struct {
	o        Options
	recorder *recorder
	shard    Shard // which of the run's connections belong to it
	clients  []client
	measured int // the number of measured clients, which are the first ones
	coming   gathering
	redials  bool  // the driver can give up an attempt to connect and make another one
	took     int64 // the shortest time, in ns, in which a client connected before the first request; 0: none has

	alarms   alarms
	backlog  backlog
	schedule *schedule // nil in a closed loop
	nextAt   int64     // the next arrival
	nextOf   int       // the client that it is for
	taken    bool      // this arrival is due already, and the next one is to be drawn

	phase          phase
	t0, start, end int64 // of the warm-up, of the window, and the window's end
	nextInterval   int64 // when an interval of the log ends
	due            int64 // when there is something to do, apart from what happens on sockets
	seen           int64 // the last reading of the clock, or when the present wait is over
	extra          int64 // ns by which pauses of the engine prolong the grace
	outstanding    int   // requests of measured clients that are due and not answered
	remaining      int   // connections that a stopping server has not ended yet
	stopped        bool  // the window is to end early
}

type phase uint8

const (
	setup phase = iota
	warming
	counting
	stopping // the window is over, and the server is told to stop; clients go on
	ending   // nothing new is asked
	ended
)

// newWorkload returns the part of o's clients that one of several threads plays.
func newWorkload(o Options, thread, threads int) *workload {
	w := &workload{
		o: o, shard: o.Part.of(thread, threads), measured: share(o.Connections, thread, threads),
		nextAt: never, t0: never, start: never, end: never, nextInterval: never,
	}
	w.recorder = newRecorder(o, w.shard.First, w.measured)
	w.recorder.start, w.recorder.end = never, never
	groups := append([]clientGroup{{measuredProfile(o), o.Connections}}, disturbers(o)...)
	total, depth := 0, waitRoom
	for i := range groups {
		g := &groups[i]
		g.count = share(g.count, thread, threads)
		g.profile.tally = w.recorder.disturb(g.profile.name)
		g.profile.tally.wanted = int64(g.count)
		total += g.count
		depth += g.count * g.profile.depth
	}
	w.clients = make([]client, 0, total)
	w.alarms = make(alarms, 0, total*min(4, o.Pipeline)+16)
	w.backlog.nodes = make([]waiting, 0, depth)
	for _, g := range groups {
		ring := 1
		for ring < g.profile.ringLeast() {
			ring *= 2
		}
		rings := make([]flight, ring*g.count)
		for i := range g.count {
			n := len(w.clients)
			w.clients = append(w.clients, client{
				index: int32(n), profile: g.profile, ring: rings[i*ring : (i+1)*ring], mask: int64(ring - 1),
				losses:        lossesOf(g.profile),
				replyProgress: replyProgress{base: baseOf(o.Seed, uint64(w.shard.number(n)))},
			})
		}
	}
	if o.OpenLoop() && w.measured > 0 {
		w.schedule = newSchedule(o, w.shard)
	}
	return w
}

// standing returns how many measured clients are connected.
func (w *workload) standing() (n int) {
	for i := range w.clients[:w.measured] {
		if w.clients[i].state == open {
			n++
		}
	}
	return n
}

// begin lets the clients send. A driver calls it at t0, or as soon after as it can, and serves every client then. The
// window lies between start and end.
func (w *workload) begin(t0, start, end, now int64) {
	w.t0, w.start, w.end = t0, start, end
	w.recorder.origin, w.recorder.start, w.recorder.end = start, start, end
	w.phase, w.nextInterval = warming, start
	w.recorder.began = max(0, now-t0)
	w.seen = t0
	w.look(now)
	if w.schedule != nil {
		w.draw()
	}
	for i := range w.clients {
		w.enter(&w.clients[i], t0)
	}
	w.plan()
}

// next returns a client that has something to do at now, or nil. What is due earliest comes first.
func (w *workload) next(now int64) *client {
	if w.phase == setup {
		if c := w.redial(now); c != nil {
			return c
		}
		if c := w.invite(now); c != nil {
			return c
		}
	}
	if w.taken {
		w.draw()
	}
	for len(w.alarms) > 0 && w.alarms[0].at <= min(now, w.nextAt) {
		if c := w.ring(w.alarms.pop()); c != nil {
			return c
		}
	}
	if w.nextAt <= now && w.nextAt < w.end {
		return w.arrival()
	}
	return nil
}

// ring handles an alarm, and returns its client if that has something to do.
func (w *workload) ring(a alarm) *client {
	c := &w.clients[a.client]
	switch a.what {
	case again:
		if w.phase >= ending && !c.profile.openLoop {
			return nil // it still waits when the run is settled
		}
		c.waits = false
		if c.state != away {
			return nil
		}
		c.state = dialing
		return c
	case thought:
		if a.generation != c.generation || w.phase >= ending { // or of a session that has ended
			return nil
		}
		w.backlog.push(&c.queue, a.at)
	case overdue:
		if a.generation != c.generation {
			return nil
		}
		w.expire(c, a.at)
	case nextByte:
		if a.generation != c.generation || w.phase >= ending {
			return nil
		}
		c.byteWaits = false
	}
	return c
}

// draw takes the next arrival from the schedule.
func (w *workload) draw() {
	at, i := w.schedule.next()
	w.nextAt, w.nextOf, w.taken = w.t0+at, i, false
}

// arrival makes the next arrival due, and returns its client. The arrival behind it is drawn when this one has been
// sent: drawing takes longer than all else before a send.
func (w *workload) arrival() *client {
	c, intended := &w.clients[w.nextOf], w.nextAt
	w.taken = true
	w.recorder.wants(int(c.index), intended)
	w.outstanding++
	w.backlog.push(&c.queue, intended)
	if c.state == away {
		c.wanted, c.state = intended, dialing
	}
	return c
}

// remind sets an alarm.
func (w *workload) remind(c *client, when int64, what alarmKind) {
	w.alarms.push(alarm{at: when, client: c.index, generation: c.generation, what: what})
	w.due = min(w.due, when)
}
