package servertest

import (
	"errors"
	"io"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

const (
	lostAtDrain = "does not answer requests that it had read when it was told to stop"
	resetDrain  = "closes with unread input when it is told to stop: the system sends a reset, which destroys replies on their way"
	hangsDrain  = "does not end when it is told to stop: something waits for a client, a lock or itself"
)

// drained reads to the end of the stream after a stop. What comes must be the first of the replies that are owed,
// each of them whole, and then an orderly end.
func (c *client) drained() {
	buf := make([]byte, min(c.owed.size+64, 64<<10)) // small, because 10,000 clients call this at once
	last := byte('\n')
	for {
		n, err := c.read(buf)
		due := min(n, c.owed.size)
		c.compare(c.owed.pay(due), buf[:due])
		if n > due {
			c.unasked(buf[due:n])
		}
		if n > 0 {
			last = buf[n-1]
		}
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			c.broke(err, "instead of the end of the stream: %s", reason(err))
		}
	}
	unpaid := c.owed.forgive()
	switch c.s.framing { // what was not sent must begin at the start of a reply
	case upper.Line:
		if last != '\n' && !c.halfClosed {
			c.fail("the last reply was cut in the middle")
		}
	case upper.Length:
		whole := model{framing: upper.Length, limit: c.s.limit}
		if len(whole.feed(unpaid)) != len(unpaid) {
			c.fail("the last reply was cut in the middle")
		}
	}
	c.step("got the end of the stream")
}

// toldToStop is a case of a client that was answered before the server was told to stop.
func toldToStop(then func(s *caseRun, c *client)) func(*caseRun) {
	return func(s *caseRun) {
		c := s.dial()
		c.ask("hello")
		s.stop()
		then(s, c)
	}
}

// lastWords reads to the end of the stream after a stop and closes. The server must then end.
func (c *client) lastWords() {
	c.drained()
	c.hangUp()
	c.s.finished()
}

func isClosed(c chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// long makes every wait of a drain so long that a server which waits for the clock alone fails.
var long = servers.Config{Linger: time.Minute, DrainTimeout: 2 * time.Minute}

// brief makes a server linger for a short time only, while its drain deadline is never reached.
var brief = servers.Config{Linger: 30 * time.Millisecond, DrainTimeout: 2 * time.Minute}

var drainCases = []Case{
	{Name: "drain/idle-server", Needs: Stop | Configure, Config: long, Why: "a server without clients ends when it is told to", Fault: hangsDrain,
		run: func(s *caseRun) { s.stop(); s.finished() }},
	{Name: "drain/at-once", Needs: Stop | Configure, Config: long, Why: "a server that is told to stop while it starts ends as well", Fault: hangsDrain,
		run: func(s *caseRun) {
			for range 20 {
				s.restart(s.config)
			}
		}},
	{Name: "drain/after-clients", Needs: Stop | Configure, Config: long, Why: "clients that have gone do not keep a server from ending", Fault: hangsDrain,
		run: func(s *caseRun) {
			for range 5 {
				s.visit("hello")
			}
			s.stop()
			s.finished()
		}},
	{Name: "drain/silent-client", Needs: Stop | Configure, Config: long, Why: "a connected client that has sent nothing sees the end of the stream", Fault: hangsDrain,
		run: func(s *caseRun) {
			c := s.dial()
			s.pause(5 * time.Millisecond)
			s.stop()
			c.gone()
			c.hangUp()
			s.finished()
		}},
	{Name: "drain/idle-client", Needs: Stop | Configure, Config: long, Why: "a client that was answered before sees the end of the stream, not a reset", Fault: resetDrain,
		run: toldToStop(func(s *caseRun, c *client) { c.lastWords() })},
	{Name: "drain/idle-crowd", Conns: 100, Needs: Stop | Configure | Unbounded, Config: long, Why: "a hundred idle clients all see the end", Fault: hangsDrain,
		run: func(s *caseRun) {
			all := s.dials(100)
			for _, c := range all {
				c.send(s.frame("hello"))
			}
			for _, c := range all {
				c.replies()
			}
			s.stop()
			for _, c := range all {
				c.drained()
				c.hangUp()
			}
			s.finished()
		}},
	{Name: "drain/unfinished-request", Needs: Stop | Configure, Only: framed, Config: long, Why: "half a request is not answered when the server stops: its other half was not read", Fault: tooEarly,
		run: func(s *caseRun) {
			c := s.dial()
			c.exchange(append(s.frame("whole"), 0, 0, 0))
			s.stop()
			c.lastWords()
		}},
	{Name: "drain/pipelined", Needs: Stop | Configure, Config: long, Why: "of the requests sent just before the stop, those that were read are answered in order; then the stream ends", Fault: lostAtDrain,
		run: func(s *caseRun) {
			for range 3 {
				c := s.dial()
				c.ask("hello")
				c.send(s.numbered(2000))
				s.stop()
				c.drained()
				c.hangUp()
				s.restart(s.config)
			}
		}},
	{Name: "drain/streaming", Needs: Stop | Configure, Config: long, Why: "a stream in both directions ends after whole replies to everything that was read", Fault: lostAtDrain,
		run: func(s *caseRun) {
			for range 3 {
				c := s.dial()
				c.ask("hello")
				block := s.traffic(512<<10, 700)
				c.expects(block)
				s.each(2, func(i int) {
					if i == 0 {
						c.tryWrite(block)
						return
					}
					c.untilEnd(40000)
					s.stop()
					c.drained()
					c.hangUp()
				})
				s.restart(s.config)
			}
		}},
	{Name: "drain/stuck-writing", Needs: Stop | Configure, Waits: true, Config: long, Why: "replies to a client that reads late are still delivered after the stop", Fault: lostAtDrain,
		run: func(s *caseRun) {
			c := s.dial()
			c.fill()
			s.stop()
			s.pause(20 * time.Millisecond)
			c.lastWords()
		}},
	{Name: "drain/keeps-sending", Needs: Stop | Configure, Config: long, Why: "a client that goes on sending while the server stops gets its replies and an end, not a reset", Fault: resetDrain,
		run: toldToStop(func(s *caseRun, c *client) {
			for range 20 {
				c.expects(s.frame("more"))
				if _, err := c.tryWrite(s.frame("more")); err != nil {
					c.broke(err, "while the client still sent: %s", reason(err))
				}
				s.pause(300 * time.Microsecond)
			}
			c.lastWords()
		})},
	{Name: "drain/talkative", Needs: Stop | Configure, Config: long, Why: "a client that never pauses sees the end as well: the server does not wait until no more input comes", Fault: "goes on serving after it was told to stop, for as long as a client sends requests",
		run: toldToStop(func(s *caseRun, c *client) {
			request := s.frame("and another thing")
			for began := time.Now(); ; {
				c.expects(request)
				if _, err := c.tryWrite(request); err != nil {
					c.broke(err, "while the client still sent: %s", reason(err))
				}
				if c.untilEnd(c.owed.size); c.owed.size > 0 {
					break
				}
				if time.Since(began) > s.patience {
					f := Failure{What: "the server still answered, long after it was told to stop", causes: []string{hangsDrain}, sight: c.sees(sawOther, nil, nil)}
					c.failWith(f)
				}
			}
			c.lastWords()
		})},
	{Name: "drain/half-closed", Needs: Stop | Configure, Config: long, Why: "a client that has half-closed and reads late gets everything", Fault: lostAtDrain,
		run: func(s *caseRun) {
			c := s.dial()
			c.send(s.traffic(60000, 1000))
			c.closeWrite()
			c.readOwed(100)
			s.stop()
			s.pause(5 * time.Millisecond)
			c.lastWords()
		}},
	{Name: "drain/ends-with-clients", Needs: Stop | Configure, Config: long, Why: "the server waits for the client's end, not for the clock: it ends as soon as its clients have", Fault: "waits its whole linger time though the client has gone",
		run: func(s *caseRun) {
			for range 3 {
				c := s.dial()
				c.ask("hello")
				s.stop()
				c.eof()
				c.hangUp()
				s.finished()
				s.restart(s.config)
			}
		}},
	{Name: "drain/resets", Needs: Stop | Configure, Conns: 10, Config: long, Why: "clients that reset while the server stops do not keep it from ending", Fault: hangsDrain,
		run: func(s *caseRun) {
			all := s.dials(10)
			for _, c := range all {
				c.ask("hello")
				c.tryWrite(s.frame("bye"))
			}
			s.each(2, func(i int) {
				if i == 0 {
					s.stop()
					return
				}
				for _, c := range all {
					c.reset()
				}
			})
			s.finished()
		}},
}
