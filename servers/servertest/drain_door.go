package servertest

import (
	"net"
	"time"

	"socketbench/servers"
)

const openDrain = "goes on accepting after it was told to stop"

// drainDoorCases are about the listener, and about clients that come late or still wait to be accepted.
var drainDoorCases = []Case{
	{Name: "drain/refuses-new", Needs: Stop | Configure, Config: long, Why: "a server that was told to stop accepts no new clients, and still serves those that are connected", Fault: openDrain,
		run: toldToStop(func(s *caseRun, c *client) {
			c.eof()
			s.eventuallyAs(openDrain, func() bool {
				d, err := s.tryDial()
				if err == nil {
					d.hangUp()
				}
				return err != nil
			}, "a new client can still connect")
			c.hangUp()
			s.finished()
		})},
	{Name: "drain/port-free", Needs: Stop, Why: "the port, or the path of a unix socket, can be used again at once after the end", Fault: "leaves its listener or a copy of it open, or leaves the file of its unix socket",
		run: toldToStop(func(s *caseRun, c *client) {
			c.lastWords()
			var err error
			s.eventually(func() bool { // another process may have the port for a moment
				var ln net.Listener
				if ln, err = net.Listen(s.server.Network, s.server.Address); err == nil {
					ln.Close()
				}
				return err == nil
			}, "could not listen there again: %v", lazily(func() string { return err.Error() }))
		})},
	{Name: "drain/again", Needs: Stop, Why: "a server can be started and stopped again and again", Fault: hangsDrain,
		run: func(s *caseRun) {
			for range 4 {
				s.visit("hello")
				s.restart(s.config)
			}
		}},
	{Name: "drain/connecting", Needs: Stop | Configure, Config: brief, Why: "clients that connect while the server stops are served or turned away, and never keep it from ending", Fault: hangsDrain,
		run: func(s *caseRun) {
			s.unbalanced.Store(true)
			s.each(9, func(i int) {
				if i == 8 {
					s.pause(2 * time.Millisecond)
					s.stop()
					return
				}
				for range 30 {
					c, err := s.tryDial()
					if err != nil {
						return
					}
					c.tryWrite(s.frame("hello"))
					c.hangUp()
				}
			})
			s.finished()
		}},
	{Name: "drain/waiting-client", Needs: Stop | Configure | Bounded, Config: servers.Config{Workers: 2, MaxConns: 2, Linger: 50 * time.Millisecond, DrainTimeout: 5 * time.Second}, Why: "the connection of a client that still waits for its turn when the server stops is ended", Fault: hangsDrain,
		run: func(s *caseRun) {
			served := s.full()
			waits := s.dial()
			waits.send(s.frame("my turn"))
			s.pause(5 * time.Millisecond)
			s.stop()
			for _, c := range served {
				c.drained()
				c.hangUp()
			}
			waits.letGo()
			waits.hangUp()
			s.finished()
		}},
}

// letGo expects the replies that are owed, or a beginning of them, and then the end of the connection.
func (c *client) letGo() {
	c.s.unbalanced.Store(true)
	owed := c.owed.forgive()
	buf := make([]byte, len(owed)+1)
	n, err := c.readFull(buf)
	due := min(n, len(owed))
	c.compare(owed[:due], buf[:due])
	if n > due {
		c.unasked(buf[due:n])
	}
	if timedOut(err) {
		c.broke(err, "the connection stays open")
	}
}
