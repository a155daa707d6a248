package servertest

import (
	"cmp"
	"context"
	"hash/fnv"
	"math/rand/v2"
	"sync"
	"time"

	"socketbench/servers"
)

// config is what the server of case c is started with.
func (r *runner) config(c *Case) servers.Config {
	cfg := c.Config
	cfg.Protocol.Framing = r.target.Framing
	cfg.Protocol.Limit = cmp.Or(cfg.Protocol.Limit, r.target.Limit)
	cfg.IdleTimeout = cmp.Or(cfg.IdleTimeout, caseLimit*r.options.Patience) // a client that a busy machine held up is not silent
	return cfg
}

// verdict is the result of one run of a case.
type verdict struct {
	failure *Failure // what was broken
	cut     bool     // the check was over before the case was: nothing is decided
	skipped string   // why the rule could not be checked, if only the run showed it
	notes   []string // what was measured
}

// play runs the case's conversation and the checks that follow every case. When ctx ends, the connections of the case
// are closed and its waits end, so that it returns soon, whatever the server does.
func (r *runner) play(ctx context.Context, c *Case, cfg servers.Config) verdict {
	patience := r.patience()
	var watchdog sync.WaitGroup
	defer watchdog.Wait()
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	s := &caseRun{ctx: ctx, target: r.target, pace: &r.pace, single: r.single, framing: r.target.Framing, limit: cfg.Protocol.Limit, config: cfg,
		patience: patience, connecting: max(r.options.Patience, secondSYN), quick: r.options.Quick || raceEnabled,
		rng: rand.New(rand.NewPCG(r.options.Seed, nameHash(c.Name)))}
	watchdog.Go(func() { s.expires(max(caseLimit*patience, 30*time.Second), cancel) })
	failure, cut := s.within(func() {
		own := r.enter(s, c)
		c.run(s)
		s.leave(own)
	})
	switch {
	case cut, failure != nil && failure.own:
	case failure != nil:
		r.examine(s, c, failure)
	default:
		r.hasAnswered(s)
	}
	s.hangUp()
	if s.server != nil {
		if s.server.rawBytes.Load() {
			r.rawBytes.Store(true)
		}
		s.server.lastConns.Store(s.connected.Load())
	}
	if failure == nil && !cut && r.sharedStill(s) && s.harsh() {
		failure = r.aftermath(s, c)
	}
	r.leaves(s)
	if own := s.server; own != nil && !s.shares && own.Stop != nil {
		own.Stop()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return verdict{failure, cut, s.skipped, s.notes}
}

// sharedStill reports whether later cases meet the server that case s was played to.
func (r *runner) sharedStill(s *caseRun) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return s.server != nil && s.server == r.shared
}

// nameHash makes the random requests of each case different.
func nameHash(name string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(name))
	return h.Sum64()
}

// patience returns how long a case waits. It shrinks for a server that hangs again and again, so that the check ends, but
// stays well above the longest that an answer has taken: on busy CPUs a server that keeps a rule would break it otherwise.
func (r *runner) patience() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	least := 300 * time.Millisecond
	switch {
	case r.hangs < 3:
		return r.options.Patience
	case r.target.Cheap: // many cases run at once and keep the machine busy
		least = 5 * time.Second
	case r.hangs < 8:
		least = time.Second
	}
	return min(r.options.Patience, max(least, aboveSlowest*time.Duration(r.pace.slowest.Load())))
}

// aboveSlowest is how many times the longest wait for an answer a shortened patience is at least.
const aboveSlowest = 8
