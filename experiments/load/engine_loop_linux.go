package load

import (
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// play sends what is due from t0 on and counts from start to end.
func (e *engine) play(t0, start, end int64) {
	e.admit(t0, start, end)
	for now := clock(); e.phase != ended; {
		now = e.turn(now)
	}
	e.settle()
}

// admit waits for t0 and lets the clients begin.
func (e *engine) admit(t0, start, end int64) {
	e.t0, e.start, e.end = t0, start, end
	b := e.recorder
	b.origin = start
	e.phase = warming
	e.nextTick = start
	for now := clock(); now < t0; now = clock() {
		e.serve(sleep(e.ep, e.events[:], t0-now))
	}
	b.start, b.end = start, end
	if e.schedule != nil {
		e.draw()
	}
	for i := range e.conns {
		e.enter(&e.conns[i], int32(i), t0)
	}
	e.seen = clock()
	e.plan()
}

// turn is what the engine does over and over: what is due at now, and then what has come. It returns the
// last reading of the clock. Everything it calls works on memory that is there already.
func (e *engine) turn(now int64) int64 {
	if e.stop.Load() && e.phase < ending {
		e.end, e.recorder.end = min(e.end, now), min(e.recorder.end, now)
		e.due = now
	}
	if e.phase >= stopping {
		e.plan()
	}
	if e.free && now-e.yielded > yieldEvery {
		runtime.Gosched()
		e.yielded = now
	}
	idle := now < e.due
	if !idle {
		e.work(now)
	}
	if e.phase == ended {
		return now
	}
	// One call both polls and waits: where replies are there it returns at once, and polling
	// first would cost a call more whenever they are not.
	if !e.spin && e.due > now {
		wait := min(e.due-now, int64(beat))
		e.seen = now + wait
		e.serve(sleep(e.ep, e.events[:], wait))
		return e.look(clock())
	}
	if n := poll(e.ep, e.events[:]); n > 0 {
		e.serve(n)
		return e.look(clock())
	}
	began := now
	now = e.look(clock())
	if idle {
		e.emptyFor += now - began
	}
	return now
}

// serve handles n events, and between them sends what has become due.
func (e *engine) serve(n int) {
	for i := range n {
		ev := &e.events[i]
		if ev.Fd < 0 {
			var sink [8]byte
			_, _, _ = syscall.RawSyscall(unix.SYS_READ, uintptr(e.wakefd), uintptr(ptr(sink[:])), 8)
			continue
		}
		c := &e.conns[ev.Fd]
		if c.generation != uint32(ev.Pad) || c.state < connecting {
			continue // of a socket that was closed since
		}
		now := e.event(c, ev.Fd, ev.Events)
		if now > 0 {
			e.look(now)
		}
		if now >= e.nextAt {
			e.arrivals(now)
		}
	}
}

// look is told of readings of the clock, so that a pause between two of them is seen. What is waited for after
// the window is waited for in turns of the engine's own.
func (e *engine) look(now int64) int64 {
	if now-e.seen >= int64(pauseFrom) {
		e.paused(now)
	}
	e.seen = now
	return now
}

func (e *engine) paused(now int64) {
	e.recorder.paused(e.seen, now)
	if after := now - max(e.seen, e.end); after > 0 {
		e.extra = min(e.extra+after, int64(patience))
	}
}

// graceEnds is when stragglers are no longer waited for.
func (e *engine) graceEnds() int64 { return e.end + int64(grace) + e.extra }

// work does what is due at now.
func (e *engine) work(now int64) {
	e.ring(now)
	if now >= e.nextAt {
		e.arrivals(now)
	}
	if now >= e.nextTick {
		e.advance(now)
	}
	if now >= e.end && e.phase < stopping {
		e.finish()
	}
	if e.phase == stopping && (e.left == 0 || e.stop.Load() || now >= e.end+int64(stopBound)) {
		e.phase = ending
	}
	if e.phase == ending && (e.outstanding == 0 && e.nextAt >= e.end && !e.joining() || now >= e.graceEnds()) {
		e.phase = ended
	}
	e.plan()
}

// plan finds out when something is due next.
func (e *engine) plan() {
	if e.phase == ending && e.nextAt >= e.end {
		e.nextAt = never
	}
	e.due = min(e.nextAt, e.nextTick)
	if len(e.alarms) > 0 {
		e.due = min(e.due, e.alarms[0].at)
	}
	switch {
	case e.phase < stopping:
		e.due = min(e.due, e.end)
	case e.phase == stopping && e.left > 0 && !e.stop.Load():
		e.due = min(e.due, e.end+int64(stopBound))
	case e.outstanding == 0 && e.nextAt == never && !e.joining():
		e.due = 0
	default:
		e.due = min(e.due, e.graceEnds())
	}
}

// joining reports whether a client of a closed loop is about to connect or to be greeted: it is waited for as
// replies are.
func (e *engine) joining() bool {
	if e.o.Open() {
		return false
	}
	for i := range e.conns[:e.mine] {
		if s := e.conns[i].state; s == connecting || s == greeted {
			return true
		}
	}
	return false
}

// advance begins the window, or ends a step of its log.
func (e *engine) advance(now int64) {
	if e.phase == warming {
		e.phase = counting
		e.recorder.begin()
		if e.o.Requests > 0 {
			e.recorder.connect.clear() // those of the setup are not those of a session
		}
		e.cpuAt, e.emptyAt = cpuTime(e.cpuClock), e.emptyFor
	} else {
		e.recorder.endSteps(now)
	}
	if e.nextTick += e.recorder.length; e.nextTick >= e.end {
		e.nextTick = never // the last step ends with the window
	}
}

// finish ends the window. A closed loop asks nothing more, unless the server is stopped under its load;
// an open one sends what its schedule wanted within the window and could not be sent yet.
func (e *engine) finish() {
	if e.phase == counting {
		e.present()
		e.recorder.cpu = cpuTime(e.cpuClock) - e.cpuAt
		e.recorder.empty = e.emptyFor - e.emptyAt
		e.recorder.endSteps(never)
	}
	e.phase = ending
	e.nextTick = never
	if !e.o.Stop {
		return
	}
	e.phase = stopping
	e.left = 0
	for i := range e.conns {
		if e.conns[i].state != gone {
			e.left++
		}
	}
}

// present notes, once, who is there at the window's end.
func (e *engine) present() {
	if !e.recorder.counted {
		e.recorder.finish()
	}
}

// draw takes the next arrival from the schedule.
func (e *engine) draw() {
	at, conn := e.schedule.next()
	e.nextAt, e.nextConn = e.t0+at, conn
}

// accept counts an arrival and puts it into its connection's queue.
func (e *engine) accept(i int, intended int64) {
	e.recorder.wants(i, intended)
	e.outstanding++
	e.backlog.push(&e.conns[i].queue, intended)
}

// arrivals sends what the schedule wants by now.
func (e *engine) arrivals(now int64) {
	for n := 0; e.nextAt <= now && e.nextAt < e.end && n < sendBatch; n++ {
		i, intended := e.nextConn, e.nextAt
		e.draw()
		c := &e.conns[i]
		if c.queue.empty() && c.state == open && c.room() {
			e.recorder.wants(i, intended)
			e.outstanding++
			now = clock()
			e.ask(c, intended, intended, now)
			e.flush(c, int32(i), now)
			continue
		}
		e.accept(i, intended)
		if c.state == away {
			c.wanted = intended
			e.open(c, int32(i), now)
		}
	}
}

// ring answers the alarms that are due.
func (e *engine) ring(now int64) {
	for n := 0; len(e.alarms) > 0 && e.alarms[0].at <= now && n < sendBatch; n++ {
		a := e.alarms.pop()
		c := &e.conns[a.conn]
		switch a.what {
		case thought:
			if a.generation != c.generation {
				continue // of a session that has ended
			}
			c.thinking--
			if c.state == open && c.room() && e.phase < ending {
				now = clock()
				e.outstanding++
				e.ask(c, a.at, a.at, now)
				e.flush(c, a.conn, now)
			}
		case again:
			if e.phase >= ending && !c.profile.open {
				continue // it still waits when the recorders are closed
			}
			c.waits = false
			if c.state == away {
				e.open(c, a.conn, now)
			}
		case drip:
			if c.drips = a.generation == c.generation && c.drips; !c.drips {
				continue
			}
			c.drips = false
			if c.state == open && e.phase < ending {
				e.flush(c, a.conn, now)
			}
		}
	}
}

// settle writes down what is open when nothing is waited for any more.
func (e *engine) settle() {
	now := clock()
	b := e.recorder
	for e.schedule != nil && e.nextAt < e.end { // the generator was late to its own end
		e.accept(e.nextConn, e.nextAt)
		e.draw()
	}
	for i := range e.conns[:e.mine] {
		c := &e.conns[i]
		for k := c.done; k < c.sent; k++ {
			f := c.ring[k&c.mask]
			b.open(i, e.record(c, i, f, -1), now)
		}
		for !c.queue.empty() {
			b.open(i, e.record(c, i, flight{intended: e.backlog.pop(&c.queue), sent: -1}, -1), e.end)
		}
		if !c.profile.open && c.state != open && c.wanted > 0 && c.wanted < e.end && (c.state == connecting || c.state == greeted || c.waits) {
			b.open(i, e.record(c, i, flight{intended: max(c.wanted, e.t0), sent: -1}, -1), e.end)
		}
	}
	b.tick()
}
