package servertest

import (
	"bytes"
	"time"
)

// converse plays a script on up to three connections and compares the replies with the model. Each step is two bytes:
// whole and half requests, pauses, pipelines, half-closes, closes and resets. Any bytes are a valid script.
func (s *caseRun) converse(script []byte) {
	seats := make([]seat, s.seats())
	for len(script) >= 2 {
		do, n := script[0], int(script[1])
		script = script[2:]
		at := &seats[int(do)%len(seats)]
		if at.c == nil {
			at.c = s.dial()
		}
		at.step(do/3%8, n)
	}
	for i := range seats {
		if seats[i].c != nil {
			seats[i].finish()
		}
	}
}

// seats returns how many connections a script may hold at once.
func (s *caseRun) seats() int {
	n := 3
	if s.single {
		n = 1
	}
	if s.target.Traits != nil {
		if capacity := s.target.Traits.Capacity(s.config); capacity > 0 {
			n = min(n, capacity)
		}
	}
	return n
}

// seat is the place of one connection of a script. Connections come and go.
type seat struct {
	c    *client
	rest []byte // of a request that was sent in part
}

func (at *seat) step(do byte, n int) {
	c := at.c
	if c.owed.size > aheadMost { // see there
		c.replies()
	}
	switch do {
	case 0:
		at.complete()
		c.send(c.s.frame(string(c.s.random(n * 7))))
	case 1:
		at.complete()
		request := c.s.frame(string(c.s.random(n + 1)))
		cut := 1 + n*3%len(request)
		c.send(request[:cut])
		at.rest = request[cut:]
	case 2:
		c.replies()
	case 3:
		c.s.pause(time.Duration(n) * 10 * time.Microsecond)
	case 4:
		at.complete()
		c.send(bytes.Repeat(c.s.frame("pipelined"), n))
	case 5:
		at.finish()
	case 6:
		c.reset()
		*at = seat{}
	case 7:
		c.s.unbalanced.Store(true)
		c.hangUp()
		*at = seat{}
	}
}

func (at *seat) complete() {
	at.c.send(at.rest)
	at.rest = nil
}

// finish ends the connection in order. A request that was sent in part is not completed.
func (at *seat) finish() {
	if at.c.s.framing == onlyLength[0] && len(at.rest) > 0 {
		at.c.s.unbalanced.Store(true)
	}
	at.c.end()
	at.c.hangUp()
	*at = seat{}
}

// scripted is a case that plays random scripts.
func scripted(scripts, steps int) func(*caseRun) {
	return func(s *caseRun) {
		for range scripts {
			script := make([]byte, 2*steps)
			for i := range script {
				script[i] = byte(s.rng.Uint32())
			}
			s.converse(script)
			s.hangUp()
		}
	}
}

const anyFault = "does not handle some sequence of ordinary events: the steps above show its end"

var chaosCases = []Case{
	{Name: "chaos/short-scripts", Why: "clients may send, pause and leave in any order: random short conversations get the right replies", Fault: anyFault, run: scripted(20, 12)},
	{Name: "chaos/long-scripts", Why: "random long conversations get the right replies", Fault: anyFault, run: scripted(3, 150)},
	{Name: "chaos/crowd", Needs: Unbounded, Conns: 24, Why: "eight random conversations at once do not disturb each other", Fault: crossed,
		run: func(s *caseRun) {
			scripts := make([][]byte, 8)
			for i := range scripts {
				scripts[i] = make([]byte, 120)
				for k := range scripts[i] {
					scripts[i][k] = byte(s.rng.Uint32())
				}
			}
			s.each(len(scripts), func(i int) { s.converse(scripts[i]) })
		}},
}
