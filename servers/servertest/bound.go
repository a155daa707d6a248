package servertest

import (
	"context"
	"fmt"
	"io"
	"time"

	"socketbench/servers"
)

// servesOnly is the sentence about a server that serves n connections at once, each of them to its end, as a pool of n
// workers does.
func servesOnly(n int) string {
	if n == 1 {
		return oneAtATime
	}
	return fmt.Sprintf("serves %d connections at once; the next one waits until one of them closes", n)
}

// learnBound finds out whether case c failed because the server serves fewer connections at once than c needs. It asks
// only a server that does not declare a bound, and only if a client was left waiting.
func (r *runner) learnBound(ctx context.Context, c *Case, f *Failure) {
	if c.Conns < 2 || !f.sight.waited() || r.single || r.target.Network == "udp" {
		return
	}
	if t := r.target.Traits; t != nil && t.Capacity(servers.Config{}) != 0 {
		return
	}
	r.counting.Lock() // cases may fail at the same time
	defer r.counting.Unlock()
	if r.serves.Load() > 0 || c.Conns <= r.counted {
		return
	}
	r.counted = c.Conns
	r.serves.Store(int64(r.countServed(ctx, c.Conns)))
}

// waited reports whether a client was left waiting, for its reply or for its connection.
func (v sight) waited() bool {
	return v.event == sawSilence || v.event == sawRefusal && v.late
}

// countServed makes connections, one after the other, each of which asks and stays, until one gets no reply. It returns how
// many were served if that one waits for nothing but the end of another: all of the others are still answered, and it is
// answered as soon as one of them closes. Otherwise, and if most are served, it returns 0.
func (r *runner) countServed(ctx context.Context, most int) (n int) {
	s := &caseRun{ctx: ctx, target: r.target, framing: r.target.Framing, limit: r.target.Limit, config: r.config(&Case{}),
		patience: max(2*r.late, min(time.Second, r.options.Patience))}
	defer context.AfterFunc(ctx, s.hangUp)()
	defer func() { caught(recover()) }() // it does not start any more
	own := r.enter(s, &Case{})
	defer func() {
		s.hangUp()
		if own && s.server.Stop != nil {
			s.server.Stop()
			s.comes(s.server.Done)
		}
		r.leaves(s)
	}()
	var served []*client
	for len(served) < most {
		c, err := s.tryDial()
		if err != nil {
			return 0
		}
		if c.asksOnce() == nil {
			served = append(served, c)
			continue
		}
		for _, other := range served {
			if other.asksOnce() != nil { // a machine that stands still serves nobody
				return 0
			}
		}
		if len(served) == 0 || c.hears(time.Millisecond) == nil {
			return 0
		}
		served[0].conn.Close()
		if c.hears(s.patience) != nil {
			return 0
		}
		return len(served)
	}
	return 0
}

// asksOnce sends a small request and waits for its reply. The error says what came instead of it.
func (c *client) asksOnce() error {
	if _, err := c.conn.Write(c.s.frame("a")); err != nil {
		return err
	}
	return c.hears(c.s.patience)
}

// hears waits for the reply to a request of asksOnce.
func (c *client) hears(limit time.Duration) error {
	c.conn.SetReadDeadline(time.Now().Add(limit))
	_, err := io.ReadFull(c.conn, make([]byte, len(c.s.frame("a"))))
	return err
}

// blameBound gives the failures of cases that need more connections than the server serves at once that cause, if a client
// was left waiting in them.
func (r *runner) blameBound(cases []Case) {
	n := int(r.serves.Load())
	if n == 0 {
		return
	}
	for i, result := range r.results {
		if f := result.Failure; result.Outcome == Failed && f != nil && cases[i].Conns > n && f.sight.waited() {
			words := servesOnly(n)
			f.Fault, f.causes, f.certain = words, []string{words}, 1
		}
	}
}
