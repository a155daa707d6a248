package load

import (
	"sync"
	"sync/atomic"
	"time"
)

// portable plays with goroutines: two a connection, one that asks and one that reads. It works wherever
// Go does, and its figures contain what the Go scheduler and timers add, which can be a millisecond.
// Everything is written down under one lock.
type portable struct {
	o       Options
	target  target
	stop    *atomic.Bool
	stopped chan struct{} // closed by wake
	once    sync.Once
	over    chan struct{} // closed when the window ends: a closed loop asks nothing more
	final   chan struct{} // closed when stragglers are no longer waited for: an open loop neither

	lock     sync.Mutex
	recorder *recorder
	open     int        // requests that are wanted and not answered
	dealt    bool       // the schedule has no more
	ended    bool       // over is closed
	left     int        // clients that it has not sent away
	joins    int        // clients of a closed loop that want to connect
	landed   *sync.Cond // one of these has changed

	dialing int  // clients that wait for their connection before anything is played
	cut     bool // the bound for them is over while some still came

	clients []*portableClient
	mine    int

	t0, start, end int64
}

func newPortable(o Options, t target, stop *atomic.Bool) (player, error) {
	p := &portable{
		o: o, target: t, stop: stop, stopped: make(chan struct{}), over: make(chan struct{}), final: make(chan struct{}),
		mine: o.Connections, recorder: newRecorder(o, o.shard.first, o.Connections), dealt: !o.Open() || o.Connections == 0,
	}
	p.landed = sync.NewCond(&p.lock)
	p.recorder.start, p.recorder.end = never, never
	for _, c := range append([]crowd{{measuredProfile(o), o.Connections}}, disturbers(o)...) {
		c.profile.tally = p.recorder.disturb(c.profile.name)
		c.profile.tally.wanted = int64(c.count)
		for range c.count {
			i := len(p.clients)
			p.clients = append(p.clients, &portableClient{
				p: p, i: i, profile: c.profile, flights: make([]flight, c.profile.depth),
				reading: reading{base: placeOf(o.Seed, uint64(o.shard.number(i)))}, arrivals: make(chan struct{}, 1),
			})
			last := p.clients[i]
			if last.over = p.over; c.profile.open {
				last.over = p.final
			}
		}
	}
	return p, nil
}

func (p *portable) begin() error { return nil }

func (p *portable) notes() *recorder { return p.recorder }

func (p *portable) wake() { p.once.Do(func() { close(p.stopped) }) }

func (p *portable) connected() (n int) {
	for _, c := range p.clients[:p.mine] {
		if c.conn != nil {
			n++
		}
	}
	return n
}

func (p *portable) play(t0, start, end int64) {
	p.lock.Lock()
	p.t0, p.start, p.end = t0, start, end
	p.recorder.origin = start
	p.recorder.start, p.recorder.end = start, end
	if p.o.Requests > 0 {
		p.recorder.connect.clear()
	}
	p.lock.Unlock()
	var all sync.WaitGroup
	p.left = len(p.clients)
	for _, c := range p.clients {
		all.Go(func() {
			c.live()
			p.lock.Lock()
			p.left--
			p.lock.Unlock()
			p.landed.Broadcast()
		})
	}
	if p.o.Open() && p.mine > 0 {
		all.Go(p.deal)
	}
	resting, rested := make(chan struct{}), make(chan struct{})
	go func() {
		p.watch(resting)
		close(rested)
	}()
	p.timekeeper()
	if p.o.Stop {
		p.sentAway()
	}
	p.lock.Lock()
	p.ended = true
	p.lock.Unlock()
	close(p.over)
	p.stragglers()
	close(p.final)
	for _, c := range p.clients {
		c.lock.Lock()
		if c.conn != nil {
			_ = c.conn.Close()
		}
		c.lock.Unlock()
	}
	all.Wait()
	close(resting)
	<-rested
	p.settle()
}

// watch looks at the clock every beat, until it is told to rest.
func (p *portable) watch(rest <-chan struct{}) {
	ticks := time.NewTimer(beat)
	defer ticks.Stop()
	for resting := false; !resting; ticks.Reset(beat) {
		due := clock() + int64(beat)
		select {
		case <-rest:
			resting = true
		case <-ticks.C:
		}
		if now := clock(); now-due >= int64(pauseFrom) {
			p.lock.Lock()
			p.recorder.paused(due, now)
			p.lock.Unlock()
		}
	}
}

// join notes that a client wants to connect, or no longer does.
func (p *portable) join(n int) {
	p.lock.Lock()
	p.joins += n
	p.lock.Unlock()
	p.landed.Broadcast()
}

// timekeeper ends the steps of the log, the last with the window, and returns when that does.
func (p *portable) timekeeper() {
	select {
	case <-p.stopped:
	case <-time.After(time.Duration(p.start - clock())):
	}
	p.lock.Lock()
	p.recorder.begin()
	p.lock.Unlock()
	for next := p.start; ; {
		now := clock()
		p.lock.Lock()
		p.recorder.endSteps(now)
		p.lock.Unlock()
		if now >= p.end {
			p.lock.Lock()
			p.present()
			p.lock.Unlock()
			return
		}
		if next += p.recorder.length; next <= now {
			continue // it was held up
		}
		select {
		case <-p.stopped:
			p.lock.Lock()
			p.end = clock()
			p.present()
			p.recorder.end = p.end
			p.recorder.endSteps(never)
			p.lock.Unlock()
			return
		case <-time.After(time.Duration(min(next, p.end) - now)):
		}
	}
}

// present notes, once and if the window has begun, who is there at its end.
func (p *portable) present() {
	if clock() >= p.start && !p.recorder.counted {
		p.recorder.finish()
	}
}

// sentAway waits until a server that is told to stop has ended every connection.
func (p *portable) sentAway() {
	enough := false
	end := func() {
		p.lock.Lock()
		enough = true
		p.lock.Unlock()
		p.landed.Broadcast()
	}
	timer := time.AfterFunc(stopBound, end)
	defer timer.Stop()
	finished := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-p.stopped:
			end()
		case <-finished:
		}
	})
	p.lock.Lock()
	for p.left > 0 && !enough {
		p.landed.Wait()
	}
	p.lock.Unlock()
	close(finished)
	watching.Wait()
}

// stopping reports whether the server is being stopped: clients that it sends away do not come back.
func (p *portable) stopping() bool { return p.o.Stop && clock() >= p.ends() }

// stragglers waits for replies to what was asked within the window, and for those about to connect. It does so in
// turns of its own: a pause of the generator is no time that the server had.
func (p *portable) stragglers() {
	late := false
	in, waited := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(waited)
		ticks := time.NewTicker(beat)
		defer ticks.Stop()
		for range grace / beat {
			select {
			case <-in:
				return
			case <-ticks.C:
			}
		}
		p.lock.Lock()
		late = true
		p.lock.Unlock()
		p.landed.Broadcast()
	}()
	p.lock.Lock()
	for (p.open > 0 || !p.dealt || p.joins > 0) && !late {
		p.landed.Wait()
	}
	p.lock.Unlock()
	close(in)
	<-waited
}

// ends returns when the window does, which is earlier once it was stopped.
func (p *portable) ends() int64 {
	p.lock.Lock()
	defer p.lock.Unlock()
	return p.end
}

// deal hands arrivals to their clients when they are due.
func (p *portable) deal() {
	s := newSchedule(p.o, p.o.shard)
	for {
		at, i := s.next()
		intended := p.t0 + at
		for now := clock(); now < intended && intended < p.ends(); now = clock() {
			select {
			case <-p.over: // p.ends is now in the past
			case <-time.After(time.Duration(intended - now)):
			}
		}
		p.lock.Lock()
		if intended >= p.end {
			p.dealt = true
			p.landed.Broadcast()
			p.lock.Unlock()
			return
		}
		p.recorder.wants(i, intended)
		p.open++
		p.lock.Unlock()
		c := p.clients[i]
		c.lock.Lock()
		c.queue = append(c.queue, intended)
		c.lock.Unlock()
		select {
		case c.arrivals <- struct{}{}:
		default:
		}
	}
}

// settle writes down what was never answered.
func (p *portable) settle() {
	now := clock()
	p.lock.Lock()
	defer p.lock.Unlock()
	for i, c := range p.clients[:p.mine] {
		for k := c.reading.done; k < c.sent; k++ {
			p.recorder.open(i, c.record(c.flights[k%int64(len(c.flights))], -1), now)
		}
		for _, intended := range c.queue {
			p.recorder.open(i, c.record(flight{intended, -1}, -1), p.end)
		}
	}
	p.recorder.tick()
}

func (p *portable) close() {
	for _, c := range p.clients {
		if c.conn != nil {
			_ = c.conn.Close()
		}
	}
}
