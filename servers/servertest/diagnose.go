package servertest

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"
)

// What a server gets wrong of every request is said in these words, whichever case meets it first.
const (
	neverAnswers = "never answers: nothing came back for any request; read what arrives and write its reply at once"
	onlyEchoes   = "sends back what came as it came: small letters are to become large"
)

// examine looks at the server after a failure of case c: one that has gone, or spins, explains it. A
// server that was started for several cases is not used again.
func (r *runner) examine(s *scene, c *Case, f *Failure) {
	family, _, _ := strings.Cut(c.Name, "/")
	f.Fault = cmp.Or(f.Fault, c.Fault)
	switch {
	case f.echoed && (c.Name == helloCase || r.echoes.Load()):
		r.echoes.Store(true)
		f.Fault = onlyEchoes
	case f.hung && (family == "bytes" || r.mutes()) && !r.hasAnswered(s): // others may have a cause of their own
		f.Fault = neverAnswers
	}
	if f.noEnd && family != "half-close" && family != "drain" {
		f.Fault = notClosed
		if pid := s.server.PID; pid != 0 && !s.server.Own {
			if used, running := watch(pid, 60*time.Millisecond); used > 0.2 && running > 0.6 {
				f.Fault = spins
			}
		}
	}
	if s.server != nil && !s.stopped {
		r.autopsy(s, f, family == "reset" || family == "recovery")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if f.hung {
		r.hangs++
	}
	if f.Fault == neverAnswers {
		r.mute++
	}
	if s.server != nil && s.server == r.shared && s.server.Stop != nil {
		s.server.Stop()
		r.shared = nil
	}
}

// mutes reports whether a plain request went without an answer.
func (r *runner) mutes() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mute > 0
}

// hasAnswered reports whether any client ever got a byte, in case s or before it.
func (r *runner) hasAnswered(s *scene) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answered = r.answered || s.server != nil && s.server.received.Load() > 0
	return r.answered
}

// aftermath looks whether a server that answered all of case c was ended by the way its clients left.
func (r *runner) aftermath(s *scene, c *Case) *Failure {
	if s.server.Done == nil {
		return nil // the next case will see
	}
	select {
	case <-s.server.Done:
	case <-time.After(80 * time.Millisecond):
		return nil
	}
	f := &Failure{What: "all was answered, then a client left without reading everything"}
	r.examine(s, c, f)
	return f
}

// harsh reports whether a client left in a way that makes reads or writes of the server fail.
func (s *scene) harsh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		if c.owed.size > 0 {
			return true
		}
	}
	return s.rude.Load()
}

// autopsy adds to a failure that the server has ended. about says that the case is about clients that end a
// server, so that its own words fit best.
func (r *runner) autopsy(s *scene, f *Failure, about bool) {
	var err error
	if s.server.Done == nil {
		if s.server.clients.Load() == 0 || !s.refused() {
			return
		}
		r.mu.Lock()
		r.gone = true
		r.mu.Unlock()
	} else {
		if !s.server.endsWithin(250*time.Millisecond) && !(s.refused() && s.server.endsWithin(s.patience)) {
			return // where nobody listens any more it is ending, however slowly
		}
		err = s.server.Err()
	}
	f.What += "; the server has ended"
	if err != nil {
		f.What += fmt.Sprintf(" (%v)", err)
	}
	switch {
	case s.server.clients.Load() <= 2 && !s.rude.Load():
		f.Fault = "ended after its first client: accept is called once"
		r.mu.Lock()
		r.once++
		r.mu.Unlock()
	case !about:
		f.Fault = "a client ended the server: none may"
	}
}

// endsWithin waits for the server's end.
func (i *Instance) endsWithin(limit time.Duration) bool {
	select {
	case <-i.Done:
		return true
	case <-time.After(limit):
		return false
	}
}

func (s *scene) refused() bool {
	c, err := s.tryDial()
	if err == nil {
		c.conn.Close()
	}
	return err != nil
}

// probe finds out whether a server of which nothing is known serves one connection at a time.
func (r *runner) probe(ctx context.Context) {
	if r.target.Traits != nil || ctx.Err() != nil {
		return
	}
	s := &scene{ctx: ctx, target: r.target, framing: r.target.Framing, limit: r.target.Limit,
		patience: min(time.Second, r.options.Patience)}
	defer s.hangUp()
	defer func() { caught(recover()) }() // the cases will say it better
	r.enter(s, &Case{})
	silent, err := s.tryDial()
	if err != nil && r.target.Start == nil {
		r.absent = err
		return
	}
	asks := s.dial()
	asks.send(s.frame("a"))
	asks.conn.SetReadDeadline(time.Now().Add(s.patience))
	one := make([]byte, 1)
	if n, err := asks.conn.Read(one); timedOut(err) {
		r.single = true
		silent.end() // nobody leaves with a reply on its way: a fragile server would not survive the question
		asks.replies()
	} else if n == 1 {
		asks.owed.pay(1)
		asks.replies()
		silent.end()
	}
	asks.end()
}
