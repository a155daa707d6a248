package load

import (
	"fmt"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

const bestEngine = EngineEpoll

// How an engine polls and waits.
const (
	batch      = 64                          // events taken at once; a due request waits for no more replies than these
	yieldEvery = int64(5 * time.Millisecond) // half of what makes Go's monitor interrupt
	sendBatch  = 16                          // due requests sent before replies are looked at again
	buffer     = 256 << 10                   // of one read; shared by all connections, so it costs nothing to have it large
	waitRoom   = 1024                        // arrivals that may wait for their connections before more room is made
)

// engine plays a share of the connections on one thread.
type engine struct {
	o           Options
	recorder    *recorder
	dial        *dialer
	ep          int
	wakefd      int
	stop        *atomic.Bool // end early
	events      [batch]unix.EpollEvent
	rx, tx      []byte
	conns       []conn // the measured ones, then the disturbers
	mine        int    // how many are measured
	alarms      alarms
	backlog     backlog
	outstanding int // requests of measured connections that are wanted and not answered
	left        int // connections that a stopping server has not ended yet

	schedule *schedule
	nextAt   int64 // the next arrival
	nextConn int

	t0, start, end int64 // warm-up, window, its end
	nextTick       int64
	seen           int64 // the last reading of the clock, or when the present wait is over
	extra          int64 // ns that the grace lasts longer, as the engine had no turn
	due            int64 // the earliest thing to do that is no event
	phase          phase
	spin           bool
	free           bool  // it has the process to itself, and yields
	yielded        int64 // when it last did
	shard          shard // which of the run's connections are its own
	thread         int
	threads        int
	cpuClock       int32
	cpuAt, emptyAt int64 // when the window began
	emptyFor       int64 // ns polled in vain so far
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

func newEngine(o Options, t target, thread, threads int, stop *atomic.Bool) (player, error) {
	mine, shard := share(o.Connections, thread, threads), o.shard.of(thread, threads)
	d, err := newDialer(t, *o.NoDelay)
	if err != nil {
		return nil, err
	}
	d.source = uint32(shard.first * 50)
	if o.shard.first > 0 && d.rotates {
		d.rotate() // the kernel's choice is the first process's, which may use up its ports
	}
	e := &engine{
		o: o, dial: d, stop: stop, mine: mine, shard: shard, thread: thread, threads: threads,
		spin: o.Spin, recorder: newRecorder(o, shard.first, mine),
		rx: make([]byte, buffer), tx: make([]byte, chunk),
		nextAt: never, t0: never, start: never, end: never, nextTick: never,
	}
	e.recorder.start, e.recorder.end = never, never
	if e.ep, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, fmt.Errorf("load: epoll: %w", err)
	}
	if e.wakefd, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(e.ep)
		return nil, fmt.Errorf("load: eventfd: %w", err)
	}
	if errno := control(e.ep, e.wakefd, -1, 0, unix.EPOLLIN); errno != 0 {
		e.close()
		return nil, fmt.Errorf("load: epoll: %w", errno)
	}
	measured := measuredProfile(o)
	crowds := append([]crowd{{measured, mine}}, disturbers(o)...)
	for i := range crowds[1:] {
		crowds[i+1].count = share(crowds[i+1].count, thread, threads)
	}
	total := 0
	for _, c := range crowds {
		total += c.count
	}
	e.conns = make([]conn, 0, total)
	e.alarms = make(alarms, 0, total*min(4, o.Pipeline)+16)
	for _, c := range crowds {
		c.profile.tally = e.recorder.disturb(c.profile.name)
		c.profile.tally.wanted = int64(c.count)
		ring := 1
		for ring < c.profile.depth {
			ring *= 2
		}
		slab := make([]flight, ring*c.count)
		for i := range c.count {
			e.conns = append(e.conns, conn{
				fd: -1, profile: c.profile, ring: slab[i*ring : (i+1)*ring], mask: int64(ring - 1),
				reading: reading{base: placeOf(o.Seed, uint64(shard.number(len(e.conns))))},
			})
		}
	}
	if o.Open() && mine > 0 {
		e.backlog.nodes = make([]waiting, 0, waitRoom)
		e.schedule = newSchedule(o, shard)
	}
	return e, nil
}

// begin takes and pins the thread that it is called on, on which everything else is called until close.
//
// A generator process with one engine is pinned as a whole and does without a thread of its own: Go's
// monitor interrupts every goroutine that has run for 10 ms, and one that must be on its own thread is
// then handed from thread to thread, 10 us and more. Without one it can yield before that, and go on.
func (e *engine) begin() error {
	if e.free = e.o.confined && e.threads == 1; e.free {
		e.cpuClock = unix.CLOCK_PROCESS_CPUTIME_ID
		return nil
	}
	runtime.LockOSThread()
	e.cpuClock = unix.CLOCK_THREAD_CPUTIME_ID
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, exactTimers, 0, 0, 0)
	if len(e.o.CPUs) == 0 {
		return nil
	}
	var set unix.CPUSet
	cpu := e.o.CPUs[e.thread%len(e.o.CPUs)]
	set.Set(cpu)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("load: CPU %d cannot be used: %w; choose one that socketbench doctor lists", cpu, err)
	}
	return nil
}

// wake ends a sleep, from any goroutine.
func (e *engine) wake() {
	one := [8]byte{1}
	_, _ = unix.Write(e.wakefd, one[:])
}

func (e *engine) notes() *recorder { return e.recorder }

// connect opens all disturbers, or all measured connections, and waits until each has connected, and an
// idle one has its answer, or until nobody comes any more. More are let go at once when those before them
// have come without one having to try again; and when a while passes, as a server that answers none may yet
// take connections.
func (e *engine) connect(measured bool) {
	from, to := e.mine, len(e.conns)
	if measured {
		from, to = 0, e.mine
	}
	g := newGathering(e.o, clock())
	next, ready, ahead := from, from, atOnce
	crowded := false // one had to wait for the server's backlog
	stalled := g.last
	for now := clock(); ready < to && !e.stop.Load() && !g.over(now, next < to || e.connecting(ready, next)); now = clock() {
		for next < to && next-ready < ahead {
			c := &e.conns[next]
			now = clock()
			c.wanted = now
			e.open(c, int32(next), now)
			crowded = crowded || c.state != open
			next++
		}
		for ready < next && e.settled(&e.conns[ready]) {
			ready++
		}
		g.news(e.progress(), now)
		if stalled = max(stalled, g.last); now-stalled > int64(waveStall) {
			ahead, stalled = 2*max(ahead, next-ready), now
		} else if !crowded {
			ahead = max(ahead, (ready-from)/2)
		}
		if ready == next && next < to {
			continue
		}
		if ready < to {
			e.serve(sleep(e.ep, e.events[:], int64(10*time.Millisecond)))
			e.ring(clock())
		}
	}
	if g.cut(clock()) {
		for i := ready; i < to; i++ {
			if c := &e.conns[i]; !e.settled(c) {
				c.profile.tally.cut++
			}
		}
	}
}

// connecting reports whether one of the connections has not been taken by the system of the server's.
func (e *engine) connecting(from, to int) bool {
	for i := from; i < to; i++ {
		if s := e.conns[i].state; s == connecting || s == away && !e.conns[i].failed {
			return true
		}
	}
	return false
}

// progress grows whenever a client comes, is answered or fails.
func (e *engine) progress() (n int64) {
	for _, d := range e.recorder.disturbers {
		n += d.progress()
	}
	return n
}

// settled reports whether a connection is as far as the setup wants it.
func (e *engine) settled(c *conn) bool {
	if c.state == open && c.profile.most > 0 {
		return c.done >= int64(c.profile.most)
	}
	return c.state == open || c.state == gone || c.failed
}

// connected returns how many measured connections stand.
func (e *engine) connected() (n int) {
	for i := range e.conns[:e.mine] {
		if e.conns[i].state == open {
			n++
		}
	}
	return n
}

// close ends every connection and gives the thread back.
func (e *engine) close() {
	for i := range e.conns {
		if c := &e.conns[i]; c.fd >= 0 {
			shut(c.fd)
			c.fd = -1
		}
	}
	unix.Close(e.wakefd)
	unix.Close(e.ep)
}
