package servertest

import (
	"fmt"
	"runtime"
	"time"

	"socketbench/servers/upper"
)

const (
	leaksFD   = "leaves descriptors open: a socket must be closed on every path, also after an error"
	leaksTask = "leaves a goroutine behind for each client"
	spins     = "spins after a disconnect: an empty read means the peer has closed"
	spinsIdle = "spins while it has nothing to do: it polls instead of waiting"
	spinsFull = "spins while a client does not read: readiness to write is asked for when nothing is to be written, or a write is tried again and again"
	leaksAny  = "does not end the thread or process of a client, does not wait(2) for it, or keeps something of every client"
	tires     = "answers otherwise after thousands of requests, or keeps something of each"
	leaksHeap = "keeps something of every client that ever came"
)

// closesAll is a case in which 40 clients come and leave in some way, after which as many descriptors are
// open as before.
func closesAll(leave func(s *scene, c *client)) func(*scene) {
	return func(s *scene) {
		echoed("warm")(s)
		s.hangUp()
		s.pause(2 * time.Millisecond)
		before, after := s.settled(), 0
		for _, still := range []time.Duration{s.patience / 10, s.patience / 10, s.patience} {
			// A leak grows with every round; what a server opens late, it opens once.
			for range 40 {
				c := s.dial()
				leave(s, c)
				c.conn.Close()
			}
			if after = s.fallen(before, still); after <= before {
				s.forget()
				return
			}
			before = after
		}
		s.fail("more descriptors are open after 40 clients have come and gone than before, again and again")
	}
}

// fallen waits until no more than n descriptors are open, or their number has not changed for a time, or the
// patience is at its end. It returns the number.
func (s *scene) fallen(n int, still time.Duration) int {
	open, began := descriptors(s.server.PID), time.Now()
	for since := began; open > n && time.Since(since) < still && time.Since(began) < s.patience; {
		s.pause(2 * time.Millisecond)
		if now := descriptors(s.server.PID); now != open {
			open, since = now, time.Now()
		}
	}
	return open
}

// settled returns the number of descriptors once it has stopped to change.
func (s *scene) settled() int {
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

// calm ends the case when the server spins. One that spins always has a thread that wants to run, however
// little of a busy machine it gets (and then it may use next to nothing); one that waits has none, most of
// the time. One calm window is enough, but after several that were not, others use this machine too, and
// there must be two in a row, before half the patience is over.
func (s *scene) calm() {
	const window, sure = 90 * time.Millisecond, 4
	most := max(16, int(s.patience/2/window))
	polls := 0.1 // of a CPU
	if raceEnabled {
		polls = 0.4 // each look of a design that looks again every few milliseconds costs several times as much
	}
	s.pause(10 * time.Millisecond)
	var used, running float64
	row := 0
	for i := range most {
		used, running = watch(s.server.PID, window)
		if row++; running >= 0.9 || running >= 0.4 && used >= polls {
			row = 0
		}
		if row >= 2 || row == 1 && i < sure {
			return
		}
	}
	s.fail("the server used %.0f %% of a CPU while nobody asked for anything, and wanted to run %.0f %% of the time", 100*used, 100*running)
}

// turns asks n times, or as often as five seconds allow.
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
		run: closesAll(func(s *scene, c *client) { c.ask("hello"); c.end() })},
	{Name: "resources/descriptors-after-close", Needs: Process | Alone, Why: "a connection that was closed without ceremony gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *scene, c *client) { c.ask("hello") })},
	{Name: "resources/descriptors-after-reset", Needs: Process | Alone, Why: "a connection that was reset gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *scene, c *client) { c.ask("hello"); c.tryWrite(s.frame("more")); c.reset() })},
	{Name: "resources/descriptors-after-broken-pipe", Needs: Process | Alone, Why: "a connection whose reply could not be written gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *scene, c *client) {
			s.unbalanced.Store(true)
			c.tryWrite(s.traffic(40<<10, 100))
			c.hangUp()
		})},
	{Name: "resources/descriptors-after-silence", Needs: Process | Alone, Why: "a connection on which nothing was said gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *scene, c *client) {})},
	{Name: "resources/descriptors-after-fault", Needs: Process | Alone | Configure, Only: framed, Config: smallLimit, Why: "a connection that was refused gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *scene, c *client) { c.write([]byte("wwwwwwwwwwwwwwwwwwwwwwwwwwwww")); c.eof() })},
	{Name: "resources/descriptors-after-panic", Needs: Process | Alone | Hook, Config: panics, Why: "a connection whose handler panicked gives its descriptor back", Fault: leaksFD,
		run: closesAll(func(s *scene, c *client) { s.unbalanced.Store(true); c.write(s.frame("panic")); c.gone() })},
	{Name: "resources/descriptors-after-stop", Needs: Process | Alone | Stop, Why: "a server that has ended leaves no descriptor open", Fault: leaksFD,
		run: func(s *scene) {
			if !s.server.Own {
				return // the process has ended, and its descriptors with it
			}
			before := s.settled() // with a server
			for range 3 {
				for range 5 {
					echoed("hello")(s)
				}
				s.hangUp()
				s.restart(s.config)
			}
			s.eventually(func() bool { return descriptors(s.server.PID) <= before }, "more descriptors are open after three servers have ended than before")
		}},
	{Name: "resources/goroutines-after-clients", Needs: Hook, Why: "a client that has gone leaves no goroutine behind", Fault: leaksTask,
		run: func(s *scene) {
			for range 30 {
				echoed("warm")(s)
				s.hangUp()
			}
			before := s.server.Goroutines()
			for i := range 60 {
				c := s.dial()
				c.ask("hello")
				s.leaves(c, i)
			}
			s.eventually(func() bool { return s.server.Goroutines() <= before+2 }, "there are many more goroutines after 60 clients have gone than before")
		}},
	{Name: "resources/memory-after-clients", Needs: Hook | Alone, Why: "a client that has gone leaves no memory behind", Fault: leaksHeap,
		run: func(s *scene) {
			s.unbalanced.Store(true)
			visit := func(n int) {
				for i := range n {
					c := s.dial()
					c.ask("hello")
					s.leaves(c, i)
				}
				s.forget()
			}
			visit(300)
			before := heap()
			visit(700)
			const most = 350 << 10 // half a kilobyte for each
			s.eventually(func() bool { return heap() < before+most }, "the heap grew by more than %d bytes over 700 clients that have gone", most)
		}},
	{Name: "resources/left-by-clients", Needs: Process | Alone, Why: "clients that have gone leave no thread, no process and no memory behind", Fault: leaksAny,
		run: func(s *scene) {
			clients, most := 2000, 60<<20 // of a server whose collector may not have run yet
			if s.server.Own {
				clients, most = 300, 350<<10 // and exact: what is reachable
			}
			s.unbalanced.Store(true)
			visits := func(n int) {
				for i := range n {
					c := s.dial()
					c.ask("hello")
					s.leaves(c, i)
				}
				s.forget()
			}
			visits(300) // a pool has started all its threads, most likely
			held, memory := tasks(s.server.PID), s.memory()
			visits(clients)
			s.eventually(func() bool { return tasks(s.server.PID) <= held+30 }, "there are many more threads and processes after %d clients have gone than before", clients)
			s.eventually(func() bool { return s.memory() <= memory+most }, "the server grew by more than %d bytes over %d clients that have gone", most, clients)
		}},
	{Name: "resources/thousands-of-turns", Needs: Heavy | Alone, Why: "thousands of requests one after the other get as many replies, and leave no memory behind", Fault: tires,
		run: func(s *scene) {
			turns, most := 20_000, 60<<20 // of a server whose collector may not have run yet
			if s.server.Own {
				turns, most = 4000, 350<<10 // and exact: what is reachable
			}
			c := s.dial()
			c.turns(1000) // what grows until it is large enough has grown
			before := s.memory()
			c.turns(turns)
			if grew := s.memory() - before; grew > most {
				s.fail("%d requests of one connection made the server grow by %d bytes", turns, grew)
			}
			c.end()
		}},
	{Name: "resources/no-delay", Needs: Process | TCP | Alone, Why: "a reply leaves at once: Nagle's algorithm is off", Fault: "leaves Nagle's algorithm on: a small reply waits until the one before is acknowledged",
		run: func(s *scene) {
			c := s.dial()
			c.ask("hello")
			if on, found := noDelay(s.server.PID, c.conn.LocalAddr()); found && !on {
				s.fail("TCP_NODELAY is off at the server's end")
			}
			c.end()
		}},
	{Name: "resources/calm-alone", Needs: Process | Alone, Why: "a server without clients uses no CPU", Fault: spinsIdle,
		run: func(s *scene) { s.calm() }},
	{Name: "resources/calm-idle", Needs: Process | Alone, Why: "idle connections use no CPU worth the name", Fault: spinsIdle, Conns: 20,
		run: func(s *scene) {
			all := s.dials(20)
			for _, c := range all {
				c.send(s.frame("hello"))
			}
			for _, c := range all {
				c.replies()
			}
			s.calm()
		}},
	{Name: "resources/calm-after-close", Needs: Process | Alone, Why: "a client that has closed costs nothing any more", Fault: spins,
		run: func(s *scene) {
			for range 3 {
				c := s.dial()
				c.ask("hello")
				c.hangUp()
			}
			s.calm()
		}},
	{Name: "resources/calm-after-half-close", Needs: Process | Alone, Why: "a client that has half-closed and stays costs nothing any more", Fault: spins,
		run: func(s *scene) {
			c := s.dial()
			c.ask("hello")
			c.closeWrite()
			s.calm()
		}},
	{Name: "resources/calm-after-reset", Needs: Process | Alone, Why: "a client that has reset its connection costs nothing any more", Fault: spins,
		run: func(s *scene) {
			for range 3 {
				c := s.dial()
				c.ask("hello")
				c.reset()
			}
			s.calm()
		}},
	{Name: "resources/calm-unfinished", Needs: Process | Alone, Why: "half a request is waited for, not polled for", Fault: spinsIdle,
		run: func(s *scene) {
			c := s.dial()
			c.send(s.frame("hello")[:3])
			s.calm()
		}},
	{Name: "resources/calm-after-urgent", Needs: Process | Alone | TCP, Only: []upper.Framing{upper.Raw}, Why: "an urgent byte (MSG_OOB) is no reason to spin, nor to end: what is sent around it is answered",
		Fault: "waits for exceptional conditions and does nothing about them: they stay until the byte is taken",
		run: func(s *scene) {
			c := s.dial()
			c.ask("before")
			if err := sendUrgent(c.conn, '!'); err != nil {
				s.fail("could not send an urgent byte: %v", err)
			}
			s.calm()
			if c.gets('!', 20*time.Millisecond) { // a server may ask for it to come with the others (SO_OOBINLINE)
				s.unbalanced.Store(true)
			}
			c.ask("after")
			c.end()
		}},
	{Name: "resources/calm-stuck", Needs: Process | Alone, Why: "a client that does not read is waited for, not polled for", Fault: spinsFull,
		run: func(s *scene) {
			c := s.dial()
			c.fill()
			s.calm()
		}},
	{Name: "resources/calm-full", Needs: Process | Alone | Configure | Bounded, Config: bounded, Why: "clients that wait for a place cost nothing", Fault: "polls for a free place",
		run: func(s *scene) {
			s.full()
			s.dials(3)
			s.calm()
			s.unbalanced.Store(true)
		}},
	{Name: "resources/calm-stopping", Needs: Process | Alone | Stop | Configure | Hook, Config: long, Why: "a server that waits for its last client uses no CPU", Fault: spinsIdle,
		run: func(s *scene) {
			c := s.dial()
			c.ask("hello")
			s.stop()
			c.eof()
			s.calm()
			c.hangUp()
			s.finished()
		}},
	{Name: "resources/out-of-descriptors", Needs: Child | Process, Why: "a server that runs out of descriptors neither ends nor spins: it serves again as soon as one is free",
		Fault: "takes EMFILE from accept for the end, or tries again without a pause",
		run: func(s *scene) {
			const limit = 48
			inst, err := s.target.Limits(s.config, limit)
			if err != nil {
				s.fail("the server does not start with %d descriptors: %v", limit, err)
			}
			s.server = inst
			first := s.dial()
			first.ask("first")
			s.pause(30 * time.Millisecond) // all of the server has started
			crowd := s.dials(80)
			for began := time.Now(); descriptors(s.server.PID) < limit && time.Since(began) < time.Second; {
				s.pause(5 * time.Millisecond) // some keep one in reserve, some never take so many
			}
			s.pause(20 * time.Millisecond)
			s.calm()
			first.ask("still served")
			first.end()
			first.hangUp()
			for _, c := range crowd {
				c.hangUp()
			}
			for range 3 {
				c := s.dial()
				c.ask("served again")
				c.end()
				c.hangUp()
			}
			s.unbalanced.Store(true)
		}},
}

// leaves ends a conversation in one of the ways in which clients do, in turn.
func (s *scene) leaves(c *client, turn int) {
	switch turn % 3 {
	case 0:
		c.end()
	case 1:
		c.reset()
		return
	}
	c.hangUp()
}

// heap returns the bytes that are reachable.
func heap() uint64 {
	runtime.GC()
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// memory returns the bytes that the server has in use, as far as can be told: of one that runs in this process,
// what is reachable here; 0 of one whose process is not known.
func (s *scene) memory() int {
	switch {
	case s.server.Own:
		return int(heap())
	case s.server.PID != 0:
		return resident(s.server.PID)
	}
	return 0
}
