package servertest

import (
	"fmt"
	"strings"
	"time"

	"socketbench/servers"
)

const (
	oneAtATime  = "serves one client at a time: while one is connected, the others wait"
	offByOne    = "is off by one at its limit: it serves one client too many or one too few"
	refusesMore = "turns away clients that it could serve a moment later: they can wait in the queue"
	silentHolds = "lets a silent client hold up the others"
)

// capacityCase is asked even of servers that were found to serve one connection at a time.
const capacityCase = "many/beside-a-silent-one"

// atOnce is a case in which n clients connect, all ask, and all are answered while all are connected.
func atOnce(n int) func(*caseRun) {
	return func(s *caseRun) {
		all := s.dials(n)
		for i, c := range all {
			c.send(s.frame(fmt.Sprintf("client %d", i)))
		}
		for _, c := range all {
			c.replies()
		}
		for i := range all {
			c := all[len(all)-1-i]
			c.ask("again")
			c.end()
		}
	}
}

// manyAtOnce is atOnce for many clients. They ask again, and leave, all at once: one after the
// other would take long at a server that visits all connections for each request.
func manyAtOnce(n int) func(*caseRun) {
	return func(s *caseRun) {
		all := s.dials(n)
		for _, word := range []string{"first", "again"} {
			for i, c := range all {
				c.send(s.frame(fmt.Sprintf("%s %d", word, i)))
			}
			for _, c := range all {
				c.replies()
			}
		}
		for _, c := range all {
			c.closeWrite()
		}
		for _, c := range all {
			c.eof()
		}
	}
}

// bounded gives a design that bounds its connections a small bound.
var bounded = servers.Config{Workers: 3, MaxConns: 3}

// full connects as many clients as the server serves at once and has each answered.
func (s *caseRun) full() []*client {
	all := s.dials(s.target.Traits.Capacity(s.config))
	for _, c := range all {
		c.ask("one of N")
	}
	return all
}

var manyCases = []Case{
	{Name: capacityCase, Conns: 2, Why: "a client that is connected and silent does not keep others from being answered", Fault: oneAtATime,
		run: func(s *caseRun) {
			s.dial()
			c := s.dial()
			for range 3 { // a busy server may notice the silent client only now
				c.ask("hello")
				s.pause(2 * time.Millisecond)
			}
			c.end()
		}},
	{Name: "many/one-after-another", Why: "after one client the next is served, and the one after it", Fault: oneClient,
		run: func(s *caseRun) {
			for i := range 100 {
				s.visit(fmt.Sprintf("client %d", i))
			}
		}},
	{Name: "many/two", Conns: 2, Why: "two clients are served at once", Fault: oneAtATime, run: atOnce(2)},
	{Name: "many/ten", Conns: 10, Why: "ten clients are served at once", Fault: oneAtATime, run: atOnce(10)},
	{Name: "many/100", Conns: 100, Why: "a hundred clients are served at once", Fault: "has a limit on its clients that it does not declare", run: manyAtOnce(100)},
	{Name: "many/1100", Conns: 1100, Needs: Heavy | Alone, Why: "1,100 clients are served at once: 1,024 is the limit of select(2) and a common limit of descriptors, not one of the protocol", Fault: "has a limit on its clients that it does not declare", run: manyAtOnce(1100)},
	{Name: "many/reverse", Conns: 10, Why: "clients need not send in the order in which they connected", Fault: silentHolds,
		run: func(s *caseRun) {
			all := s.dials(10)
			for i := range all {
				c := all[len(all)-1-i]
				c.ask("last first")
				c.end()
			}
		}},
	{Name: "many/burst", Why: "clients that connect all at once are all served, at once or soon after", Fault: refusesMore,
		run: func(s *caseRun) {
			s.each(60, func(i int) {
				s.visit(fmt.Sprintf("burst %d", i))
			})
		}},
	{Name: "many/waiting-their-turn", Why: "a client that connects while another is served is answered when its turn comes", Fault: refusesMore,
		run: func(s *caseRun) {
			first := s.dial()
			first.ask("first")
			second := s.dial()
			second.send(s.frame("second"))
			first.ask("first again")
			first.end()
			first.hangUp()
			second.replies()
			second.end()
		}},
	{Name: "many/churn", Why: "clients that come and go by the hundred are served like the first", Fault: oneClient,
		run: func(s *caseRun) {
			s.each(4, func(i int) {
				for k := range 60 {
					s.visit(fmt.Sprintf("churn %d %d", i, k))
				}
			})
		}},
	{Name: "many/idle-crowd", Conns: 200, Needs: Unbounded, Why: "200 idle connections do not keep one client from its reply", Fault: silentHolds,
		run: func(s *caseRun) {
			s.dials(200)
			c := s.dial()
			for range 20 {
				c.ask("alone in the crowd")
			}
			c.end()
		}},
	{Name: "many/newcomer-under-load", Conns: 5, Why: "a client that comes while others never pause is accepted and answered", Fault: "accepts new clients only when no other client needs an answer",
		run: func(s *caseRun) {
			busy := s.dials(4)
			for _, c := range busy {
				c.ask("before")
			}
			served := make(chan struct{})
			s.each(5, func(i int) {
				if i < 4 {
					for !isClosed(served) {
						busy[i].ask("busy")
					}
					busy[i].end()
					return
				}
				defer close(served)
				for range 3 {
					s.visit("newcomer")
				}
			})
		}},
	{Name: "many/half-leave", Conns: 20, Why: "clients that stay are served after others have left", Fault: "closes another connection: the system reuses a descriptor number as soon as it is closed",
		run: func(s *caseRun) {
			all := s.dials(20)
			for _, c := range all {
				c.ask("here")
			}
			for i, c := range all {
				if i%2 == 0 {
					c.hangUp()
				}
			}
			for range 3 {
				for i, c := range all {
					if i%2 == 1 {
						c.ask("still here")
					}
				}
			}
		}},
	{Name: "many/waves", Conns: 15, Why: "connections that take the places of closed ones start afresh", Fault: leftOver,
		run: func(s *caseRun) {
			for wave := range 8 {
				all := s.dials(15)
				for i, c := range all {
					c.send(s.frame(fmt.Sprintf("wave %d client %d", wave, i)))
				}
				for i, c := range all {
					c.replies()
					if i%3 == 0 {
						c.end()
					}
					c.hangUp()
				}
			}
		}},
	{Name: "many/own-bytes", Conns: 26, Why: "every client gets its own letters back", Fault: crossed,
		run: func(s *caseRun) {
			all := s.dials(26)
			for range 5 {
				for i, c := range all {
					c.send(s.frame(strings.Repeat(string(rune('a'+i)), 200+i)))
				}
				for _, c := range all {
					c.replies()
				}
			}
		}},
	{Name: "many/exactly-its-limit", Needs: Configure | Bounded, Config: bounded, Why: "a design that serves N at once serves N, not N-1", Fault: offByOne,
		run: func(s *caseRun) {
			for _, c := range s.full() {
				c.ask("all at once")
				c.end()
			}
		}},
	{Name: "many/one-over-its-limit", Needs: Configure | Bounded, Config: bounded, Why: "client N+1 connects, waits, and is answered as soon as one of the N leaves", Fault: offByOne,
		run: func(s *caseRun) {
			served := s.full()
			waits := s.dial()
			waits.send(s.frame("my turn"))
			s.pause(10 * time.Millisecond) // a server that turns the client away has done so by now
			for _, c := range served {
				c.ask("not disturbed")
			}
			served[0].end()
			served[0].hangUp()
			waits.replies()
			waits.end()
		}},
	{Name: "many/over-its-limit-waits", Needs: Configure | Bounded, Config: bounded, Why: "client N+1 is not served while N others are: the limit is exact", Fault: offByOne,
		run: func(s *caseRun) {
			s.full()
			waits := s.dial()
			waits.write(s.frame("too early"))
			waits.quiet(25 * time.Millisecond)
			s.unbalanced.Store(true)
		}},
	{Name: "many/places-come-back", Needs: Configure | Bounded, Config: bounded, Why: "every place that becomes free is given out again, however its client left",
		Fault: "loses a place with every client that resets or leaves within a request",
		run: func(s *caseRun) {
			for round := range 4 {
				for _, c := range s.full() {
					switch round {
					case 0:
						c.end()
						c.hangUp()
					case 1:
						c.reset()
					case 2:
						c.send([]byte("hal"))
						c.hangUp()
					default:
						c.hangUp()
					}
				}
			}
			s.full()
			s.unbalanced.Store(true)
		}},
	{Name: "many/small-queue", Needs: Configure | Stop, Config: servers.Config{Workers: 2, Queue: 1, MaxConns: 2}, Why: "with a queue of one, ten clients in a row are served all the same",
		Fault: "drops or refuses what does not fit its queue",
		run: func(s *caseRun) {
			s.each(10, func(i int) {
				s.visit(fmt.Sprintf("client %d", i))
			})
		}},
	{Name: "many/one-worker", Needs: Configure, Config: servers.Config{Workers: 1, Queue: 1, MaxConns: 1}, Why: "one worker is enough for clients that come one by one",
		Fault: "deadlocks with a single worker: that worker waits for work that only it can do",
		run: func(s *caseRun) {
			for range 10 {
				c := s.dial()
				c.exchange(s.numbered(50))
				c.end()
				c.hangUp()
			}
		}},
}
