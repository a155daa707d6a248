package load

// advance begins and ends what is due at now: the window, an interval of its log, the grace. It looks at now first, so that
// a pause which covers the end of the run is recorded before the run ends.
func (w *workload) advance(now int64) {
	w.look(now)
	if now >= w.nextInterval {
		w.advanceLog(now)
	}
	if now >= w.end && w.phase < stopping {
		w.finish()
	}
	if w.phase == stopping && (w.remaining == 0 || w.stopped || now >= w.end+int64(stopBound)) {
		w.phase = ending
	}
	if w.phase == ending && (w.settled() || now >= w.graceEnds()) {
		w.phase = ended
	}
	w.plan()
}

// plan finds out when something is due next.
func (w *workload) plan() {
	if w.phase >= ending && w.nextAt >= w.end {
		w.nextAt = never
	}
	w.due = min(w.nextAt, w.nextInterval)
	if len(w.alarms) > 0 {
		w.due = min(w.due, w.alarms[0].at)
	}
	switch {
	case w.phase < stopping:
		w.due = min(w.due, w.end)
	case w.phase == stopping && w.remaining > 0 && !w.stopped:
		w.due = min(w.due, w.end+int64(stopBound))
	case w.settled():
		w.due = 0
	default:
		w.due = min(w.due, w.graceEnds())
	}
}

// advanceLog begins the window, or ends an interval of its log.
func (w *workload) advanceLog(now int64) {
	if w.phase == warming {
		w.phase = counting
		w.recorder.begin()
		if w.o.Requests > 0 {
			w.recorder.connect.clear() // those of the setup are not those of a session
		}
	} else {
		w.recorder.endIntervals(now)
	}
	if w.nextInterval += w.recorder.length; w.nextInterval >= w.end {
		w.nextInterval = never // the last interval ends with the window
	}
}

// finish ends the window. A closed loop asks nothing more, unless the server is stopped under its load;
// an open one sends what its schedule wanted within the window and could not be sent yet.
func (w *workload) finish() {
	if w.phase == counting {
		w.present()
		w.recorder.endIntervals(never)
	}
	w.phase, w.nextInterval = ending, never
	if !w.o.Stop {
		return
	}
	w.phase, w.remaining = stopping, 0
	for i := range w.clients {
		if w.clients[i].state != gone {
			w.remaining++
		}
	}
}

// present notes, once, which clients are connected at the window's end.
func (w *workload) present() {
	if !w.recorder.counted {
		w.recorder.finish()
	}
}

// stop ends the window at now, if it has not ended, and the wait for a server that is stopped.
func (w *workload) stop(now int64) {
	if w.phase < ending {
		w.stopped = true
		w.end, w.recorder.end = min(w.end, now), min(w.recorder.end, now)
		w.due = now
	}
}

// settled reports whether, after the window, there is nothing left to wait for.
func (w *workload) settled() bool {
	return w.outstanding == 0 && w.nextAt >= w.end && !w.joining()
}

// joining reports whether a client of a closed loop is about to connect or to be greeted. The grace waits for it as it
// does for replies.
func (w *workload) joining() bool {
	if w.o.OpenLoop() {
		return false
	}
	for i := range w.clients[:w.measured] {
		if s := w.clients[i].state; s == dialing || s == connecting || s == greeted {
			return true
		}
	}
	return false
}

// graceEnds is when stragglers are no longer waited for.
func (w *workload) graceEnds() int64 {
	wait := grace
	if w.o.Datagrams() {
		wait += lossAfter // so that each request is answered or lost
	}
	return w.end + int64(wait) + w.extra
}

// look notes that the driver has read its clock. If the reading is much later than the last one, or than the end of the
// driver's wait, the engine had a pause, which is recorded. A pause after the window prolongs the grace, so that
// stragglers have the whole of it while the driver can see them.
func (w *workload) look(now int64) {
	if now-w.seen >= int64(pauseFrom) {
		w.recorder.paused(w.seen, now)
		if after := now - max(w.seen, w.end); after > 0 {
			w.extra = min(w.extra+after, int64(patience))
		}
	}
	w.seen = now
	if w.phase >= stopping {
		w.plan() // what has just happened may have ended the wait
	}
}

// settle records the requests without a reply, when the wait for stragglers is over.
func (w *workload) settle(now int64) {
	r := w.recorder
	for w.schedule != nil && w.nextAt < w.end { // the generator was late to its own end
		if !w.taken {
			w.arrival()
		}
		w.draw()
	}
	for i := range w.clients[:w.measured] {
		c := &w.clients[i]
		for k := c.done; k < c.sent; k++ {
			if f := c.ring[k&c.mask]; f.sent >= 0 {
				r.unansweredAt(i, w.sample(c, f, -1), now)
			}
		}
		unsent := func(intended int64) { r.unansweredAt(i, w.sample(c, flight{intended: intended, sent: -1}, -1), w.end) }
		switch {
		case c.profile.openLoop:
			for !c.queue.empty() {
				unsent(w.backlog.pop(&c.queue))
			}
		case c.state != open && c.wanted > 0 && c.wanted < w.end && (c.waits || c.state >= dialing):
			unsent(max(c.wanted, w.t0))
		}
	}
	r.tick()
}
