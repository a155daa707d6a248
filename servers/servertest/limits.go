package servertest

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"
	"unicode"

	"socketbench/servers"
	"socketbench/servers/upper"
)

var limitCases = []Case{
	{Name: "limits/read-size-1", Needs: Configure, Config: servers.Config{ReadSize: 1}, Why: "a server that reads a byte at a time gives the same stream", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.traffic(300, 30)) })},
	{Name: "limits/read-size-7", Needs: Configure, Config: servers.Config{ReadSize: 7}, Why: "an odd read size gives the same stream", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) {
			for n := 1; n < 60; n++ {
				c.ask(strings.Repeat("y", n))
			}
			c.exchange(s.traffic(5000, 40))
		})},
	{Name: "limits/read-size-large", Needs: Configure, Config: servers.Config{ReadSize: 256 << 10}, Why: "large reads give the same stream", Fault: bufferBytes,
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.traffic(1<<20, 3000)) })},
	{Name: "limits/raw-has-none", Only: onlyRaw, Config: smallLimit, Needs: Configure, Why: "raw framing has no longest request", Fault: "applies the limit of a request to raw framing, which has none",
		run: dialogue(func(s *caseRun, c *client) { c.exchange(s.traffic(100000, 1000)) })},
	{Name: "limits/descriptors", Needs: MaxFD | Stop | Alone | Process, Why: "a connection whose descriptor number is too high for the design is closed at once, and memory stays intact",
		Fault: "writes beyond the end of its set of descriptors",
		run: func(s *caseRun) {
			early := s.dial()
			early.ask("early")
			var held []*os.File
			defer func() {
				for _, f := range held {
					f.Close()
				}
			}()
			for descriptors(s.server.PID) <= s.target.Traits.MaxFD+2 {
				f, err := os.Open(os.DevNull)
				if err != nil {
					s.fail("could not fill the table of descriptors: %v", err)
				}
				held = append(held, f)
			}
			late := s.dial()
			late.gone()
			early.ask("still served")
			for _, f := range held {
				f.Close()
			}
			held = nil
			late.hangUp()
			next := s.dial()
			next.ask("served again")
			next.end()
			early.end()
		}},
}

var errHandler = errors.New("handler")

// panics is a handler that panics for requests that say so.
var panics = hookConfig(func(req []byte) {
	if bytes.Contains(req, []byte("panic")) {
		panic(errHandler)
	}
})

// panicsRepeating does the same, with the request in the message, as handlers often do.
var panicsRepeating = hookConfig(func(req []byte) {
	if bytes.Contains(req, []byte("panic")) {
		panic(fmt.Sprintf("cannot handle %s", req))
	}
})

const (
	lostWorker = "loses a worker, a place or a lock with each handler that panics"
	oneFatal   = "ends when the handler of one client panics"
)

// panicking has a client ask for a panic and expects that its connection, and nothing else, ends.
func (s *caseRun) panicking() {
	c := s.dial()
	c.write(s.frame("panic"))
	s.unbalanced.Store(true)
	c.gone()
	c.hangUp()
}

var recoveryCases = []Case{
	{Name: "recovery/next-client", Why: "after one client the next is served", Fault: oneClient,
		run: func(s *caseRun) {
			s.visit("hello")
			s.survived()
		}},
	{Name: "recovery/after-a-visit", Why: "a client that connects and leaves without sending anything, as a port scanner does, does not end the server", Fault: fatalEnd,
		run: survives(5, func(_ *caseRun, c *client) { c.hangUp() })},
	{Name: "recovery/after-half-request", Why: "a client that leaves in the middle of a request does not end the server", Fault: fatalEnd,
		run: survives(5, func(s *caseRun, c *client) {
			s.unbalanced.Store(true)
			c.send([]byte{0, 0, 0})
			c.hangUp()
		})},
	{Name: "recovery/after-fault", Only: framed, Config: smallLimit, Needs: Configure, Why: "after a request that was too long the next client is served", Fault: fatalEnd,
		run: survives(5, func(_ *caseRun, c *client) {
			c.send(bytes.Repeat([]byte("w"), 40))
			c.eof()
			c.hangUp()
		})},
	{Name: "recovery/after-stuck", Why: "after a client that never reads, the next is served", Fault: fatalEnd,
		run: func(s *caseRun) {
			c := s.dial()
			c.fill()
			c.reset()
			for range 3 {
				s.visit("next")
			}
		}},
	{Name: "recovery/after-crowd", Why: "after a burst of clients a single one is served", Fault: fatalEnd,
		run: func(s *caseRun) {
			for _, c := range s.dials(100) {
				c.hangUp()
			}
			s.survived()
		}},
	{Name: "recovery/after-silence", Why: "after a silence the next client is served", Fault: "goes to sleep and is not woken",
		run: func(s *caseRun) {
			s.visit("before")
			s.pause(80 * time.Millisecond)
			s.visit("after")
		}},
	{Name: "recovery/panic", Needs: Hook, Config: panics, Why: "a request whose handler panics ends its own connection; the next client is served", Fault: oneFatal,
		run: func(s *caseRun) {
			s.panicking()
			s.survived()
		}},
	{Name: "recovery/panic-neighbour", Needs: Hook, Conns: 2, Config: panics, Why: "a panic does not disturb other connections", Fault: oneFatal,
		run: dialogue(func(s *caseRun, c *client) {
			c.ask("before")
			s.panicking()
			c.ask("after")
		})},
	{Name: "recovery/panic-again", Needs: Hook, Config: panicsWith(servers.Config{Workers: 2, Queue: 4, MaxConns: 2}), Why: "more panics than there are workers leave as many workers as before", Fault: lostWorker,
		run: func(s *caseRun) {
			for range 12 {
				s.panicking()
			}
			s.visit("next")
			if n := s.target.Traits.Capacity(s.config); n > 0 {
				s.full()
			}
		}},
	{Name: "recovery/panic-answers-before", Needs: Hook, Config: panics, Why: "replies to the requests before the panic reach the client", Fault: lostBefore,
		run: func(s *caseRun) {
			c := s.dial()
			c.ask("one")
			c.ask("two")
			c.write(s.frame("panic"))
			s.unbalanced.Store(true)
			c.gone()
		}},
	{Name: "recovery/panic-reported", Needs: Hook, Config: panics, Why: "a panic is reported as a fault: nobody can fix what is hidden", Fault: "swallows panics",
		run: func(s *caseRun) {
			s.panicking()
			s.eventually(func() bool {
				for _, err := range s.server.Reports() {
					var p *upper.PanicError
					if errors.As(err, &p) {
						return true
					}
				}
				return false
			}, "Config.Report was not told of the panic")
		}},
	{Name: "recovery/reports-quoted", Needs: Hook, Config: panicsRepeating, Why: "nothing that a client sends reaches a log unescaped: a report that repeats a request quotes it",
		Fault: "repeats a client's bytes in its reports unescaped: a client can forge log lines and control the reader's terminal",
		run: func(s *caseRun) {
			c := s.dial()
			c.write(s.frame("panic \x1b[2J\rforged"))
			s.unbalanced.Store(true)
			c.gone()
			s.eventually(func() bool { return len(s.server.Reports()) > 0 }, "Config.Report was not told of the panic")
			for _, err := range s.server.Reports() {
				if strings.ContainsFunc(err.Error(), unicode.IsControl) {
					s.fail("a report has control characters of a client in it: %q", err.Error())
				}
			}
		}},
	{Name: "recovery/quiet-log", Needs: Hook, Why: "a client that closes, resets or leaves in the middle is no fault: nobody reads a log that is full of them",
		Fault: "reports everyday ends of connections as faults",
		run: func(s *caseRun) {
			s.unbalanced.Store(true)
			for i := range 12 {
				c := s.dial()
				switch i % 4 {
				case 0:
					c.reset()
				case 1:
					c.ask("hello")
					c.reset()
				case 2:
					c.tryWrite(s.traffic(30000, 100))
					c.hangUp()
				case 3:
					c.ask("hello")
					c.end()
				}
			}
			s.visit("next")
			if reports := s.server.Reports(); len(reports) > 0 {
				s.fail("the server made %d reports; the first: %v", len(reports), reports[0])
			}
		}},
	{Name: "recovery/blocked-handler", Needs: Hook | Unbounded, Why: "requests that come while a handler is busy are answered when it is free", Fault: "forgets requests that come while it is busy",
		Config: busyHandler(), run: func(s *caseRun) {
			slow := s.dial()
			slow.send(s.frame("slow"))
			for i := range 5 {
				c := s.dial()
				c.ask(fmt.Sprintf("client %d", i))
				c.end()
			}
			slow.replies()
			slow.end()
		}},
}

func panicsWith(cfg servers.Config) servers.Config {
	cfg.Protocol.Hook = panics.Protocol.Hook
	return cfg
}

// busyHandler takes a while for requests that say slow.
func busyHandler() servers.Config {
	return hookConfig(func(req []byte) {
		if bytes.Contains(req, []byte("slow")) {
			time.Sleep(20 * time.Millisecond)
		}
	})
}
