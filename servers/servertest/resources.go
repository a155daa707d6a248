package servertest

import (
	"fmt"
	"runtime"
	"time"
)

const (
	leaksFD   = "leaves descriptors open: a socket must be closed on every path, also after an error"
	leaksTask = "leaves a goroutine behind for each client"
	leaksAny  = "does not end the thread or process of a client, does not wait(2) for it, or keeps memory for every client"
	tires     = "answers differently after thousands of requests, or keeps memory for each"
)

// closesAll is a case in which 40 clients come and leave in some way, after which as many descriptors are
// open as before.
func closesAll(leave func(s *caseRun, c *client)) func(*caseRun) {
	return func(s *caseRun) {
		s.visit("warm")
		s.pause(2 * time.Millisecond)
		s.givesBack("40 clients have come and gone", func() {
			for range 40 {
				c := s.dial()
				leave(s, c)
				c.conn.Close()
			}
		})
		s.forget()
	}
}

// givesBack ends the case if more descriptors are open after each round than before it. A leak grows with every
// round; what a server opens late, for instance in a process that is still starting, it opens once.
func (s *caseRun) givesBack(done string, round func()) {
	before := s.settled()
	for _, still := range []time.Duration{s.patience / 10, s.patience / 10, s.patience} {
		round()
		after := s.fallen(before, still)
		if after <= before {
			return
		}
		before = after
	}
	s.fail("more descriptors are open after %s than before, again and again", done)
}

// fallen waits until at most n descriptors are open, or their number has been still for some time, or the patience is
// over. It returns the number.
func (s *caseRun) fallen(n int, still time.Duration) int {
	open, began := descriptors(s.server.PID), time.Now()
	for since := began; open > n && time.Since(since) < still && time.Since(began) < s.patience; {
		s.pause(2 * time.Millisecond)
		if now := descriptors(s.server.PID); now != open {
			open, since = now, time.Now()
		}
	}
	return open
}

// settled returns the number of open descriptors once it no longer changes.
func (s *caseRun) settled() int {
	n := descriptors(s.server.PID)
	for range 20 {
		s.pause(2 * time.Millisecond)
		m := descriptors(s.server.PID)
		if m == n {
			return n
		}
		n = m
	}
	return n
}

// turns sends n requests one after the other, or as many as five seconds allow.
func (c *client) turns(n int) {
	until := time.Now().Add(5 * time.Second)
	for i := range n {
		c.ask(fmt.Sprintf("Turn %d", i))
		if time.Now().After(until) {
			c.s.note("%d requests one after the other in 5 s, not %d", i+1, n)
			return
		}
	}
}

var resourceCases = []Case{
	{Name: "resources/descriptors-after-end", Needs: Process | Alone, Why: "a connection that ended in order gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *caseRun, c *client) { c.ask("hello"); c.end() })},
	{Name: "resources/descriptors-after-close", Needs: Process | Alone, Why: "a connection that was closed without a half-close gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *caseRun, c *client) { c.ask("hello") })},
	{Name: "resources/descriptors-after-reset", Needs: Process | Alone, Why: "a connection that was reset gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *caseRun, c *client) { c.ask("hello"); c.tryWrite(s.frame("more")); c.reset() })},
	{Name: "resources/descriptors-after-broken-pipe", Needs: Process | Alone, Why: "a connection whose reply could not be written gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *caseRun, c *client) {
			s.unbalanced.Store(true)
			c.tryWrite(s.traffic(40<<10, 100))
			c.hangUp()
		})},
	{Name: "resources/descriptors-after-silence", Needs: Process | Alone, Why: "a connection on which nothing was sent gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *caseRun, c *client) {})},
	{Name: "resources/descriptors-after-fault", Needs: Process | Alone | Configure, Only: framed, Config: smallLimit, Why: "a connection that was refused gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *caseRun, c *client) { c.write([]byte("wwwwwwwwwwwwwwwwwwwwwwwwwwwww")); c.eof() })},
	{Name: "resources/descriptors-after-panic", Needs: Process | Alone | Hook, Config: panics, Why: "a connection whose handler panicked gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *caseRun, c *client) { s.unbalanced.Store(true); c.write(s.frame("panic")); c.gone() })},
	{Name: "resources/descriptors-after-stop", Needs: Process | Alone | Stop, Why: "a server that has ended leaves no descriptor open", Fault: leaksFD,
		run: func(s *caseRun) {
			if !s.server.Own {
				return // the process has ended, and its descriptors with it
			}
			s.givesBack("three servers have ended", func() {
				for range 3 {
					for range 5 {
						s.visit("hello")
					}
					s.hangUp()
					s.restart(s.config)
				}
			})
		}},
	{Name: "resources/goroutines-after-clients", Needs: Hook, Why: "a client that has gone leaves no goroutine behind", Fault: leaksTask,
		run: func(s *caseRun) {
			for range 30 {
				s.visit("warm")
			}
			before := s.server.Goroutines()
			for i := range 60 {
				c := s.dial()
				c.ask("hello")
				s.leaves(c, i)
			}
			s.eventually(func() bool { return s.server.Goroutines() <= before+2 }, "there are many more goroutines after 60 clients have gone than before")
		}},
	{Name: "resources/left-by-clients", Needs: Process | Alone, Within: true, Why: "clients that have gone leave no thread, no process and no memory behind", Fault: leaksAny,
		run: func(s *caseRun) {
			clients, most := s.amount(700, 2000)
			s.unbalanced.Store(true)
			s.visits(300) // by now a pool has most likely started all its threads
			held, memory := tasks(s.server.PID), s.memory()
			s.visits(clients)
			s.eventually(func() bool { return tasks(s.server.PID) <= held+30 }, "there are many more threads and processes after %d clients have gone than before", clients)
			s.eventually(func() bool { return s.memory() <= memory+most }, "the server grew by more than %d bytes over %d clients that have gone", most, clients)
		}},
	{Name: "resources/thousands-of-turns", Needs: Heavy | Alone, Within: true, Why: "thousands of requests one after the other get as many replies, and leave no memory behind", Fault: tires,
		run: func(s *caseRun) {
			turns, most := s.amount(4000, 20_000)
			c := s.dial()
			c.turns(1000) // buffers that grow up to a limit have grown
			before := s.memory()
			c.turns(turns)
			if grew := s.memory() - before; grew > most {
				s.fail("%d requests of one connection made the server grow by %d bytes", turns, grew)
			}
			c.end()
		}},
	{Name: "resources/no-delay", Needs: Process | TCP | Alone, Why: "a reply leaves at once: Nagle's algorithm is off", Fault: "leaves Nagle's algorithm on: a small reply waits until the one before is acknowledged",
		run: dialogue(func(s *caseRun, c *client) {
			c.ask("hello")
			switch on, found := noDelay(s.server.PID, c.conn.LocalAddr()); {
			case !found:
				s.skip("the server's end of a connection was not found in its process, which this user may not inspect")
			case !on:
				s.fail("TCP_NODELAY is off at the server's end")
			}
		})},
	{Name: "resources/out-of-descriptors", Needs: Child | Process, Why: "a server that runs out of descriptors neither ends nor spins: it serves again as soon as one is free",
		Fault: "ends on EMFILE from accept, or retries without a pause",
		run: func(s *caseRun) {
			const limit = 48
			inst, err := s.target.Limits(s.ctx, s.config, limit)
			if err != nil {
				s.fail("the server does not start with %d descriptors: %v", limit, err)
			}
			s.server = inst
			first := s.dial()
			first.ask("first")
			s.pause(30 * time.Millisecond) // all of the server has started
			others := s.dials(80)
			for began := time.Now(); descriptors(s.server.PID) < limit && time.Since(began) < time.Second; {
				s.pause(5 * time.Millisecond) // some servers keep a descriptor in reserve, some never open so many
			}
			s.pause(20 * time.Millisecond)
			s.calm()
			first.ask("still served")
			first.end()
			first.hangUp()
			for _, c := range others {
				c.hangUp()
			}
			for range 3 {
				s.visit("served again")
			}
			s.unbalanced.Store(true)
		}},
}

// leaves ends a conversation in one of three ways, by turn: in order, by a reset, by a close.
func (s *caseRun) leaves(c *client, turn int) {
	switch turn % 3 {
	case 0:
		c.end()
	case 1:
		c.reset()
		return
	}
	c.hangUp()
}

// visits lets n clients come, ask and leave.
func (s *caseRun) visits(n int) {
	for i := range n {
		c := s.dial()
		c.ask("hello")
		s.leaves(c, i)
	}
	s.forget()
}

// amount returns how many times a case repeats what must leave nothing behind, and by how many bytes the server may
// grow meanwhile. In this process the reachable memory is known, and a few repeats are enough; in another the
// collector may not have run yet.
func (s *caseRun) amount(own, others int) (times, most int) {
	if s.server.Own {
		return own, 350 << 10
	}
	return others, 60 << 20
}

// heap returns how many bytes of this process are reachable.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// memory returns the memory of the server in bytes: what is reachable if it runs in this process, the resident memory
// of another process, and 0 if its process is not known.
func (s *caseRun) memory() int {
	switch {
	case s.server.Own:
		return int(heap())
	case s.server.PID != 0:
		return resident(s.server.PID)
	}
	return 0
}
