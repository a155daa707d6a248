package servertest

import (
	"bytes"
	"time"
)

const noHandler = "does not call its handler: Session.Feed, or Next and Reply, of Config.Protocol run the work, the wait and the hook of a request"

// gate is a handler that stops at requests with the word gate in them: it reports on begun and waits for open.
// Requests with the word panic in them then panic.
type gate struct{ begun, open chan struct{} }

// gated starts the case's server again, with a gate in its handler.
func (s *caseRun) gated(do func(g gate)) {
	g := gate{make(chan struct{}, 64), make(chan struct{})}
	cfg := s.config
	cfg.Protocol.Hook = func(req []byte) {
		if bytes.Contains(req, []byte("gate")) {
			g.begun <- struct{}{}
			<-g.open
		}
		panics.Protocol.Hook(req)
	}
	s.restart(cfg)
	defer func() { // no handler is left at the gate, however the case ends
		if !isClosed(g.open) {
			close(g.open)
		}
	}()
	do(g)
}

// opensAfterStop tells the server to stop while a request is in its handler, gives it a moment to do what is wrong, and
// lets the handler go on.
func (g gate) opensAfterStop(s *caseRun) {
	s.stop()
	s.pause(10 * time.Millisecond)
	if s.server.hasEnded() {
		s.fail("the server has ended while a request was in its handler")
	}
	close(g.open)
}

// held is a case of a client whose first words are in the handler when the server is told to stop. before is what else
// it does until then, and after is what it expects.
func held(words []string, before, after func(c *client)) func(*caseRun) {
	return func(s *caseRun) {
		s.gated(func(g gate) {
			c := s.dial()
			var request []byte
			for _, word := range words {
				request = append(request, s.frame(word)...)
			}
			c.send(request)
			s.await(g.begun, "the handler was not called")
			before(c)
			g.opensAfterStop(s)
			after(c)
			c.hangUp()
			s.finished()
		})
	}
}

// await waits for an event.
func (s *caseRun) await(c <-chan struct{}, what string) {
	if !s.comes(c) {
		panic(&Failure{What: what, hung: true, Fault: noHandler})
	}
}

// atWork starts the case's server again with requests that wait so long, and returns a client whose request
// has begun to.
func (s *caseRun) atWork(wait time.Duration) *client {
	begun := make(chan struct{}, 8)
	s.config.Protocol.Work.Wait = wait
	s.config.Protocol.Hook = func([]byte) { begun <- struct{}{} }
	s.restart(s.config)
	c := s.dial()
	c.send(s.frame("waiting"))
	s.await(begun, "the handler was not called")
	return c
}

// What is in a handler when the server is told to stop was read: it is owed.
var drainHandlerCases = []Case{
	{Name: "drain/in-handler", Needs: Stop | Configure | Hook, Config: long, Why: "a request that is in the handler when the server is told to stop is answered", Fault: lostAtDrain,
		run: held([]string{"gate"}, func(*client) {}, (*client).paidInFull)},
	{Name: "drain/several-in-handler", Needs: Stop | Configure | Hook, Conns: 3, Config: long, Why: "requests of several clients that were read are all answered", Fault: lostAtDrain,
		run: func(s *caseRun) {
			s.gated(func(g gate) {
				all := s.dials(3)
				for _, c := range all {
					c.ask("hello")
				}
				for _, c := range all {
					c.send(s.frame("gate"))
				}
				s.await(g.begun, "the handler was not called")
				g.opensAfterStop(s)
				for _, c := range all {
					c.drained()
					c.hangUp()
				}
				s.finished()
			})
		}},
	{Name: "drain/rest-of-read", Needs: Stop | Configure | Hook, Only: framed, Config: withWork(long, time.Millisecond), Why: "all requests of one read are answered, even if the stop comes during the first", Fault: lostAtDrain,
		run: held([]string{"gate", "two", "three"}, func(*client) {}, (*client).paidInFull)},
	{Name: "drain/behind-handler", Needs: Stop | Configure | Hook, Config: long, Why: "what was read while a handler was busy is answered after the stop, and what was not read is not", Fault: lostAtDrain,
		run: held([]string{"gate"}, func(c *client) {
			for range 8 {
				c.send(c.s.frame("behind"))
				c.s.pause(time.Millisecond)
			}
		}, (*client).drained)},
	{Name: "drain/waiting-work", Needs: Stop | Configure | Hook, Config: long, Why: "a request that waits for something when the server stops is answered: stopping does not cancel what was read", Fault: lostAtDrain,
		run: func(s *caseRun) {
			c := s.atWork(30 * time.Millisecond)
			s.stop()
			c.paidInFull()
			c.hangUp()
			s.finished()
		}},
	{Name: "drain/half-closed-in-handler", Needs: Stop | Configure | Hook, Config: long, Why: "a client that has half-closed and waits for its reply gets it, even if the server is told to stop meanwhile", Fault: dropped,
		run: held([]string{"gate"}, func(c *client) {
			c.closeWrite()
			c.s.pause(5 * time.Millisecond)
		}, (*client).paidInFull)},
	{Name: "drain/panic-in-handler", Needs: Stop | Configure | Hook, Config: long, Why: "a handler that panics after the server was told to stop does not keep it from ending", Fault: lostWorker,
		run: func(s *caseRun) {
			s.gated(func(g gate) {
				c := s.dial()
				c.write(s.frame("gate panic"))
				s.unbalanced.Store(true)
				s.await(g.begun, "the handler was not called")
				g.opensAfterStop(s)
				c.gone()
				c.hangUp()
				s.mayFail = true
				s.ended()
			})
		}},
}
