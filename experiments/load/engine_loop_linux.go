package load

import (
	"runtime"
	"sync/atomic"
	"syscall"
	"time"
	"unsafe"

	"golang.org/x/sys/unix"
)

// connect opens all disturbers, or all measured connections, and waits for them.
func (e *epollEngine) connect(measured bool) {
	e.gather(measured, clock())
	e.attend(never, 10*time.Millisecond, e.gathered)
}

// hold handles what happens on the connections until it is released. Clients begin to send when the run does.
func (e *epollEngine) hold(released *atomic.Bool) {
	e.coming = gathering{}
	e.attend(never, holdStep, func(int64) bool { return released.Load() })
}

// attend serves the clients before the first request, until the time until, or until over reports true. It asks that
// when something has happened, and at least once a step.
func (e *epollEngine) attend(until int64, step time.Duration, over func(now int64) bool) {
	for now := clock(); now < until && !e.quit.Load() && !over(now); now = clock() {
		if c := e.next(now); c != nil {
			e.serve(c)
			continue
		}
		e.handle(sleep(e.ep, e.events[:], min(int64(step), until-now)))
		if e.alone {
			runtime.Gosched() // the goroutine that is told to go on has no other processor
		}
	}
}

// play sends what is due from t0 on and counts from start to end.
func (e *epollEngine) play(t0, start, end int64) {
	e.attend(t0, time.Hour, func(int64) bool { return false })
	now := e.admit(t0, start, end)
	for e.phase != ended {
		now = e.turn(now)
	}
	e.settle(clock())
}

// admit lets the clients send, and returns a reading of the clock.
func (e *epollEngine) admit(t0, start, end int64) int64 {
	e.begin(t0, start, end, clock())
	for i := range e.clients {
		e.look(max(e.seen, e.serve(&e.clients[i])))
	}
	return e.seen
}

// turn does what is due at now, and then handles what has arrived. The engine calls it over and over. It returns
// the last reading of the clock. Nothing that it calls allocates memory.
func (e *epollEngine) turn(now int64) int64 {
	if e.quit.Load() {
		e.stop(now)
	}
	if e.alone && now-e.yielded > yieldEvery {
		runtime.Gosched()
		e.yielded = now
	}
	idle := now < e.due
	if !idle {
		now = e.serveDue(now)
		before := e.phase
		e.advance(now)
		e.account(before)
	}
	if e.phase == ended {
		return now
	}
	// One call both polls and waits: where replies are there it returns at once, and polling
	// first would cost a call more whenever they are not.
	began, n := now, 0
	if wait := e.mayWait(now); wait > 0 && !e.spin {
		e.seen = now + wait
		n = sleep(e.ep, e.events[:], wait)
		idle = false
	} else {
		n = poll(e.ep, e.events[:])
	}
	e.handle(n)
	now = clock()
	e.look(now)
	if idle && n == 0 {
		e.emptyFor += now - began
	}
	return now
}

// serveDue serves clients that have something to do, a few before replies are looked at again, and returns the last
// reading of the clock.
func (e *epollEngine) serveDue(now int64) int64 {
	for range sendBatch {
		c := e.next(now)
		if c == nil {
			break
		}
		now = max(now, e.serve(c))
	}
	return now
}

// account notes what the engine has used of its CPU, where the window has begun or ended.
func (e *epollEngine) account(before phase) {
	switch {
	case e.phase == before:
	case before == warming:
		e.recorder.unread = -e.dropped()
		e.cpuAt, e.emptyAt = cpuTime(e.cpuClock), e.emptyFor
	case before == counting:
		e.recorder.unread += e.dropped()
		e.recorder.cpu, e.recorder.empty = cpuTime(e.cpuClock)-e.cpuAt, e.emptyFor-e.emptyAt
	}
}

// handle handles n events, and between them sends what has become due.
func (e *epollEngine) handle(n int) {
	for i := range n {
		ev := &e.events[i]
		if ev.Fd < 0 {
			var sink [8]byte
			_, _, _ = syscall.RawSyscall(unix.SYS_READ, uintptr(e.wakefd), uintptr(unsafe.Pointer(&sink)), 8)
			continue
		}
		c := &e.clients[ev.Fd]
		if c.generation != uint32(ev.Pad) || c.state < connecting {
			continue // of a socket that was closed since
		}
		now := e.event(c, ev.Events)
		if now > 0 {
			e.look(now)
		}
		if now >= e.nextAt {
			e.serveDue(now)
		}
	}
}

// event handles what epoll reports of a connection and returns the last reading of the clock, or 0.
func (e *epollEngine) event(c *client, flags uint32) (now int64) {
	const (
		readable = unix.EPOLLIN | unix.EPOLLRDHUP
		broken   = unix.EPOLLHUP | unix.EPOLLERR
	)
	if c.state == connecting {
		switch now = clock(); {
		case flags&broken != 0:
			e.failed(c, kindOf(pending(int(e.sockets[c.index]))), now)
			return max(now, e.serve(c))
		case flags&unix.EPOLLOUT == 0:
			return now
		}
		if e.connected(c, now); flags&readable == 0 {
			return max(now, e.serve(c))
		}
	}
	if flags&(readable|broken) != 0 {
		return e.read(c, flags&unix.EPOLLRDHUP != 0)
	}
	return e.serve(c)
}

// read takes what has come. An edge is reported once, so it reads until there is no more: a read that
// does not fill the buffer has emptied the socket (epoll(7)), but not found its end, which may have come
// with the same edge: ends says that it has.
func (e *epollEngine) read(c *client, ends bool) (now int64) {
	for generation := c.generation; ; {
		n, errno := receive(int(e.sockets[c.index]), e.rx)
		now = clock()
		switch {
		case errno == unix.EAGAIN || errno == unix.EINTR:
			return max(now, e.serve(c))
		case errno != 0:
			e.failed(c, kindOf(errno), now)
		case n == 0 && !c.profile.datagrams:
			e.failed(c, closed, now)
		default:
			e.received(c, e.rx[:n], now)
		}
		now = max(now, e.serve(c))
		if n < len(e.rx) && !ends && !c.profile.datagrams || c.generation != generation {
			return now
		}
	}
}
