package servertest

import (
	"bytes"
	"slices"
	"time"
)

const noHandler = "does not call its handler: the session that Config.Protocol opens does the work, the waits and the hook of a request"

// gate is a handler that says when it has begun a request with the word gate in it, and then waits. One with
// the word panic in it panics after that.
type gate struct{ begun, open chan struct{} }

// gated starts the case's server again, with a gate in its handler.
func (s *scene) gated(do func(g gate)) {
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
	defer func() { // whatever happens, no handler is left at the gate
		if !isClosed(g.open) {
			close(g.open)
		}
	}()
	do(g)
}

// await waits for an event.
func (s *scene) await(c <-chan struct{}, what string) {
	if !s.comes(c) {
		panic(&Failure{What: what, hung: true, Fault: noHandler})
	}
}

// atWork starts the case's server again with requests that wait so long, and returns a client whose request
// has begun to.
func (s *scene) atWork(wait time.Duration) *client {
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
		run: func(s *scene) {
			s.gated(func(g gate) {
				c := s.dial()
				c.send(s.frame("gate"))
				s.await(g.begun, "the handler was not called")
				s.stop()
				s.pause(10 * time.Millisecond)
				if s.server.hasEnded() {
					s.fail("the server has ended while a request was in its handler")
				}
				close(g.open)
				c.replies()
				c.eof()
				c.hangUp()
				s.finished()
			})
		}},
	{Name: "drain/several-in-handler", Needs: Stop | Configure | Hook, Conns: 3, Config: long, Why: "requests of several clients that were read are all answered", Fault: lostAtDrain,
		run: func(s *scene) {
			s.gated(func(g gate) {
				all := s.dials(3)
				for _, c := range all {
					c.ask("hello")
				}
				for _, c := range all {
					c.send(s.frame("gate"))
				}
				s.await(g.begun, "the handler was not called")
				s.stop()
				s.pause(10 * time.Millisecond)
				close(g.open)
				for _, c := range all {
					c.drained()
					c.hangUp()
				}
				s.finished()
			})
		}},
	{Name: "drain/rest-of-read", Needs: Stop | Configure | Hook, Only: framed, Config: long, Why: "of several requests in one read all are answered, also when the stop comes during the first", Fault: lostAtDrain,
		run: func(s *scene) {
			s.config.Protocol.Work.Wait = time.Millisecond // what waits is answered one by one
			s.gated(func(g gate) {
				c := s.dial()
				c.send(slices.Concat(s.frame("gate"), s.frame("two"), s.frame("three")))
				s.await(g.begun, "the handler was not called")
				s.stop()
				s.pause(10 * time.Millisecond)
				close(g.open)
				c.replies()
				c.eof()
				c.hangUp()
				s.finished()
			})
		}},
	{Name: "drain/behind-handler", Needs: Stop | Configure | Hook, Config: long, Why: "what was read while a handler was busy is answered after the stop, and what was not read is not", Fault: lostAtDrain,
		run: func(s *scene) {
			s.gated(func(g gate) {
				c := s.dial()
				c.send(s.frame("gate"))
				s.await(g.begun, "the handler was not called")
				for range 8 {
					c.send(s.frame("behind"))
					s.pause(time.Millisecond)
				}
				s.stop()
				s.pause(10 * time.Millisecond)
				close(g.open)
				c.drained()
				c.hangUp()
				s.finished()
			})
		}},
	{Name: "drain/waiting-work", Needs: Stop | Configure | Hook, Config: long, Why: "a request that waits for something when the server stops is answered: stopping does not cancel what was read", Fault: lostAtDrain,
		run: func(s *scene) {
			c := s.atWork(30 * time.Millisecond)
			s.stop()
			c.replies()
			c.eof()
			c.hangUp()
			s.finished()
		}},
	{Name: "drain/half-closed-in-handler", Needs: Stop | Configure | Hook, Config: long, Why: "a client that has half-closed and waits for its reply gets it, also when the server is told to stop meanwhile", Fault: dropped,
		run: func(s *scene) {
			s.gated(func(g gate) {
				c := s.dial()
				c.send(s.frame("gate"))
				s.await(g.begun, "the handler was not called")
				c.closeWrite()
				s.pause(5 * time.Millisecond)
				s.stop()
				s.pause(10 * time.Millisecond)
				close(g.open)
				c.replies()
				c.eof()
				c.hangUp()
				s.finished()
			})
		}},
	{Name: "drain/panic-in-handler", Needs: Stop | Configure | Hook, Config: long, Why: "a handler that panics after the server was told to stop does not keep it from ending", Fault: lostWorker,
		run: func(s *scene) {
			s.gated(func(g gate) {
				c := s.dial()
				c.write(s.frame("gate panic"))
				s.unbalanced.Store(true)
				s.await(g.begun, "the handler was not called")
				s.stop()
				s.pause(10 * time.Millisecond)
				close(g.open)
				c.gone()
				c.hangUp()
				s.mayFail = true
				s.ended()
			})
		}},
}
