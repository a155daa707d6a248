package servertest

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/servers"
)

const (
	outOfOrder = "lets replies overtake each other: replies of a connection leave in the order of its requests"
	crossed    = "sends a reply to another connection, or shares a buffer between connections"
	leftOver   = "gives a new connection what an earlier one with the same descriptor number left"
	twice      = "answers the same bytes twice: two workers have the same connection, or a buffer is sent again"
)

// numbered returns n requests that each contain their number.
func (s *caseRun) numbered(n int) []byte {
	var b []byte
	for i := range n {
		b = append(b, s.frame(fmt.Sprintf("request-%d;", i))...)
	}
	return b
}

var orderCases = []Case{
	{Name: "order/ping-pong", Why: "1,100 requests one after the other get 1,100 replies", Fault: twice,
		run: dialogue(func(s *caseRun, c *client) {
			turns := 1100 // more than 1,000, which may be the limit of a server
			if s.quick {
				turns = 200
			}
			for i := range turns {
				c.ask(fmt.Sprintf("number %d", i))
			}
		})},
	{Name: "order/pipelined-1000", Why: "1,000 requests sent before a reply is read are answered in order", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.numbered(1000)) })},
	{Name: "order/pipelined-70000", Only: framed, Why: "70,000 requests of one connection are answered in order: they overflow a 16-bit counter", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.numbered(70_000)) })},
	{Name: "order/pipelined-separately", Why: "requests written one by one without waiting are answered in order", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) {
			for i := range 300 {
				c.ahead(s.frame(fmt.Sprintf("write-%d;", i)))
			}
			c.replies()
		})},
	{Name: "order/pipelined-random-cuts", Why: "order does not depend on where the stream is cut", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) {
			stream := s.numbered(400)
			for len(stream) > 0 {
				n := min(1+s.rng.IntN(100), len(stream))
				c.ahead(stream[:n])
				stream = stream[n:]
			}
			c.replies()
		})},
	{Name: "order/long-then-short", Why: "a short request does not overtake a long one", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) {
			for range 20 {
				c.exchange(slices.Concat(s.frame(strings.Repeat("long-", 2000)), s.frame("s")))
			}
		})},
	{Name: "order/short-then-long", Why: "a long reply comes whole after a short one", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) {
			for range 10 {
				c.send(s.frame("s"))
				c.exchange(s.frame(strings.Repeat("long-", 8000)))
			}
		})},
	{Name: "order/nothing-extra", Why: "each request is answered once: nothing follows the reply", Fault: twice,
		run: dialogue(func(s *caseRun, c *client) {
			for range 5 {
				c.ask("once")
				c.quiet(5 * time.Millisecond)
			}
		})},
	{Name: "order/two-interleaved", Conns: 2, Why: "each connection gets its own replies", Fault: crossed,
		run: func(s *caseRun) {
			a, b := s.dial(), s.dial()
			for i := range 200 {
				a.send(s.frame(fmt.Sprintf("alpha %d", i)))
				b.exchange(s.frame(fmt.Sprintf("beta %d", i)))
				a.replies()
			}
			a.end()
			b.end()
		}},
	{Name: "order/eight-round-robin", Conns: 8, Why: "connections that take turns do not get each other's replies", Fault: crossed,
		run: func(s *caseRun) {
			all := s.dials(8)
			for round := range 50 {
				for i, c := range all {
					c.send(s.frame(fmt.Sprintf("%c round %d", 'a'+i, round)))
				}
				for i := range all {
					all[(i*3)%8].replies()
				}
			}
			for _, c := range all {
				c.end()
			}
		}},
	{Name: "order/many-at-once", Conns: 32, Why: "32 connections that stream at once each get their own bytes", Fault: crossed,
		run: func(s *caseRun) {
			all := s.dials(32)
			s.each(len(all), func(i int) {
				word := string(rune('a'+i%26)) + fmt.Sprint(i)
				for range 10 {
					all[i].exchange(bytes.Repeat(s.frame(strings.Repeat(word, 100)), 5))
				}
				all[i].end()
			})
		}},
	{Name: "order/fresh-state", Why: "a new connection starts empty: half a request of an earlier one does not belong to it", Fault: leftOver,
		run: func(s *caseRun) {
			for range 20 {
				old := s.dial()
				old.send([]byte("hal"))
				old.hangUp()
				s.unbalanced.Store(true)
				fresh := s.dial()
				fresh.ask("fresh")
				fresh.end()
				fresh.hangUp()
			}
		}},
	{Name: "order/fresh-after-reset", Needs: TCP, Why: "half a request of a client that reset its connection is not given to the next, even if that comes from the same port", Fault: leftOver,
		run: func(s *caseRun) {
			s.unbalanced.Store(true)
			from := anyLoopback()
			for range 10 {
				old := s.dialFrom(from)
				from = old.conn.LocalAddr()
				old.ask("hello")
				old.send([]byte("hal"))
				s.pause(time.Millisecond)
				old.reset()
				s.pause(time.Millisecond)
				fresh := s.dialFrom(from)
				fresh.ask("fresh")
				fresh.reset()
			}
		}},
	{Name: "order/fresh-after-unread", Why: "replies that one client did not take are not given to the next", Fault: leftOver,
		run: func(s *caseRun) {
			for range 3 {
				old := s.dial()
				old.fill()
				old.reset()
				fresh := s.dial()
				fresh.ask("fresh")
				fresh.quiet(5 * time.Millisecond)
				fresh.end()
				fresh.hangUp()
			}
		}},
	{Name: "order/slow-then-fast", Needs: Hook, Config: hookConfig(func(req []byte) {
		if bytes.Contains(req, []byte("slow")) {
			time.Sleep(15 * time.Millisecond)
		}
	}), Why: "a fast request does not overtake a slow one on the same connection", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) {
			for range 3 {
				c.send(s.frame("slow one"))
				s.pause(2 * time.Millisecond)
				c.send(s.frame("fast one"))
				s.pause(2 * time.Millisecond)
				c.exchange(s.frame("fast two"))
			}
		})},
	{Name: "order/uneven-handler", Needs: Hook, Config: hookConfig(func(req []byte) {
		if len(req) > 10 && req[9]%3 == 0 {
			time.Sleep(50 * time.Microsecond)
		}
	}), Why: "requests that take different times, written one by one, are answered in order and by one worker at a time", Fault: twice,
		run: dialogue(func(s *caseRun, c *client) {
			for i := range 200 {
				c.send(s.frame(fmt.Sprintf("request %d", i)))
			}
			c.replies()
		})},
	{Name: "order/slow-beside-fast", Needs: Hook, Conns: 4, Config: hookConfig(func(req []byte) {
		if bytes.Contains(req, []byte("slow")) {
			time.Sleep(5 * time.Millisecond)
		}
	}), Why: "slow requests of some connections do not mix up the replies of others", Fault: crossed,
		run: func(s *caseRun) {
			all := s.dials(4)
			s.each(4, func(i int) {
				for k := range 8 {
					word := []string{"slow", "fast"}[(i+k)%2]
					all[i].send(s.frame(fmt.Sprintf("%s %d %d", word, i, k)))
				}
				all[i].replies()
				all[i].end()
			})
		}},
	{Name: "order/work", Needs: Configure, Config: withWork(servers.Config{}, 2*time.Millisecond), Why: "requests that wait for something are answered in order, each once", Fault: outOfOrder,
		run: dialogue(func(s *caseRun, c *client) {
			for i := range 10 {
				c.ask(fmt.Sprintf("wait %d", i))
			}
		})},
}

// duplexCases are about reading and writing at the same time.
var duplexCases = []Case{
	{Name: "order/full-duplex", Why: "the server reads on while the client takes its replies", Fault: "stops reading, or loses bytes, while the client takes its replies",
		run: dialogue(func(s *caseRun, c *client) {
			for range 4 {
				c.exchange(s.traffic(300<<10, 900))
			}
		})},
}

func hookConfig(hook func([]byte)) (c servers.Config) {
	c.Protocol.Hook = hook
	return c
}

// withWork is c with requests that wait so long.
func withWork(c servers.Config, wait time.Duration) servers.Config {
	c.Protocol.Work.Wait = wait
	return c
}
