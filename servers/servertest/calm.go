package servertest

import (
	"time"

	"socketbench/servers/upper"
)

const (
	spins     = "spins after a disconnect: a read of 0 bytes means that the peer has closed"
	spinsIdle = "spins while it has nothing to do: it polls instead of waiting"
	spinsFull = "spins while a client does not read: it repeats a write that would block, or asks for write readiness with nothing to write"
)

// calm ends the case if the server spins. A server that spins always has a thread that wants to run, even on a busy
// machine where it gets little CPU time; a server that waits has none most of the time. One calm window is enough at
// first. After several that were not calm the machine is taken to be busy, and two calm windows in a row are needed,
// within half the patience.
func (s *caseRun) calm() {
	const window, sure = 90 * time.Millisecond, 4
	most := max(16, int(s.patience/2/window))
	polls := 0.1 // of a CPU
	if raceEnabled {
		polls = 0.4 // the race detector makes each round of a polling design several times as costly
	}
	s.pause(10 * time.Millisecond)
	var used, running float64
	row := 0
	for i := range most {
		used, running = watch(s.server.PID, window)
		s.pause(0) // ends the case when its time is over
		if row++; running >= 0.9 || running >= 0.4 && used >= polls {
			row = 0
		}
		if row >= 2 || row == 1 && i < sure {
			return
		}
	}
	s.fail("the server used %.0f %% of a CPU while no client sent anything, and a thread of it wanted to run %.0f %% of the time", 100*used, 100*running)
}

var calmCases = []Case{
	{Name: "resources/calm-alone", Needs: Process | Alone, Why: "a server without clients uses no CPU", Fault: spinsIdle,
		run: (*caseRun).calm},
	{Name: "resources/calm-idle", Needs: Process | Alone, Why: "idle connections use almost no CPU", Fault: spinsIdle, Conns: 20,
		run: func(s *caseRun) {
			all := s.dials(20)
			for _, c := range all {
				c.send(s.frame("hello"))
			}
			for _, c := range all {
				c.replies()
			}
			s.calm()
		}},
	{Name: "resources/calm-after-close", Needs: Process | Alone, Why: "a client that has closed uses no more CPU", Fault: spins,
		run: after(3, func(_ *caseRun, c *client) {
			c.ask("hello")
			c.hangUp()
		}, (*caseRun).calm)},
	{Name: "resources/calm-after-half-close", Needs: Process | Alone, Why: "a client that has half-closed and stays connected uses no more CPU", Fault: spins,
		run: after(1, func(_ *caseRun, c *client) {
			c.ask("hello")
			c.closeWrite()
		}, (*caseRun).calm)},
	{Name: "resources/calm-after-reset", Needs: Process | Alone, Why: "a client that has reset its connection uses no more CPU", Fault: spins,
		run: after(3, func(_ *caseRun, c *client) {
			c.ask("hello")
			c.reset()
		}, (*caseRun).calm)},
	{Name: "resources/calm-unfinished", Needs: Process | Alone, Why: "the server waits for the rest of a request and does not poll for it", Fault: spinsIdle,
		run: after(1, func(s *caseRun, c *client) { c.send(s.frame("hello")[:3]) }, (*caseRun).calm)},
	{Name: "resources/calm-after-urgent", Needs: Process | Alone | TCP, Only: []upper.Framing{upper.Raw}, Why: "an urgent byte (MSG_OOB) makes the server neither spin nor end: what is sent before and after it is answered",
		Fault: "waits for exceptional conditions and ignores them: they last until the urgent byte is read",
		run: dialogue(func(s *caseRun, c *client) {
			c.ask("before")
			if err := sendUrgent(c.conn, '!'); err != nil {
				s.fail("could not send an urgent byte: %v", err)
			}
			s.calm()
			if c.gets('!', 20*time.Millisecond) { // with SO_OOBINLINE the urgent byte is part of the stream
				s.unbalanced.Store(true)
			}
			c.ask("after")
		})},
	{Name: "resources/calm-stuck", Needs: Process | Alone, Why: "while a client does not read, the server waits and does not poll", Fault: spinsFull,
		run: func(s *caseRun) {
			c := s.dial()
			for range 4 {
				if c.fill() == 0 {
					return
				}
				s.calm() // on a busy machine a flood may end too soon: a server that takes more after this was not stuck yet
			}
		}},
	{Name: "resources/calm-full", Needs: Process | Alone | Configure | Bounded, Config: bounded, Why: "clients that wait for a free place use no CPU", Fault: "polls for a free place",
		run: func(s *caseRun) {
			s.full()
			s.dials(3)
			s.calm()
			s.unbalanced.Store(true)
		}},
	{Name: "resources/calm-stopping", Needs: Process | Alone | Stop | Configure | Hook, Config: long, Why: "a server that is stopping and waits for its last client uses no CPU", Fault: spinsIdle,
		run: toldToStop(func(s *caseRun, c *client) {
			c.eof()
			s.calm()
			c.hangUp()
			s.finished()
		})},
}
