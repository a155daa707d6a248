package experiments

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// Agents carry out the trials of a run: one serves, and one or several load. On one machine it is the same.
type Agents struct {
	Server  Member
	Loaders []Member // at least one
}

// A Member is an agent and the name by which it is spoken of.
type Member struct {
	Name string
	agent.Agent
}

// all lists each agent once, the server's first.
func (a Agents) all() []Member {
	list := []Member{a.Server}
	for _, l := range a.Loaders {
		if l.Agent != a.Server.Agent {
			list = append(list, l)
		}
	}
	return list
}

// apart reports whether there are several agents.
func (a Agents) apart() bool { return len(a.all()) > 1 }

// serverLoads reports whether the server's agent loads, too.
func (a Agents) serverLoads() bool {
	return slices.ContainsFunc(a.Loaders, func(l Member) bool { return l.Agent == a.Server.Agent })
}

// sameAgents refuses to go on with a run that other agents began.
func sameAgents(m result.Manifest, now Agents) error {
	before := m.AgentNames()
	var after []string
	if now.apart() {
		for _, a := range now.all() {
			after = append(after, a.Name)
		}
	}
	switch {
	case slices.Equal(before, after):
		return nil
	case len(after) == 0:
		return fmt.Errorf("experiments: the run was begun over several machines (%s); continue it with the same", strings.Join(before, ", "))
	case len(before) == 0:
		return errors.New("experiments: the run was begun on one machine and not over several; continue it in the same way")
	}
	return fmt.Errorf("experiments: the run was begun with the agents %s and not with %s; continue it with the same", strings.Join(before, ", "), strings.Join(after, ", "))
}

// each carries out a step with every one of list, at the same time, and returns what went wrong: an agent that is lost
// before an agent that has failed.
func each(list []Member, step func(i int, m Member) error) error {
	errs := make([]error, len(list))
	var all sync.WaitGroup
	for i, m := range list {
		all.Go(func() { errs[i] = step(i, m) })
	}
	all.Wait()
	var failed error
	for i, err := range errs {
		var failure *agent.Failure
		switch {
		case err == nil:
		case !errors.As(err, &failure):
			return err
		case failed == nil && len(list) > 1:
			failed = &agent.Failure{Kind: failure.Kind, Text: list[i].Name + ": " + failure.Text}
		case failed == nil:
			failed = err
		}
	}
	return failed
}

// steps is each, and tells how far the agents of a trial are, if there are several.
func (m *measurement) steps(doing string, list []Member, step func(i int, a Member) error) error {
	if !m.Agents.apart() {
		return each(list, step)
	}
	var lock sync.Mutex
	s := Step{Trial: m.planned, Doing: doing, Agents: make([]AgentStep, len(list))}
	for i, a := range list {
		s.Agents[i].Name = a.Name
		for _, p := range m.players {
			if p.Agent == a.Agent {
				s.Agents[i].Clients = p.clients
			}
		}
	}
	tell := func() {
		now := s
		now.Agents = slices.Clone(s.Agents)
		m.Emit(now)
	}
	tell()
	return each(list, func(i int, a Member) error {
		err := step(i, a)
		lock.Lock()
		defer lock.Unlock()
		s.Agents[i].Done = true
		tell()
		return err
	})
}

// permitted refuses a plan that the owner of an agent's machine does not allow. A load that is a share of what a server
// carries is known only once that was measured.
func permitted(p plan.Plan, agents Agents, facts []agent.Facts) error {
	at := facts[0].Listen
	if !at.IsValid() {
		at = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	for _, c := range p.Cells {
		if err := facts[0].Caps.MayServe(cmp.Or(c.Command, c.Server)); err != nil {
			return fmt.Errorf("experiments: agent %s: %w", agents.Server.Name, err)
		}
		for i, l := range agents.Loaders {
			part := c.Load.Split(i, len(agents.Loaders))
			part.Address = "tcp://" + netip.AddrPortFrom(at, 1).String()
			if err := facts[slices.IndexFunc(agents.all(), func(m Member) bool { return m.Agent == l.Agent })].Caps.MayLoad(part); err != nil {
				return fmt.Errorf("experiments: agent %s: %w", l.Name, err)
			}
		}
	}
	return nil
}

// The first request is sent so long after all agents are told when, so that all know of it in time. On one machine it is
// the generator that says how long.
const (
	leastLead = 20 * time.Millisecond
	leadTrips = 4
)

// lead is how long before the first request the window is told. An agent that was told too late, so that the trial is
// carried out again, has twice as long the next time.
func lead(generators time.Duration, clocks []agent.Offset, attempt int) time.Duration {
	if len(clocks) < 2 {
		return generators
	}
	longest := int64(0)
	for _, c := range clocks {
		longest = max(longest, c.Most)
	}
	return max(generators, leastLead, leadTrips*time.Duration(longest)) << (attempt - 1)
}

// mostAttempts is how often a trial is carried out of which an agent is lost.
const mostAttempts = 3
