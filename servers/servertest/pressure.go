package servertest

import (
	"net"
	"time"
)

const (
	unbounded  = "takes whatever it is sent and keeps the replies in memory: it must stop reading from a client that does not read"
	shortWrite = "loses the end of a long reply: a write may take only a part, and the rest must be written later"
	oneBlocks  = "lets one client that does not read stop the others: a write that would block must not hold up other connections"
)

var pressureCases = []Case{
	{Name: "back-pressure/stops-reading", Needs: Heavy, Why: "the server stops reading from a client that does not read: 64 MiB do not fit into bounded buffers", Fault: unbounded,
		run: func(s *caseRun) {
			c := s.dial()
			before := 0
			if s.server.PID != 0 {
				before = resident(s.server.PID)
			}
			n := 0
			for range 3 { // a busy machine may let even a server that takes everything pause for a moment
				n += c.flood(s.traffic(256<<10, 1000), pressureMost-n)
			}
			if s.server.PID != 0 && !s.server.Own {
				grew := resident(s.server.PID) - before
				s.note("%d bytes taken from a client that does not read; the server grew by %d", n, grew)
				if grew > pressureMost/2 {
					s.fail("the server grew by %d bytes for a client that does not read", grew)
				}
			}
			if n >= pressureMost {
				s.fail("the server took %d bytes from a client that read none of the replies", n)
			}
			s.unbalanced.Store(true)
		}},
	{Name: "back-pressure/memory", Needs: Hook | Alone | Heavy, Why: "for a client that does not read, the server holds a few reads, not megabytes", Fault: unbounded,
		run: func(s *caseRun) {
			s.unbalanced.Store(true)
			c := s.dial()
			c.ask("hello")
			chunk := s.traffic(64<<10, 1000)
			before := heap()
			taken := c.flood(chunk, fillMost)
			c.owed.forgive() // replies that the test holds are not the server's memory
			const most = 1 << 20
			if now := heap(); now > before+most {
				s.fail("the heap grew by %d bytes while %d were sent by a client that does not read", now-before, taken)
			}
			c.reset()
		}},
	{Name: "back-pressure/then-reads", Waits: true, Why: "what was held back arrives whole and in order when the client reads", Fault: shortWrite,
		run: func(s *caseRun) {
			c := s.dial()
			c.fill()
			c.conn.SetWriteDeadline(time.Time{})
			c.readAll()
		}},
	{Name: "back-pressure/stop-and-go", Waits: true, Why: "a client that reads, pauses and reads again gets the whole stream", Fault: shortWrite,
		run: func(s *caseRun) {
			c := s.dial()
			for _, most := range []int{8 << 20, 3 << 20, 3 << 20} { // the first is more than the system holds
				c.flood(s.traffic(64<<10, 1000), most)
				for range 4 {
					c.readOwed(c.owed.size / 4)
					s.pause(time.Millisecond)
				}
			}
			c.readAll()
		}},
	{Name: "back-pressure/small-window", Needs: TCP, Why: "a client with a small window makes every write a short one; nothing is lost", Fault: shortWrite,
		run: dialogue(func(s *caseRun, c *client) {
			c.conn.(*net.TCPConn).SetReadBuffer(8 << 10)
			c.exchange(s.traffic(40<<10, 1000))
		})},
	{Name: "back-pressure/slow-reader", Why: "a client that reads a little at a time gets everything", Fault: shortWrite,
		run: func(s *caseRun) {
			c := s.dial()
			c.flood(s.traffic(64<<10, 1000), 1<<20)
			for range 50 {
				c.readOwed(min(997, c.owed.size))
				s.pause(100 * time.Microsecond)
			}
			c.readAll()
		}},
	{Name: "back-pressure/others-served", Needs: Unbounded, Why: "others are answered while one client does not read", Fault: oneBlocks,
		run: func(s *caseRun) {
			stuck := s.dial()
			stuck.fill()
			for range 3 {
				c := s.dial()
				c.ask("not me")
				c.end()
			}
			stuck.conn.SetWriteDeadline(time.Time{})
			stuck.readAll()
		}},
	{Name: "back-pressure/one-of-two", Conns: 2, Why: "a client that does not read does not stop the one beside it", Fault: oneBlocks,
		run: func(s *caseRun) {
			stuck, other := s.dial(), s.dial()
			other.ask("before")
			stuck.fill()
			for range 20 {
				other.ask("beside")
			}
			other.end()
			stuck.reset()
		}},
	{Name: "back-pressure/many-stuck", Needs: Unbounded, Why: "20 clients that do not read do not stop the 21st", Fault: oneBlocks,
		run: func(s *caseRun) {
			stuck := s.dials(20)
			chunk := s.traffic(256<<10, 1000)
			s.each(len(stuck), func(i int) { stuck[i].flood(chunk, fillMost) })
			c := s.dial()
			for range 10 {
				c.ask("served")
			}
			c.end()
			for _, c := range stuck {
				c.reset()
			}
		}},
	{Name: "back-pressure/bulk-beside-interactive", Conns: 2, Why: "a bulk transfer does not starve an interactive client",
		Fault: "stays with one connection as long as it has input: others must get their turn",
		run: func(s *caseRun) {
			bulk, small := s.dial(), s.dial()
			block := s.traffic(1<<20, 2000)
			s.each(2, func(i int) {
				for range 4 {
					if i == 0 {
						bulk.exchange(block)
					} else {
						small.ask("interactive")
					}
				}
			})
			bulk.end()
			small.end()
		}},
	{Name: "back-pressure/flood-beside-interactive", Conns: 2, Why: "a client that never stops sending and reading does not starve the others",
		Fault: "stays with one connection as long as it has input: others must get their turn",
		run: func(s *caseRun) {
			bulk, small := s.dial(), s.dial()
			small.ask("before")
			block, flows, served := s.traffic(1<<20, 2000), make(chan struct{}), make(chan struct{})
			s.each(2, func(i int) {
				if i == 0 {
					defer func() { // also when the exchange ends the case
						if !isClosed(flows) {
							close(flows)
						}
					}()
					for !isClosed(served) {
						bulk.exchange(block)
						if !isClosed(flows) {
							close(flows)
						}
					}
					return
				}
				defer close(served)
				<-flows // or the exchange has ended the case
				for range 20 {
					small.ask("interactive")
				}
			})
			bulk.end()
			small.end()
		}},
	{Name: "back-pressure/four-streams", Conns: 4, Why: "several streams at full speed each get their own bytes", Fault: crossed,
		run: func(s *caseRun) {
			all := s.dials(4)
			blocks := [][]byte{s.traffic(1<<20, 500), s.traffic(1<<20, 3000), s.traffic(1<<20, 60), s.traffic(1<<20, 10000)}
			s.each(4, func(i int) { all[i].exchange(blocks[i]); all[i].end() })
		}},
	{Name: "back-pressure/stuck-then-gone", Waits: true, Why: "a client that goes away while the server waits to write to it leaves nothing behind", Fault: fatalEnd,
		run: survives(2, func(s *caseRun, c *client) {
			s.unbalanced.Store(true)
			c.fill()
			c.hangUp()
		})},
}

// readAll half-closes and reads everything that is owed. A request that a flood cut in the middle gets what the
// framing gives it at the end of the stream.
func (c *client) readAll() {
	c.finishPart()
	c.end()
}
