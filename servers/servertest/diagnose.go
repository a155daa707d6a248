package servertest

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Causes that concern every request, in whichever case they show first.
const (
	neverAnswers = "never answers: nothing came back for any request; read what arrives and write its reply at once"
	endsAfterOne = "ends after its first client: accept is called only once"
	onlyEchoes   = "sends back the bytes unchanged: lower-case letters must become upper case"
)

// serverEnded is part of what happened if the server is not there any more.
const serverEnded = "the server has ended"

// examine lists the possible causes of a failure of case c: first what the client saw, then the sentence of the case
// if it fits. It looks at the server too: one that has ended, or spins, explains the failure. A server that was
// started for several cases is not used again.
func (r *runner) examine(s *caseRun, c *Case, f *Failure) {
	family, _, _ := strings.Cut(c.Name, "/")
	answered := r.hasAnswered(s)
	f.sight.event = cmp.Or(f.sight.event, sawOther)
	f.Seen = eventNames[f.sight.event]
	plain := f.causes // said by who failed, beside the case's own
	f.causes, f.certain = causes(f.sight, c)
	f.causes = unique(append(f.causes, plain...))
	known := func(words string) { f.causes, f.certain = []string{words}, 1 }
	if f.Fault != "" { // said by who failed
		known(f.Fault)
	}
	switch {
	case f.echoed && (c.Name == helloCase || c.Name == packetHello || r.echoes.Load()):
		r.echoes.Store(true)
		f.causes = unique(append([]string{onlyEchoes}, f.causes[:f.certain]...))
		f.certain = len(f.causes)
	case f.hung && f.sight.event == sawSilence && (family == "bytes" || c.Packets && f.Fault == "" || r.mutes()) && !answered: // others may have a cause of their own
		known(neverAnswers)
	}
	if c.Needs&Hook != 0 && f.sight.event == sawExtra {
		f.causes = append(f.causes, noHandler) // a reply although the handler was to panic
	}
	if s.stopped && f.sight.event&(sawSilence|sawOpen) != 0 {
		f.causes = append(f.causes, hangsDrain)
	}
	if f.noEnd && !s.stopped {
		f.causes = unique(append([]string{notClosed}, f.causes...))
		if pid := s.server.PID; pid != 0 && !s.server.Own && family != "half-close" && family != "drain" {
			if used, running := watch(pid, 60*time.Millisecond); used > 0.2 && running > 0.6 {
				known(spins)
			}
		}
	}
	if s.server != nil && !s.stopped {
		own := ""
		if family == "reset" || family == "recovery" || c.Needs&Child != 0 {
			own = c.Fault
		}
		if c.Packets {
			own = cmp.Or(f.Fault, c.Fault, diesServing)
		}
		r.autopsy(s, f, own)
	}
	if len(f.causes) > 0 {
		f.Fault = f.causes[0]
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
		s.server.retired, r.shared = true, nil
	}
}

// settle gives every failure the cause that explains the most of them all.
func (r *runner) settle() {
	failures := r.failures()
	others := slices.ContainsFunc(failures, func(f *Failure) bool { return f.sight.event&(sawEnd|sawSilence) != 0 && !f.sight.broken })
	changed := slices.ContainsFunc(failures, func(f *Failure) bool {
		return f.sight.event&sawBytes != 0 && slices.Contains(f.causes[:f.certain], highBytes)
	})
	for _, f := range failures {
		if i := slices.Index(f.causes[:f.certain], highBytes); i >= 0 && f.sight.event&sawBytes == 0 && (r.rawBytes.Load() || others && !changed) {
			f.causes, f.certain = slices.Delete(f.causes, i, i+1), f.certain-1 // such bytes were answered elsewhere, or other requests failed too
		}
		if i := slices.Index(f.causes, neverAnswers); i >= 0 && r.answered {
			f.causes[i] = stopsAnswers // a client has got an answer since
		}
		if r.mute > 0 && !r.answered && f.sight.event&(sawSilence|sawOpen|sawEnd) != 0 {
			f.causes, f.certain = []string{neverAnswers}, 1
		}
	}
	settle(failures)
}

// failures returns the failures of all cases.
func (r *runner) failures() (all []*Failure) {
	for _, result := range r.results {
		if result.Outcome == Failed && result.Failure != nil {
			all = append(all, result.Failure)
		}
	}
	return all
}

// mutes reports whether plain requests have gone unanswered.
func (r *runner) mutes() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.mute > 0
}

// hasAnswered reports whether any client ever got a byte, in case s or before it.
func (r *runner) hasAnswered(s *caseRun) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.answered = r.answered || s.server != nil && s.server.received.Load() > 0
	return r.answered
}

// aftermath checks whether a server that answered everything in case c ended because of how its clients left. It asks
// once more, to see that.
func (r *runner) aftermath(s *caseRun, c *Case) *Failure {
	if s.server.Done == nil {
		return nil // the next case will see
	}
	next, err := s.tryDial() // a server that is about to end serves nobody else
	if err == nil {
		next.tryWrite(s.frame("a"))
		_, err = next.read(make([]byte, 1))
		next.conn.Close()
	}
	if err == nil || !s.endsWithin(80*time.Millisecond) {
		return nil
	}
	f := &Failure{What: "a client left without reading everything"}
	r.examine(s, c, f)
	return f
}

// harsh reports whether a client left in a way that makes reads or writes in the server fail.
func (s *caseRun) harsh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, c := range s.clients {
		if c.owed.size > 0 {
			return true
		}
	}
	return s.rude.Load()
}

// autopsy adds to a failure that the server has ended, if it has. own is the sentence of the case if that is about
// clients that end a server; otherwise it is empty.
func (r *runner) autopsy(s *caseRun, f *Failure, own string) {
	var err error
	if s.server.Done == nil {
		if s.server.clients.Load() == 0 || !s.refused() {
			return
		}
		r.mu.Lock()
		r.gone = true
		r.mu.Unlock()
	} else {
		if !s.endsWithin(250*time.Millisecond) && !(s.refused() && s.endsWithin(s.patience)) {
			return // it still runs
		}
		err = s.server.Err()
	}
	f.What += "; " + serverEnded
	if err != nil {
		f.What += fmt.Sprintf(" (%v)", err)
	}
	unheard := !f.sight.first && !f.sight.gotAny && !f.sight.part // a later client that got a byte was accepted and served
	switch {
	case s.server.Network != "udp" && s.server.clients.Load() <= 2 && !s.rude.Load() && unheard && f.sight.event&(sawRefusal|sawEnd|sawOther) != 0 && s.paid():
		f.causes, f.certain = []string{endsAfterOne, diesServing}, 2
		r.mu.Lock()
		if !r.dies { // if it has died so before, the second client may have ended it
			r.once++
		}
		r.mu.Unlock()
	case s.server.clients.Load() == 0: // it was never asked anything
	case own != "":
		f.causes, f.certain = unique([]string{own, diesServing}), 0
		if err != nil {
			f.causes = append(f.causes, endsInError)
		}
	default:
		dies := []string{diesServing}
		if !unheard || s.rude.Load() {
			r.mu.Lock()
			r.dies = true
			r.mu.Unlock()
		} else { // a later client may have come when the server had already ended
			dies = []string{endsAfterOne, diesServing}
		}
		f.causes, f.certain = unique(append(dies, f.causes[:f.certain]...)), f.certain+len(dies)
	}
}

// paid reports whether the first client has all its replies.
func (s *caseRun) paid() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return !slices.ContainsFunc(s.clients, func(c *client) bool { return c.owed.size > 0 && c.first })
}

// endsWithin waits for the server's end.
func (s *caseRun) endsWithin(limit time.Duration) bool {
	select {
	case <-s.server.Done:
		return true
	case <-time.After(limit):
	case <-s.ctx.Done():
	}
	return false
}

// refused reports whether no connection can be made.
func (s *caseRun) refused() bool {
	if s.server.Network == "udp" {
		return nobodyReceives(s.server.Address, time.Second) != nil && !s.over()
	}
	c, err := s.tryDial()
	if err == nil {
		c.conn.Close()
	}
	return err != nil && !s.over()
}

// probe finds out whether a server of which nothing is known serves one connection at a time.
func (r *runner) probe(ctx context.Context) {
	if r.target.Traits != nil || ctx.Err() != nil || r.refused > 0 {
		return
	}
	s := &caseRun{ctx: ctx, target: r.target, framing: r.target.Framing, limit: r.target.Limit,
		patience: max(2*r.late, min(time.Second, r.options.Patience))}
	if r.target.Network == "udp" {
		if r.target.Start == nil {
			r.absent = nobodyReceives(r.target.Address, s.patience)
		}
		return
	}
	defer s.hangUp()
	defer context.AfterFunc(ctx, s.hangUp)()
	defer func() { caught(recover()) }() // the cases will say it better
	r.enter(s, &Case{})
	defer r.leaves(s)
	silent, err := s.tryDial()
	if err != nil && r.target.Start == nil {
		if !s.over() {
			r.absent = err
		}
		return
	}
	asks := s.dial()
	asks.send(s.frame("a"))
	one, n := make([]byte, 1), 0
	s.patiently(func(until time.Time) (over bool) {
		asks.conn.SetReadDeadline(until)
		n, err = asks.conn.Read(one)
		return !timedOut(err)
	})
	if timedOut(err) {
		r.single = true
		silent.end() // a fragile server may not survive a client that leaves with a reply on its way
		asks.replies()
	} else if n == 1 {
		asks.owed.pay(1)
		asks.replies()
		silent.end()
	}
	asks.end()
}
