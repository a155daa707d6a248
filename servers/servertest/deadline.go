package servertest

import (
	"fmt"
	"strings"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// short makes a drain reach its deadline.
var short = servers.Config{Linger: 30 * time.Millisecond, DrainTimeout: 100 * time.Millisecond}

// lateness measures how late a timer of d rings. That part of a delay is the machine's, not the server's.
func lateness(d time.Duration) <-chan time.Duration {
	late := make(chan time.Duration, 1)
	due := time.Now().Add(d)
	time.AfterFunc(d, func() { late <- time.Since(due) })
	return late
}

// stuckSize is the size in bytes of the requests of a client that does not read.
const stuckSize = 1000

// stuckTurns is enough for the system's first probe of a closed window, after 200 ms, to find it closed. Before that
// the window may open by a few bytes, which can be all that a server needs to finish its last write.
const stuckTurns = 40

// wroteAll reports whether the server has answered everything that it read from n connections. With framed requests,
// less than one request a connection may be left: its end was not read.
func (s *caseRun) wroteAll(n int) bool {
	tally := s.server.Tally
	if tally == nil {
		return false
	}
	missing := tally.Read.Load() - tally.Written.Load()
	if s.framing == upper.Raw {
		return missing == 0
	}
	return missing < int64(n*stuckSize)
}

// cutOff has n clients read nothing, stops the server and expects it to end at its deadline and to say how
// many connections it cut off.
func cutOff(n int) func(*caseRun) {
	return func(s *caseRun) {
		best, bound := time.Hour, s.config.DrainTimeout+100*time.Millisecond
		chunk := s.traffic(256<<10, stuckSize)
		var said error
		for try := 0; try < 10 && best > bound; try++ {
			if try > 0 {
				s.replace(s.config)
			}
			all := s.dials(n)
			s.each(n, func(i int) { all[i].floodUntil(chunk, fillMost, stuckTurns, 1) })
			s.unbalanced.Store(true)
			late := lateness(s.config.DrainTimeout)
			began := time.Now()
			s.stop()
			err := s.ended()
			took := time.Since(began) - <-late
			for _, c := range all {
				c.hangUp()
			}
			switch {
			case err == nil && s.wroteAll(n):
				// No client was stuck. The server only looked so, because the machine was too busy to let it run.
			case err == nil:
				s.fail("the server ended without error, though a client was cut off before its replies were written")
			case strings.Contains(err.Error(), fmt.Sprintf("%d connection", n)):
				best = min(best, took)
			case n == 1:
				s.fail("the error does not say that 1 connection was cut off: %v", err)
			default: // some were not stuck, or it does not count them
				said = err
			}
		}
		s.mayFail = true
		if best == time.Hour && said != nil {
			s.fail("the error does not say that %d connections were cut off: %v", n, said)
		}
		if best == time.Hour {
			s.fail("the server was never stuck in a write, though its client read nothing")
		}
		s.note("ended %v after the stop; the deadline was %v", best.Round(time.Millisecond), s.config.DrainTimeout)
		if best > bound {
			s.fail("ended %v after the stop, in the best of ten tries; the deadline was %v", best, s.config.DrainTimeout)
		}
	}
}

var deadlineCases = []Case{
	{Name: "drain/lingers", Needs: Stop | Configure, Config: brief, Why: "the server waits for a while for a client that does not close, then ends without error", Fault: hangsDrain,
		run: toldToStop(func(s *caseRun, c *client) {
			c.eof()
			s.finished()
		})},
	{Name: "drain/lingers-under-fire", Needs: Stop | Configure, Waits: true, Config: servers.Config{Linger: 300 * time.Millisecond, DrainTimeout: 2 * time.Minute}, Why: "the server waits no longer for a client that goes on sending than for a silent one", Fault: "starts its wait again with every byte that comes: one client can keep the server from ending",
		run: toldToStop(func(s *caseRun, c *client) {
			c.eof()
			s.each(2, func(i int) {
				if i == 0 {
					defer c.hangUp()
					s.finished()
					return
				}
				for {
					if _, err := c.tryWrite([]byte("x")); err != nil {
						return
					}
					s.pause(time.Millisecond)
				}
			})
		})},
	{Name: "drain/deadline", Needs: Stop | Configure, Waits: true, Config: short, Why: "a client that never reads cannot keep the server from ending: it is cut off at the deadline, and the error says how many were",
		Fault: "waits for ever for a client that does not read, or does not say that it cut one off", run: cutOff(1)},
	{Name: "drain/deadline-of-several", Needs: Stop | Configure | Unbounded, Waits: true, Conns: 5, Config: short, Why: "the deadline is one for all connections, and the error counts all that were cut off",
		Fault: "gives every connection a deadline of its own, one after the other, or miscounts what it cut off", run: cutOff(5)},
	{Name: "drain/deadline-of-work", Needs: Stop | Configure | Hook, Waits: true, Why: "work that waits for longer than the deadline is cut off with its connection",
		Fault: "waits for its handlers for ever: what they wait for must end at the deadline",
		run: func(s *caseRun) {
			s.config.Linger, s.config.DrainTimeout = short.Linger, short.DrainTimeout // of the server that works, which is the second
			c := s.atWork(time.Hour)
			s.stop()
			if err := s.ended(); err == nil {
				s.fail("the server ended without error, though a request was cut off")
			}
			s.mayFail = true
			c.gone()
			c.hangUp()
		}},
}
