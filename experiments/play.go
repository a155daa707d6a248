package experiments

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/load"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/patterns/proc"
)

// limit is how long the trial may take.
func (m *measurement) limit() time.Duration {
	o := m.cell.Load
	limit := length(m.cell) + 2*o.Bound() + time.Minute // first the disturbers connect, and then the measured clients
	if o.Stop {
		limit += agent.DrainLimit(m.cell.Config.DrainTimeout)
	}
	return limit
}

// play runs the load, while the agents read the server and themselves.
func (m *measurement) play(ctx context.Context) error {
	o := m.cell.Load
	o.Address, o.Seed = m.serving.Address, m.planned.Seed
	o.IdleAsksNothing = asksNothing(m.cell)
	o.Progress = func(p load.Progress) { m.Emit(Progress{m.planned, p}) }
	m.played = o

	ctx, cancel := context.WithTimeoutCause(ctx, m.limit(), errors.New("the generator hangs"))
	defer cancel()

	clocks, err := m.readClocks(ctx)
	if err == nil {
		err = m.connect(ctx, o)
	}
	if err != nil {
		return err
	}
	if slices.ContainsFunc(m.players, func(p player) bool { return p.Playing }) {
		err = m.begin(ctx, clocks)
	}
	if err == nil {
		err = m.results(ctx)
	}
	if err == nil {
		err = m.clocksKept(ctx, clocks)
	}
	return err
}

// connect connects all disturbers of all agents, and then all measured clients.
func (m *measurement) connect(ctx context.Context, o load.Options) error {
	loaders := m.Agents.Loaders
	m.players = make([]player, len(loaders))
	parts := make([]load.Options, len(loaders))
	for i, l := range loaders {
		if parts[i] = o; len(loaders) > 1 {
			parts[i] = o.Split(i, len(loaders))
		}
		m.players[i] = player{Member: l, clients: parts[i].Clients()}
	}
	err := m.steps("preparing", loaders, func(i int, l Member) error {
		return l.Prepare(ctx, m.name, agent.LoadOrder{Options: parts[i], Placement: m.cell.Placement})
	})
	if err != nil {
		return err
	}
	return m.steps("connecting", loaders, func(i int, l Member) (err error) {
		m.players[i].Connected, err = l.Connect(ctx, m.name)
		return err
	})
}

// begin tells all agents when the window is, each on its own clock.
func (m *measurement) begin(ctx context.Context, clocks []agent.Offset) error {
	needed := time.Duration(0)
	for _, p := range m.players {
		needed = max(needed, p.Lead)
	}
	now := proc.Clock()
	w := agent.Window{First: now + int64(lead(needed, clocks, m.attempted)), Drain: m.cell.Load.Stop, Profile: m.profile}
	w.Start = w.First + int64(m.cell.Load.Warmup)
	w.End = w.Start + int64(m.cell.Load.Duration)
	m.start, m.window = time.Now().Add(time.Duration(w.Start-now)), m.cell.Load.Duration
	err := each(m.Agents.all(), func(i int, a Member) error {
		own := w
		for _, moment := range []*int64{&own.First, &own.Start, &own.End} {
			*moment += clocks[i].Ahead
		}
		if err := a.Begin(ctx, m.name, own); err != nil {
			return err
		}
		if len(clocks) > 1 && proc.Clock() > w.First {
			return &agent.LostError{Agent: a.Name, Err: errors.New("it acknowledged the window after its first request was due")}
		}
		return nil
	})
	if err != nil && m.Agents.apart() {
		m.stopAll(ctx)
	}
	return err
}

// results waits for the end of the window, and for what each agent measured.
func (m *measurement) results(ctx context.Context) error {
	outcomes := make([]agent.Outcome, len(m.Agents.all()))
	defer m.clockInWindow()()
	err := m.steps("collecting", m.Agents.all(), func(i int, a Member) (err error) {
		outcomes[i], err = a.Result(ctx, m.name)
		if outcomes[i].Hangs && m.Agents.apart() {
			m.stopAll(ctx) // clients of the others would wait for ever
		}
		return err
	})
	m.served = outcomes[0]
	m.network(outcomes)
	for i, a := range m.Agents.all() {
		for k := range m.players {
			if m.players[k].Agent == a.Agent {
				m.players[k].Outcome = outcomes[i]
			}
		}
	}
	m.addUp()
	m.serverIsAsOrdered()
	return err
}

// clockInWindow tells the time in the window of a trial over several machines until the function that it returns is called.
func (m *measurement) clockInWindow() (stop func()) {
	if !m.Agents.apart() {
		return func() {}
	}
	over := make(chan struct{})
	var told sync.WaitGroup
	told.Go(func() {
		tick := time.NewTicker(clockTick)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
			}
			elapsed := time.Since(m.start)
			if elapsed > m.window {
				return
			}
			m.Emit(InWindow{Trial: m.planned, Elapsed: elapsed, Of: m.window})
		}
	})
	return func() {
		close(over)
		told.Wait()
	}
}

// clockTick is how often the time in the window is told.
const clockTick = 500 * time.Millisecond

// addUp makes one result of what all agents measured.
func (m *measurement) addUp() {
	var parts []*load.Result
	for _, p := range m.players {
		if p.Unplayed != "" {
			m.invalid(reason.Generator, "%s", m.by(p, p.Unplayed))
		} else if p.Load != nil {
			parts = append(parts, p.Load)
			if m.Agents.apart() {
				m.trial.Raw[result.BeganLate+p.Name] = float64(p.Load.Began)
			}
		}
	}
	if len(parts) == len(m.players) {
		m.load = load.AddUp(m.played, parts)
	}
}

// by is what is said of an agent that is one of several.
func (m *measurement) by(p player, text string) string {
	if len(m.players) == 1 {
		return text
	}
	return p.Name + ": " + text
}

// stopAll ends the window everywhere.
func (m *measurement) stopAll(ctx context.Context) {
	_ = each(m.Agents.all(), func(_ int, a Member) error { return a.Stop(context.WithoutCancel(ctx), m.name) }) // who is lost ends by itself
}

// readClocks reads the clocks of all agents.
func (m *measurement) readClocks(ctx context.Context) ([]agent.Offset, error) {
	clocks := make([]agent.Offset, len(m.Agents.all()))
	err := each(m.Agents.all(), func(i int, a Member) (err error) {
		clocks[i], err = agent.ReadOffset(ctx, a)
		return err
	})
	return clocks, err
}

// clocksKept reads the clocks again. What an agent did by a clock that was set meanwhile was not done with the others.
func (m *measurement) clocksKept(ctx context.Context, before []agent.Offset) error {
	if len(before) < 2 {
		return nil
	}
	after, err := m.readClocks(ctx)
	if err != nil {
		return err
	}
	for i, a := range m.Agents.all() {
		if by := before[i].Stepped(after[i]); by != 0 {
			m.invalid(reason.Pause, "the clock of %s was set by %v in the trial, so that it did not begin with the others", a.Name, by.Round(time.Microsecond))
		}
		m.trial.Raw[result.RoundTrip+a.Name] = float64(min(before[i].Trip, after[i].Trip))
		m.trial.Raw["clock_ahead_ns."+a.Name] = float64(before[i].Ahead)
	}
	return nil
}

// network notes how many TCP segments each machine sent in the window, and sent again because the network or the other
// side had lost them.
func (m *measurement) network(outcomes []agent.Outcome) {
	if !m.Agents.apart() {
		return
	}
	for i, a := range m.Agents.all() {
		from, to := outcomes[i].Seen.From.Machine, outcomes[i].Seen.To.Machine
		if from.Sent > 0 && to.Sent > 0 {
			m.trial.Raw[result.SegmentsSent+a.Name] = float64(to.Sent - from.Sent)
			m.trial.Raw[result.SegmentsResent+a.Name] = float64(to.Resent - from.Resent)
		}
	}
}
