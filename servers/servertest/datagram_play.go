package servertest

import (
	"bytes"
	"fmt"
	"slices"
	"time"

	"socketbench/servers/upper"
)

// filling returns a request that makes a datagram of n bytes.
func (s *caseRun) filling(n int) []byte {
	header := len(s.frame(""))
	return s.frame(string(bytes.Repeat([]byte("fill"), n/4+1)[:n-header]))
}

// ticket returns request i of a case, of about size bytes.
func (s *caseRun) ticket(i, size int) []byte {
	return s.frame(fmt.Sprintf("%06d %s", i, s.random(size)))
}

// ticketOf returns the number of the request that a reply belongs to; -1 if it has none.
func (s *caseRun) ticketOf(reply []byte) int {
	if s.framing == upper.Length && len(reply) > upper.HeaderSize {
		reply = reply[upper.HeaderSize:]
	}
	i := -1
	if len(reply) >= 6 {
		if _, err := fmt.Sscanf(string(reply[:6]), "%d", &i); err != nil {
			return -1
		}
	}
	return i
}

// borders sends many datagrams before it reads the first reply. They come back in any order, and each as one.
func borders(s *caseRun) {
	c := s.sender()
	requests := make([][]byte, 24)
	for i := range requests {
		requests[i] = s.ticket(i, (i*37)%300)
		c.send(requests[i])
	}
	left := len(requests)
	for left > 0 {
		reply, _ := c.reply("")
		i := s.ticketOf(reply)
		switch {
		case i >= 0 && i < len(requests) && requests[i] != nil && bytes.Equal(reply, s.answerTo(requests[i])):
			requests[i] = nil
			left--
		case i >= 0 && i < len(requests) && requests[i] != nil && len(reply) > len(requests[i]):
			c.failWith(Failure{What: fmt.Sprintf("the reply to a datagram of %d bytes has %d", len(requests[i]), len(reply)), Fault: joins, sight: c.sees(sawWrong, nil, nil)})
		default:
			c.failWith(Failure{What: "a datagram that is no reply, or not a whole one: " + datagram(reply), Fault: splitsUp, sight: c.sees(sawWrong, nil, nil)})
		}
	}
}

// manySenders has a crowd of clients ask at once, again and again. All together they fit any socket's buffer.
func manySenders(s *caseRun) {
	all := make([]*sender, 50)
	for i := range all {
		all[i] = s.sender()
	}
	for round := range 4 {
		for i, c := range all {
			c.send(s.frame(fmt.Sprintf("client %d asks %d", i, round)))
		}
		for i, c := range all {
			request := s.frame(fmt.Sprintf("client %d asks %d", i, round))
			reply, _ := c.reply(fewClients)
			if !bytes.Equal(reply, s.answerTo(request)) && bytes.Contains(reply, []byte("CLIENT")) {
				c.failWith(Failure{What: "another client's reply: " + datagram(reply), Fault: wrongClient, sight: c.sees(sawOther, nil, nil)})
			}
			c.compare(request, reply)
		}
	}
}

// keepsOrder fails a design with one reader that answers in another order. UDP promises none, so that of a server of which
// nothing is known it is only measured.
func keepsOrder(s *caseRun) {
	c := s.sender()
	const n = 32
	var order []int
	for i := range n {
		c.send(s.ticket(i, 10))
	}
	for range n {
		reply, _ := c.reply("")
		order = append(order, s.ticketOf(reply))
	}
	switch traits := s.target.Traits; {
	case slices.IsSorted(order):
	case traits == nil || traits.Reorders:
		s.note("%d datagrams of one client were answered in another order: %d", n, order)
	default:
		c.failWith(Failure{What: fmt.Sprintf("%d datagrams were answered in the order %d", n, order), Fault: reorders, sight: c.sees(sawOther, nil, nil)})
	}
}

// burstSize is the number of datagrams in a burst, several times what a socket's buffer usually holds.
const burstSize = 3000

// burst sends faster than anybody reads. No send fails, and nobody knows how many were lost.
func burst(s *caseRun) {
	c := s.sender()
	c.ask("before")
	s.unbalanced.Store(true) // replies are lost as well
	seen := map[int]bool{}
	body := bytes.Repeat([]byte("b"), 1000)
	for i := range burstSize {
		c.send(burstRequest(s, i, body))
	}
	for {
		reply, _, came := c.next(50 * time.Millisecond)
		if !came {
			break
		}
		i := s.ticketOf(reply)
		if i < 0 || i >= burstSize || seen[i] || !bytes.Equal(reply, s.answerTo(burstRequest(s, i, body))) {
			c.failWith(Failure{What: "a datagram that is no reply, or the second one: " + datagram(reply), Fault: splitsUp, sight: c.sees(sawOther, nil, nil)})
		}
		seen[i] = true
	}
	if lost := burstSize - len(seen); lost > 0 {
		s.note("of %d datagrams sent at once, %d had no reply", burstSize, lost)
	}
	after := s.sender()
	request := s.frame("after")
	after.send(request)
	reply, _ := after.reply(burstStops)
	after.compare(request, reply)
}

// burstRequest returns request i of a burst.
func burstRequest(s *caseRun, i int, body []byte) []byte {
	return s.frame(fmt.Sprintf("%06d %s", i, body))
}

// drainsDatagrams has several datagrams of several clients wait while the handler of one holds the server, and then stops
// the server. What it has read by its own count is answered; what it left in the socket's buffer is lost.
func drainsDatagrams(s *caseRun) {
	s.gated(func(g gate) {
		all := make([]*sender, 8)
		for i := range all {
			all[i] = s.sender()
			all[i].send(s.frame("gate"))
		}
		s.await(g.begun, "the handler was not called")
		s.pause(10 * time.Millisecond) // a design that reads ahead may do so
		g.opensAfterStop(s)
		if err := s.ended(); err != nil {
			s.failAs(endsInError, "the server ended with an error: %v", err)
		}
		replies := 0
		for _, c := range all {
			if reply, _, came := c.next(20 * time.Millisecond); came {
				c.compare(s.frame("gate"), reply)
				replies++
			}
		}
		if replies == 0 {
			s.failAs(lostAtDrain, "a request was in its handler when the server was told to stop, and got no reply")
		}
		size := int64(len(s.frame("gate")))
		if tally := s.server.Tally; tally != nil && counts(tally) && tally.Read.Load() > int64(replies)*size {
			s.failAs(lostAtDrain, "the server read %d datagrams and answered %d", tally.Read.Load()/size, replies)
		}
	})
}
