package servertest

import (
	"context"
	"fmt"
	"time"

	"socketbench/servers"
	"socketbench/servers/upper"
)

// enter gives the case its server and reports whether it is the case's own.
func (r *runner) enter(s *caseRun, c *Case) (own bool) {
	t := r.target
	if t.Start == nil {
		r.mu.Lock()
		defer r.mu.Unlock()
		if r.shared == nil {
			r.shared = &Instance{Network: t.Network, Address: t.Address, PID: t.PID}
		}
		r.use(s)
		return false
	}
	if t.Inside != nil && (c.Needs&Hook != 0 || c.Within && t.Inside.Hooks) {
		t = t.Inside
		s.target = t
	}
	if t.Cheap || c.Needs&(Stop|Configure|Child) != 0 {
		if c.Needs&Child != 0 {
			return true // the case starts it, with limits of its own
		}
		inst, err := t.Start(s.ctx, s.config)
		if err != nil {
			s.fail("the server does not start: %v", err)
		}
		s.server = inst
		return true
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.shared == nil || r.shared.hasEnded() {
		inst, err := t.Start(s.ctx, s.config)
		if err != nil {
			if !s.over() {
				r.refused++
				r.gone = r.refused > 1 && !t.Config // the probe was the first attempt, and reports nothing
			}
			panic(&Failure{What: fmt.Sprintf("the server does not start: %v", err), Fault: notStarted})
		}
		r.shared = inst
	}
	r.use(s)
	return false
}

// use gives s the server that several cases share. The caller holds the runner's lock.
func (r *runner) use(s *caseRun) {
	s.server, s.shares = r.shared, true
	r.shared.users++
}

// leaves is called when s is over. The last case that uses a retired server stops it, so that no other case sees it
// end.
func (r *runner) leaves(s *caseRun) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !s.shares {
		return
	}
	s.server.users--
	if s.server.users == 0 && s.server.retired && s.server.Stop != nil {
		s.server.Stop()
	}
}

func (i *Instance) hasEnded() bool {
	if i.Done == nil {
		return false
	}
	select {
	case <-i.Done:
		return true
	default:
		return false
	}
}

// leave checks what must hold after every case that had a server of its own: when told to stop, it ends without
// error, leaves no goroutine and has written what it read.
func (s *caseRun) leave(own bool) {
	if !own || s.server == nil || s.server.Stop == nil {
		return
	}
	s.mu.Lock()
	for _, c := range s.clients {
		if c.owed.size > 0 {
			s.unbalanced.Store(true)
		}
	}
	s.mu.Unlock()
	s.hangUp()
	s.stop()
	if err := s.ended(); err != nil && !s.mayFail && s.target.Stops {
		f := &Failure{What: fmt.Sprintf("the server ended with an error: %v", err), Fault: endsInError}
		if s.harsh() { // a client that left may have ended it before it was stopped
			f.Fault, f.causes = "", []string{endsInError, diesServing}
		}
		panic(f)
	}
	if s.server.Own && s.server.Goroutines != nil {
		s.eventuallyAs(leavesGoroutines, func() bool { return s.server.Goroutines() == 0 },
			"goroutines are left after the server ended; it must wait for each of them%v", lazily(s.server.where))
	}
	s.audit()
}

// counts reports whether a server fills in its Tally. If not, its counts are not checked.
func counts(t *servers.Tally) bool {
	return t.Conns.Load() != 0 || t.Read.Load() != 0 || t.Written.Load() != 0 || t.Dropped.Load() != 0
}

// audit compares what the server says it read and wrote with what the clients saw.
func (s *caseRun) audit() {
	tally := s.server.Tally
	if tally == nil || s.unbalanced.Load() || !counts(tally) {
		return
	}
	got, read, written := s.server.received.Load(), tally.Read.Load(), tally.Written.Load()
	if written != got {
		s.failAs(countsWrongly, "the server counts %d bytes written, its clients received %d", written, got)
	}
	if s.framing == upper.Raw && read != written {
		s.failAs(countsWrongly, "the server counts %d bytes read and %d written, which must be the same", read, written)
	}
}

// finished waits for the end of a stopped server, which must end without error, and compares what it counted with what
// its clients saw.
func (s *caseRun) finished() {
	if err := s.ended(); err != nil {
		s.failAs(endsInError, "the server ended with an error: %v", err)
	}
	s.audit()
}

// replace starts a server with cfg after the one before has ended.
func (s *caseRun) replace(cfg servers.Config) {
	inst, err := s.target.Start(s.ctx, cfg)
	if err != nil {
		s.fail("the server does not start a second time: %v", err)
	}
	s.server, s.stopped, s.config = inst, false, cfg
}

// restart ends the server and starts another one with cfg.
func (s *caseRun) restart(cfg servers.Config) {
	s.stop()
	s.finished()
	s.replace(cfg)
}

// dismiss ends the shared server and waits for that, at most until ctx ends.
func (r *runner) dismiss(ctx context.Context) {
	if r.shared == nil || r.shared.Stop == nil || r.shared.hasEnded() {
		return
	}
	r.shared.Stop()
	select {
	case <-r.shared.Done:
	case <-ctx.Done():
	case <-time.After(r.options.Patience):
	}
}
