package servertest

import (
	"time"

	"socketbench/servers"
)

// thinks is a case in which a client is answered, is silent for some time, and goes on.
func thinks(silence time.Duration) func(*caseRun) {
	return func(s *caseRun) {
		c := s.dial()
		c.ask("hello")
		c.quiet(silence)
		c.ask("still there")
		c.ask("and still")
		c.end()
	}
}

var slowCases = []Case{
	{Name: "slow/silent-beside-busy", Conns: 2, Why: "a silent client does not stop a busy one", Fault: silentHolds,
		run: func(s *caseRun) {
			s.dial()
			busy := s.dial()
			for range 200 {
				busy.ask("busy")
			}
			busy.end()
		}},
	{Name: "slow/silent-then-speaks", Conns: 2, Why: "a client that was silent is answered when it sends at last", Fault: "forgets a connection that was silent for a moment: a wake-up is lost",
		run: func(s *caseRun) {
			silent, busy := s.dial(), s.dial()
			for range 100 {
				busy.ask("busy")
			}
			s.pause(30 * time.Millisecond)
			silent.ask("now me")
			silent.end()
			busy.ask("and me again")
			busy.end()
		}},
	{Name: "slow/half-requests", Conns: 10, Why: "clients that stop in the middle of a request do not hold up others", Fault: "waits for the rest of one request while others are ready",
		run: func(s *caseRun) {
			for _, c := range s.dials(9) {
				c.send(s.frame("never finished")[:7])
			}
			c := s.dial()
			for range 20 {
				c.ask("finished")
			}
			c.end()
			s.unbalanced.Store(true)
		}},
	{Name: "slow/dripping", Conns: 2, Why: "a client that sends a byte now and then gets its reply, and so do the others meanwhile", Fault: silentHolds,
		run: func(s *caseRun) {
			slow, busy := s.dial(), s.dial()
			for _, b := range s.frame("slow-slow") {
				slow.send([]byte{b})
				busy.ask("busy")
				s.pause(time.Millisecond)
			}
			slow.replies()
			slow.end()
			busy.end()
		}},
	{Name: "slow/1000-slow", Conns: 1000, Needs: Unbounded | Heavy | Alone, Why: "a thousand clients that send a byte now and then do not keep an honest one from its reply (slowloris)", Fault: silentHolds,
		run: func(s *caseRun) {
			slow := s.dials(1000)
			for range 3 {
				for _, c := range slow {
					c.write([]byte("x"))
				}
				c := s.dial()
				for range 10 {
					c.ask("honest")
				}
				c.end()
				c.hangUp()
			}
			s.unbalanced.Store(true)
		}},
	{Name: "slow/stays-open", Needs: Configure | Patient, Waits: true, Config: servers.Config{IdleTimeout: 20 * time.Millisecond}, Why: "a design without an idle limit keeps a silent connection", Fault: "closes silent clients, though it declares no idle limit",
		run: thinks(90 * time.Millisecond)},
	{Name: "slow/a-second", Needs: Patient, Waits: true, Why: "a second of silence is no reason to end a conversation", Fault: "closes silent clients, though it declares no idle limit",
		run: thinks(1100 * time.Millisecond)},
	{Name: "slow/five-seconds", Needs: Patient | Heavy, Waits: true, Why: "a connection that is five seconds old, or silent for five seconds, stays open", Fault: "closes silent or old connections, though it declares no limit",
		run: thinks(5200 * time.Millisecond)},
	{Name: "slow/idle-closed", Needs: Configure | IdleLimit, Config: servers.Config{IdleTimeout: 30 * time.Millisecond}, Why: "a design with an idle limit closes a silent connection, in order", Fault: "never applies its idle limit",
		run: func(s *caseRun) {
			c := s.dial()
			c.eof()
			s.answered("hello").eof()
		}},
	{Name: "slow/idle-next-served", Needs: Configure | IdleLimit, Config: servers.Config{IdleTimeout: 30 * time.Millisecond}, Why: "after the idle limit of a silent client, the clients behind it are served", Fault: "waits for a silent client for ever",
		run: func(s *caseRun) {
			s.dial()
			s.answered("after the limit").end()
		}},
	{Name: "slow/answering-not-idle", Needs: Configure | IdleLimit, Config: slowAnswers, Why: "a client that waits for its reply is not idle: a request that takes longer than the idle limit is answered",
		Fault: "sets one deadline for reading and writing before it reads: by the time the reply is ready it has passed",
		run:   func(s *caseRun) { s.answered("take your time").eof() }},
	{Name: "slow/active-not-idle", Needs: Configure | IdleLimit, Waits: true, Config: servers.Config{IdleTimeout: time.Second}, Why: "a client that sends within the limit is not closed, however long it stays", Fault: "measures the age of a connection instead of its silence",
		run: dialogue(func(s *caseRun, c *client) {
			for range 26 {
				c.ask("active")
				s.pause(50 * time.Millisecond)
			}
		})},
}

// slowAnswers is a server whose requests take longer than its clients may be silent.
var slowAnswers = withWork(servers.Config{IdleTimeout: 40 * time.Millisecond}, 120*time.Millisecond)

// answered returns a client that was answered by a server with an idle limit. It may take several: a busy machine can
// delay a client for longer than the limit, which makes it silent.
func (s *caseRun) answered(b string) *client {
	for try := 1; ; try++ {
		c := s.dial()
		request := s.frame(b)
		c.expects(request)
		reply := make([]byte, c.owed.size)
		_, err := c.tryWrite(request)
		if err == nil {
			_, err = c.readFull(reply)
		}
		if err == nil {
			c.compare(c.owed.forgive(), reply)
			return c
		}
		if try == 5 || timedOut(err) {
			c.broke(err, "%s with %d bytes of the reply still owed, %d times", reason(err), len(reply), try)
		}
		s.unbalanced.Store(true)
		c.hangUp()
	}
}
