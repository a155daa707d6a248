package servertest

import (
	"bytes"
	"slices"
	"time"

	"socketbench/servers/upper"
)

const (
	notClosed = "does not close after the client has: a read of 0 bytes means that the peer has sent everything"
	dropped   = "closes before everything is written: a half-close ends only one direction, and the reply is still owed"
	oneClient = "serves nobody after its first client: accept belongs in a loop"
	fatalEnd  = "ends, or serves nobody, after an error on one connection: an error ends its own connection only"
)

var endCases = []Case{
	{Name: "half-close/after-request", Why: "a client that has sent everything still gets its reply, then the end of the stream", Fault: dropped,
		run: dialogue(func(s *caseRun, c *client) { c.send(s.frame("last words")) })},
	{Name: "half-close/at-once", Why: "a client that sends nothing and half-closes gets the end of the stream and nothing else", Fault: notClosed,
		run: func(s *caseRun) { s.dial().end() }},
	{Name: "half-close/after-reply", Why: "the half-close after a reply ends the connection", Fault: notClosed, run: echoed("done")},
	{Name: "half-close/pipelined", Why: "all requests before the half-close are answered", Fault: dropped,
		run: dialogue(func(s *caseRun, c *client) { c.send(s.traffic(30000, 50)) })},
	{Name: "half-close/megabyte", Why: "a long reply is written to its end after the half-close", Fault: dropped,
		run: func(s *caseRun) {
			c := s.dial()
			b := s.traffic(1<<20, 5000)
			c.expects(b)
			c.expectsEnd()
			go func() {
				c.tryWrite(b)
				c.conn.(interface{ CloseWrite() error }).CloseWrite()
			}()
			c.replies()
			c.eof()
		}},
	{Name: "half-close/unread", Why: "replies that the client has not read yet are not dropped at its half-close", Fault: dropped,
		run: func(s *caseRun) {
			c := s.dial()
			c.send(s.traffic(60000, 1000))
			c.closeWrite()
			s.settle(20 * time.Millisecond)
			c.replies()
			c.eof()
		}},
	{Name: "half-close/blocked", Waits: true, Why: "a half-close that arrives while the server is stuck in a write loses nothing", Fault: dropped,
		run: func(s *caseRun) {
			c := s.dial()
			c.fill()
			c.conn.SetWriteDeadline(time.Time{})
			c.finishPart()
			c.closeWrite()
			s.settle(20 * time.Millisecond)
			c.replies()
			c.eof()
		}},
	{Name: "half-close/behind", Waits: true, Why: "a client that is megabytes behind with reading loses nothing at its half-close", Fault: dropped,
		run: func(s *caseRun) {
			c := s.dial()
			c.flood(s.traffic(64<<10, 1000), behindMost)
			c.conn.SetWriteDeadline(time.Time{})
			c.finishPart()
			c.closeWrite()
			s.settle(20 * time.Millisecond)
			c.replies()
			c.eof()
		}},
	{Name: "half-close/late", Why: "a half-close after a silence ends the connection as usual", Fault: notClosed,
		run: dialogue(func(s *caseRun, c *client) {
			c.ask("hello")
			s.pause(40 * time.Millisecond)
		})},
	{Name: "half-close/many-in-turn", Why: "every client sees the end of its stream, not only the first", Fault: oneClient,
		run: func(s *caseRun) {
			for range 30 {
				c := s.dial()
				c.send(s.frame("x"))
				c.end()
				c.hangUp()
			}
		}},
	{Name: "half-close/together", Conns: 20, Why: "clients that half-close at the same moment all get their replies", Fault: dropped,
		run: func(s *caseRun) {
			all := s.dials(20)
			s.each(len(all), func(i int) {
				all[i].send(bytes.Repeat(s.frame(string(rune('a'+i))), 100))
				all[i].end()
			})
		}},
	{Name: "half-close/others-go-on", Conns: 2, Why: "the end of one connection is not the end of another",
		Fault: "closes another connection: the system reuses a descriptor number as soon as it is closed",
		run: func(s *caseRun) {
			stays := s.dial()
			stays.ask("one")
			for range 10 {
				s.visit("two")
				stays.ask("still here")
			}
			stays.end()
		}},
	{Name: "half-close/close-follows", Why: "the server closes as well, and does not leave the client waiting", Fault: notClosed,
		run: func(s *caseRun) {
			for range 5 {
				c := s.dial()
				c.ask("bye")
				c.end()
			}
		}},
	{Name: "half-close/with-last-bytes", Why: "the last bytes and the end of the stream may arrive together", Fault: dropped,
		run: func(s *caseRun) {
			for i := range 40 {
				c := s.dial()
				c.send(s.frame(string(bytes.Repeat([]byte("k"), 1+i*37))))
				c.end()
			}
		}},
	{Name: "half-close/no-reset", Why: "the stream ends in order: a reset can destroy replies that are still on their way",
		Fault: "closes with unread input in the socket's buffer: the system then sends a reset instead of a FIN",
		run: func(s *caseRun) {
			c := s.dial()
			c.send(s.traffic(50000, 100))
			c.closeWrite()
			c.replies()
			c.eof()
		}},
}

// behindMost is how many bytes a client sends that then half-closes: more than the system holds of the replies, some
// 4 MiB, and less than what a server with a bound of its own for unread replies takes before it gives the client up.
const behindMost = 8 << 20

// finishPart prepares for the end of a stream after a flood that stopped within a request. With length framing the
// server drops such a request, so that bytes read and written do not add up.
func (c *client) finishPart() {
	if c.model.framing == upper.Length {
		c.s.unbalanced.Store(true)
	}
}

var resetCases = []Case{
	{Name: "reset/idle", Why: "a client that connects and resets without sending anything disturbs nobody", Fault: fatalEnd,
		run: survives(1, func(_ *caseRun, c *client) { c.reset() })},
	{Name: "reset/after-reply", Why: "a reset after a reply is an ordinary end of a connection", Fault: fatalEnd,
		run: survives(1, func(_ *caseRun, c *client) {
			c.ask("hello")
			c.reset()
		})},
	{Name: "reset/unread-reply", Why: "a client may leave without its reply; the failed write does not stop the server", Fault: fatalEnd,
		run: survives(10, func(s *caseRun, c *client) {
			c.send(s.traffic(20000, 100))
			c.reset()
		})},
	{Name: "reset/mid-request", Why: "half a request and a reset leave nothing behind", Fault: fatalEnd,
		run: survives(1, func(_ *caseRun, c *client) {
			c.send([]byte("hal"))
			c.reset()
		})},
	{Name: "reset/while-writing", Why: "a reset while the server is stuck in a write frees it", Fault: fatalEnd,
		run: survives(1, func(_ *caseRun, c *client) {
			c.fill()
			c.reset()
		})},
	{Name: "reset/before-accept", Why: "a client may reset its connection before it is accepted",
		Fault: "ends on an error of accept or of the first read",
		run:   survives(50, func(_ *caseRun, c *client) { c.reset() })},
	{Name: "reset/close-with-replies-coming", Why: "a client that closes while replies come makes the server's write fail: a broken pipe must not end it",
		Fault: "dies of a broken pipe: SIGPIPE or EPIPE on a write must end the connection, not the server",
		run: survives(10, func(s *caseRun, c *client) {
			s.unbalanced.Store(true)
			c.tryWrite(s.traffic(60000, 100))
			c.hangUp()
		})},
	{Name: "reset/neighbours", Conns: 11, Why: "resets do not disturb other connections", Fault: fatalEnd,
		run: func(s *caseRun) {
			stays, leave := s.dials(5), s.dials(6)
			for _, c := range slices.Concat(stays, leave) {
				c.ask("hello")
			}
			for _, c := range leave {
				c.send(s.frame("gone"))
				c.reset()
			}
			for _, c := range stays {
				c.ask("still here")
				c.end()
			}
		}},
	{Name: "reset/storm", Why: "200 resets in a row do not disturb the server", Fault: fatalEnd,
		run: survives(100, func(s *caseRun, c *client) {
			c.tryWrite(s.frame("gone"))
			c.reset()
			s.dial().reset()
		})},
	{Name: "reset/10000", Needs: Heavy, Why: "10,000 resets leave a server that answers as before", Fault: fatalEnd,
		run: func(s *caseRun) {
			for range 100 { // a listener's queue holds each round; a client that is answered after it shows that the queue is empty
				s.each(4, func(int) { s.resets(25) })
				s.visit("weather")
				s.forget()
			}
			s.survived()
		}},
}

// resets lets n clients connect and reset their connections; every third sends a few bytes first.
func (s *caseRun) resets(n int) {
	word := s.frame("gone")
	s.unbalanced.Store(true)
	s.rude.Store(true)
	if s.server.Network == "tcp" && resets(s.ctx, s.server.Address, n, word, s.patience) == nil {
		s.connected.Add(int64(n))
		s.server.clients.Add(int64(n))
		return
	}
	for i := range n {
		c := s.dial()
		if i%3 == 0 {
			c.tryWrite(word)
		}
		c.reset()
	}
}

// after is a case in which n clients come and do something, one after the other, and then something must hold.
func after(n int, visit func(s *caseRun, c *client), then func(*caseRun)) func(*caseRun) {
	return func(s *caseRun) {
		for range n {
			visit(s, s.dial())
		}
		then(s)
	}
}

// survives is a case in which n clients come and go, one after the other, and the next ones are served.
func survives(n int, visit func(s *caseRun, c *client)) func(*caseRun) {
	return after(n, visit, (*caseRun).survived)
}

// survived expects that the next clients are served. It pauses before each, so that the server can react to the end
// of the previous client, and the case fails if the server ends.
func (s *caseRun) survived() {
	for range 3 {
		s.pause(time.Millisecond)
		s.visit("next")
	}
}
