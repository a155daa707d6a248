package servertest

import (
	"bytes"
	"fmt"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// Causes that concern datagrams.
const (
	cutsShort   = "answers a part of a datagram only"
	noEmpty     = "does not answer an empty datagram: 0 bytes are a message like any other, and neither an error nor the end"
	joins       = "joins datagrams: each one is a request, and gets a reply of its own"
	splitsUp    = "splits its reply over several datagrams, or answers twice: one datagram gets one reply"
	smallBuffer = "reads into a buffer that is smaller than the longest datagram, 65,507 bytes: the rest is cut off without an error (in Python: recvfrom(65535))"
	notCut      = "mistreats a datagram that is longer than its buffer: what was read of it is one request; the rest is lost, and never a datagram of its own"
	wrongClient = "sends replies to the wrong client: each goes to the address that its datagram came from"
	fewClients  = "loses requests or replies of many clients: each datagram is answered to its own sender, and nothing is kept of a client"
	otherPort   = "answers from another address than the one that was asked: a connected client never sees such a reply"
	endsOfGone  = "stops serving when a client has gone: an error that concerns one client is no reason to stop"
	burstStops  = "does not answer any more after a burst: what does not fit into the socket's buffer is lost, and what comes later is answered"
	reorders    = "answers the datagrams of one client in another order than it reads them"
	panicStops  = "stops serving when a handler panics: that request gets no reply, and the next one is answered"
	endlessWait = "waits for a request without a bound after it was told to stop: Config.DrainTimeout bounds that"
)

// packetHello is asked first of a datagram server.
const packetHello = "datagram/hello"

var anyText = []upper.Framing{upper.Raw, upper.Line}

// narrowRead is the read size of the case of a datagram that does not fit.
const narrowRead = 1000

// datagramCases are the contract of a datagram server.
var datagramCases = packets([]Case{
	{Name: packetHello, Why: "a datagram is a request, and is answered with the same bytes in upper case",
		run: func(s *caseRun) { s.sender().ask("hello") }},
	{Name: "datagram/every-byte", Why: "only a to z change; every other byte, a zero byte and a line end too, is data",
		run: func(s *caseRun) {
			all := make([]byte, 256)
			for i := range all {
				all[i] = byte(i)
			}
			s.sender().ask(string(all))
		}},
	{Name: "datagram/empty", Why: "an empty datagram is a message: it is answered with an empty one, and does not end anything", Fault: noEmpty,
		run: func(s *caseRun) {
			c := s.sender()
			c.send(nil)
			reply, _ := c.reply(noEmpty)
			c.compare(nil, reply)
			c.ask("still there")
		}},
	{Name: "datagram/borders", Why: "a datagram keeps its borders: each gets one reply of its own size, even if many wait to be read", run: borders},
	{Name: "datagram/one-reply", Why: "a datagram is answered once: after its reply nothing more comes", Fault: splitsUp,
		run: func(s *caseRun) {
			c := s.sender()
			for _, text := range []string{"once", "line one\nline two", "a longer one " + string(bytes.Repeat([]byte("x"), 700))} {
				c.ask(text)
				c.quiet(10*time.Millisecond, splitsUp)
			}
		}},
	{Name: "datagram/largest", Why: "the longest datagram, 65,507 bytes, is answered whole", Fault: smallBuffer,
		run: func(s *caseRun) {
			c := s.sender()
			for _, n := range []int{1025, 1473, 4097, 8193, longestDatagram} {
				request := s.filling(n)
				c.send(request)
				reply, _ := c.reply(smallBuffer)
				if n := len(reply); n < len(request) && bytes.HasPrefix(s.answerTo(request), reply) {
					c.failWith(Failure{What: fmt.Sprintf("the reply has %d of %d bytes", n, len(request)), Fault: smallBuffer, sight: c.sees(sawWrong, s.answerTo(request), reply)})
				}
				c.compare(request, reply)
			}
		}},
	{Name: "datagram/cut", Only: anyText, Needs: Configure, Config: servers.Config{ReadSize: narrowRead}, Fault: notCut,
		Why: "a datagram that is longer than the read size is cut there: its beginning is one request, and the rest is lost",
		run: func(s *caseRun) {
			c := s.sender()
			for _, n := range []int{narrowRead, narrowRead + 1, 3 * narrowRead} {
				request := s.filling(n)
				c.send(request)
				reply, _ := c.reply(notCut)
				if want := s.answerTo(request[:narrowRead]); !bytes.Equal(reply, want) {
					c.failWith(Failure{What: fmt.Sprintf("the reply to %d bytes has %d, and must have the first %d", n, len(reply), narrowRead), Fault: notCut,
						sight: c.sees(sawWrong, want, reply)})
				}
				c.quiet(10*time.Millisecond, notCut)
			}
			s.unbalanced.Store(true) // a design may count what it read before or after the cut
		}},
	{Name: "sender/address", Why: "a reply comes from the address that was asked: a connected socket takes no other", Fault: otherPort,
		run: func(s *caseRun) {
			c := s.sender()
			request := s.frame("from where?")
			c.send(request)
			reply, from := c.reply("")
			if from.Port() != c.server.Port() || !c.server.Addr().IsUnspecified() && from != c.server {
				c.failWith(Failure{What: fmt.Sprintf("the reply of %v comes from %v", c.server, from), Fault: otherPort, sight: c.sees(sawOther, nil, nil)})
			}
			c.compare(request, reply)
		}},
	{Name: "sender/many", Why: "many clients are served at once, and each gets its own replies", Fault: fewClients, run: manySenders},
	{Name: "sender/gone", Why: "a client that has gone before its reply comes (the system says: port unreachable) does not end the server", Fault: endsOfGone,
		run: func(s *caseRun) {
			stays := s.sender()
			stays.ask("before")
			s.unbalanced.Store(true) // replies to those that have gone are counted as written
			for range 5 {
				leaves := s.sender()
				leaves.send(s.frame("and away"))
				leaves.conn.Close()
			}
			for i := range 5 {
				request := s.frame(fmt.Sprint("after ", i))
				stays.send(request)
				reply, _ := stays.reply(endsOfGone)
				stays.compare(request, reply)
			}
		}},
	{Name: "loss/order", Why: "one reader answers the datagrams of a client in the order in which it reads them", Fault: reorders, run: keepsOrder},
	{Name: "loss/burst", Needs: Alone, Why: "what a burst leaves no room for is lost without a word; what came is answered once, and later datagrams are answered", Fault: burstStops, run: burst},
	{Name: "recovery/datagram-panic", Needs: Hook, Config: panics, Why: "a request whose handler panics gets no reply, and the next one is answered", Fault: panicStops,
		run: func(s *caseRun) {
			c := s.sender()
			c.ask("before")
			c.send(s.frame("panic"))
			s.unbalanced.Store(true)
			for range 10 {
				request := s.frame("after")
				c.send(request)
				reply, _ := c.reply(panicStops)
				c.compare(request, reply)
			}
		}},
	{Name: "drain/datagrams", Needs: Stop | Configure | Hook, Why: "a datagram that was read when the server is told to stop is answered", Fault: lostAtDrain, run: drainsDatagrams},
	{Name: "drain/datagram-deadline", Needs: Stop | Configure | Hook, Fault: endlessWait,
		Why: "a request that takes longer than the drain timeout is cut off, and the server says so",
		run: func(s *caseRun) {
			begun := make(chan struct{}, 1)
			cfg := s.config
			cfg.DrainTimeout = 30 * time.Millisecond // of the second server alone: on busy CPUs an idle one may take longer
			cfg.Protocol.Work.Wait = time.Hour
			cfg.Protocol.Hook = func([]byte) { begun <- struct{}{} }
			s.restart(cfg)
			s.sender().send(s.frame("waits"))
			s.await(begun, "the handler was not called")
			s.unbalanced.Store(true)
			s.stop()
			if !s.comes(s.server.Done) {
				s.failAs(endlessWait, "the server was told to stop and has not ended")
			}
			if s.mayFail = true; s.server.Err() == nil {
				s.failAs(endlessWait, "the server ended without an error, and had cut off a request")
			}
		}},
})

// packets marks cases as those of a datagram server.
func packets(cases []Case) []Case {
	for i := range cases {
		cases[i].Packets = true
	}
	return cases
}
