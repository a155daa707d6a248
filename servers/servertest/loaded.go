package servertest

import (
	"errors"
	"io"
	"strings"
	"time"

	"socketbench/servers/upper"
)

// inFlight is the most requests that all clients together have unanswered; each client has at most 20.
const inFlight = 40_000

// underLoad has n clients ask without pause, stops the server in the middle and has every client read
// to its end.
func underLoad(n int) func(*caseRun) {
	return func(s *caseRun) {
		ahead := min(20, inFlight/n)
		all := s.dials(n)
		request := s.frame(strings.Repeat("load-", 20))
		for _, c := range all {
			c.send(request)
		}
		for _, c := range all {
			c.replies()
		}
		stopped := make(chan struct{})
		s.each(n+1, func(i int) {
			if i == n {
				s.pause(10 * time.Millisecond)
				s.stop()
				close(stopped)
				return
			}
			c := all[i]
			for !isClosed(stopped) {
				c.expects(request)
				if _, err := c.tryWrite(request); err != nil {
					break
				}
				if c.owed.size > ahead*len(request) {
					c.untilEnd(ahead / 2 * len(request))
				}
			}
			c.drained()
			c.hangUp()
		})
		began := time.Now()
		if err := s.ended(); err != nil {
			s.fail("the server ended with an error: %v", err)
		}
		s.note("%d connections under load: ended %v after the last client", n, time.Since(began).Round(time.Millisecond))
		if lost, known := s.lostAtDrain(); known {
			s.note("replies_lost_at_drain: %d bytes", lost)
			if lost != 0 {
				s.fail("%d bytes were read and did not reach a client", lost)
			}
		}
		s.audit()
	}
}

// lostAtDrain returns how many bytes that the server read did not get back to a client. It is known only for raw
// framing, in which every byte has a reply.
func (s *caseRun) lostAtDrain() (lost int64, known bool) {
	if s.server.Tally == nil || s.framing != upper.Raw {
		return 0, false
	}
	return s.server.Tally.Read.Load() - s.server.received.Load(), true
}

// untilEnd reads n owed bytes, or fewer if the stream ends before.
func (c *client) untilEnd(n int) {
	buf := make([]byte, n)
	m, err := c.readFull(buf)
	c.compare(c.owed.pay(m), buf[:m])
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		c.broke(err, "while the server stops: %s", reason(err))
	}
}

var loadedCases = []Case{
	{Name: "drain/64-under-load", Needs: Stop | Configure, Conns: 64, Config: long, Why: "under the load of 64 clients nothing that was read is lost when the server stops", Fault: lostAtDrain, run: underLoad(64)},
	{Name: "drain/1000-under-load", Needs: Stop | Configure | Heavy | Alone, Conns: 1000, Config: long, Why: "under the load of 1,000 clients nothing that was read is lost when the server stops", Fault: lostAtDrain, run: underLoad(1000)},
	{Name: "drain/10000-under-load", Needs: Stop | Configure | Heavy | Alone, Conns: 10000, Config: long, Why: "under the load of 10,000 clients nothing that was read is lost when the server stops", Fault: lostAtDrain, run: underLoad(10000)},
}
