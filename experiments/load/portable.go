package load

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"time"
)

// portableEngine drives a workload wherever Go runs: each connection has a goroutine that reads and one that writes,
// and the goroutine that plays does what is due. Its figures contain what the Go scheduler and timers add, which can
// be a millisecond.
type portableEngine struct {
	target  target
	quit    *atomic.Bool  // end early
	news    chan struct{} // holds one: there is something to do before the present wait is over
	timer   *time.Timer
	dialing context.Context // ends when nobody is to connect any more
	cancel  context.CancelFunc
	others  sync.WaitGroup // the goroutines of the connections

	lock sync.Mutex // of what follows, with the workload; nobody holds it while it connects, reads or writes
	*workload
	links []*link // by client; nil: none
	done  bool    // the run is over, and the workload gets no more events
}

func newPortable(w *workload, t target, quit *atomic.Bool) engine {
	p := &portableEngine{
		workload: w, target: t, quit: quit, news: make(chan struct{}, 1), timer: time.NewTimer(0), links: make([]*link, len(w.clients)),
	}
	p.dialing, p.cancel = context.WithCancel(context.Background())
	return p
}

func (p *portableEngine) pin() error { return nil }

func (p *portableEngine) wake() {
	select {
	case p.news <- struct{}{}:
	default:
	}
}

// wait lets go of the lock for so many ns, or until there is news.
func (p *portableEngine) wait(ns int64) {
	p.lock.Unlock()
	defer p.lock.Lock()
	if ns <= 0 {
		runtime.Gosched()
		return
	}
	p.timer.Reset(time.Duration(ns))
	select {
	case <-p.timer.C:
	case <-p.news:
	}
}

// connect opens all disturbers, or all measured connections, and waits for them.
func (p *portableEngine) connect(measured bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.gather(measured, clock())
	p.attend(never, 10*time.Millisecond, p.gathered)
}

// hold handles what happens on the connections until it is released.
func (p *portableEngine) hold(released *atomic.Bool) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.coming = gathering{}
	p.attend(never, holdStep, func(int64) bool { return released.Load() })
}

// attend serves the clients before the first request, until the time until, or until over reports true.
func (p *portableEngine) attend(until int64, step time.Duration, over func(now int64) bool) {
	for now := clock(); now < until && !p.quit.Load() && !over(now); now = clock() {
		if c := p.next(now); c != nil {
			p.serve(c)
			continue
		}
		p.wait(min(int64(step), until-now))
	}
}

// play sends what is due from t0 on and counts from start to end.
func (p *portableEngine) play(t0, start, end int64) {
	p.lock.Lock()
	defer p.lock.Unlock()
	p.attend(t0, time.Hour, func(int64) bool { return false })
	p.begin(t0, start, end, clock())
	for i := range p.clients {
		p.serve(&p.clients[i])
		p.look(clock())
	}
	for now := clock(); p.phase != ended; now = clock() {
		if p.quit.Load() {
			p.stop(now)
		}
		for c := p.next(now); c != nil; c = p.next(now) {
			p.serve(c)
		}
		if p.advance(now); p.phase == ended {
			break
		}
		wait := p.mayWait(now)
		p.seen = now + max(0, wait)
		p.wait(wait)
	}
	p.settle(clock())
	p.done = true
}

// serve does what the client wants: close, connect, send.
func (p *portableEngine) serve(c *client) {
	l := p.links[c.index]
	if c.closing != stay {
		if l != nil {
			l.close(c.closing)
		}
		p.links[c.index], c.closing = nil, stay
	}
	switch {
	case c.state == dialing:
		p.dials(c, clock())
		p.others.Go(func() { p.dial(c) })
	case p.speaks(c) && !l.writing:
		l.writing = true
		l.speak <- struct{}{}
	}
}

// changed serves a client that something has happened to, outside of the goroutine that plays; that one may
// have to look again earlier than it meant to.
func (p *portableEngine) changed(c *client) {
	p.serve(c)
	if p.due < p.seen || p.phase == setup || p.phase >= stopping {
		p.wake()
	}
}

// close ends every connection, and waits for their goroutines.
func (p *portableEngine) close() {
	p.cancel()
	p.lock.Lock()
	p.done = true
	for _, l := range p.links {
		if l != nil {
			l.close(orderly)
		}
	}
	p.lock.Unlock()
	p.others.Wait()
}
