package experiments

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/patterns/proc"
)

// A measurement is one trial: a fresh server, the load on it, and what both of them used. Its agents start and read them;
// it tells the agents what to do, and judges.
type measurement struct {
	*runner
	planned plan.Trial
	cell    plan.Cell

	profile   string // a kind of profile that the server writes in the window; "": it is measured
	uncounted bool   // nothing of it is stored
	again     bool   // it was measured before

	trial   result.Trial
	name    agent.Trial
	serving agent.Serving
	served  agent.Outcome // of the server's agent
	played  load.Options
	players []player
	load    *load.Result // of all of them; nil: nothing was played
	start   time.Time    // of the window
	window  time.Duration
	ending  agent.Ending
	broken  error // there is no result, and the server is not to blame
}

// A player is an agent that loads, and what it measured.
type player struct {
	Member
	agent.Connected
	agent.Outcome
}

// measure carries the trial out. What goes wrong with the server or the generator is part of the result.
func (m *measurement) measure(ctx context.Context) {
	began, shown := time.Now(), m.clock()
	m.trial = result.Trial{
		Cell: m.cell.ID, Label: m.planned.Label, Block: m.planned.Block, Order: m.planned.Order,
		Again: m.again, Valid: true, Metrics: map[string]float64{}, Raw: map[string]float64{},
		Started: shown.Format(time.RFC3339Nano),
	}
	defer func() {
		lasted := time.Since(began)
		m.trial.Seconds = lasted.Seconds()
		if by := jump(shown, m.clock(), lasted); by != 0 {
			m.warn(reason.Pause, "the system's clock was set by %v, or the machine slept; what is measured is by the monotonic clock",
				by.Round(time.Second))
		}
	}()

	m.name = m.attempt(m.planned.Order, m.limit())
	if m.serve(ctx) {
		m.failed(m.play(ctx))
	}
	kept := m.keep()
	m.stop(ctx)
	if m.serving.Address != "" && m.broken == nil {
		m.figures()
		m.trial.Absent = m.absences()
	}
	if err := <-kept; err != nil {
		m.broken = err
	}
}

// failed notes that a step of the trial went wrong: the trial is invalid, or the run cannot go on.
func (m *measurement) failed(err error) {
	var failure *agent.Failure
	switch {
	case err == nil:
	case errors.As(err, &failure):
		m.invalid(failure.Kind, "%s", failure.Text)
	default:
		m.broken = err
	}
}

// keep stores what the generator saw while the server is stopped. The channel that it returns has the outcome.
func (m *measurement) keep() <-chan error {
	kept := make(chan error, 1)
	if m.load == nil || m.uncounted {
		kept <- nil
		return kept
	}
	go func() { kept <- m.writer.Keep(&m.trial, m.load, m.start) }()
	return kept
}

func (m *measurement) invalid(k reason.Kind, format string, args ...any) *reason.Reason {
	m.trial.Valid = false
	return m.trial.Reasons.Invalid(k, format, args...)
}

func (m *measurement) warn(k reason.Kind, format string, args ...any) *reason.Reason {
	return m.trial.Reasons.Warn(k, format, args...)
}

// serve starts the server and reports whether it can be asked.
func (m *measurement) serve(ctx context.Context) bool {
	serving, err := m.agents.Server.Serve(ctx, m.name, agent.ServeOrder{
		Job:       host.Job{Server: cmp.Or(m.cell.Command, m.cell.Server), Config: m.cell.Config, Transport: m.cell.Transport},
		Placement: m.cell.Placement, GOMAXPROCS: m.cell.GOMAXPROCS, GOGC: m.cell.GOGC,
		Hello: hello(m.cell.Load.Conversation), Loads: m.agents.serverLoads(),
	})
	if m.serving = serving; serving.Unplaced != "" {
		m.warn(reason.Settings, "%s", serving.Unplaced)
	}
	var start *host.StartError
	if errors.As(err, &start) {
		m.invalid(reason.Server, "%v", start.Reason)
		m.fault(reason.NotStarted, "%v", start.Reason)
		m.trial.Stderr = start.Stderr
		return false
	}
	m.failed(err)
	return err == nil
}

// hello is the request that shows whether a command answers; nil: a request of the uppercase protocol.
func hello(c *load.Conversation) []byte {
	switch {
	case c == nil:
		return nil
	case len(c.Greeting) > 0:
		return []byte{}
	}
	return c.Say
}

// counts reports whether the kernel's count of read and write calls is that of the server's input and
// output: it leaves out recv, which other languages use, and what goes through a ring.
func (m *measurement) counts() bool {
	e, err := m.Registry.Lookup(m.cell.Server) // a command of the user's is not in it
	return err == nil && !e.Traits.Uncounted && e.Launch == nil
}

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
	loaders := m.agents.Loaders
	m.players = make([]player, len(loaders))
	err := each(loaders, func(i int, l Member) error {
		m.players[i].Member = l
		part := o
		if len(loaders) > 1 {
			part = o.Split(i, len(loaders))
		}
		return l.Prepare(ctx, m.name, agent.LoadOrder{Options: part, Placement: m.cell.Placement})
	})
	if err != nil {
		return err
	}
	return each(loaders, func(i int, l Member) (err error) {
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
	w := agent.Window{First: now + int64(lead(needed, clocks)), Drain: m.cell.Load.Stop, Profile: m.profile}
	w.Start = w.First + int64(m.cell.Load.Warmup)
	w.End = w.Start + int64(m.cell.Load.Duration)
	m.start, m.window = time.Now().Add(time.Duration(w.Start-now)), m.cell.Load.Duration
	err := each(m.agents.all(), func(i int, a Member) error {
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
	if err != nil && m.agents.apart() {
		m.stopAll(ctx)
	}
	return err
}

// results waits for the end of the window, and for what each agent measured.
func (m *measurement) results(ctx context.Context) error {
	outcomes := make([]agent.Outcome, len(m.agents.all()))
	err := each(m.agents.all(), func(i int, a Member) (err error) {
		outcomes[i], err = a.Result(ctx, m.name)
		if outcomes[i].Hangs && m.agents.apart() {
			m.stopAll(ctx) // clients of the others would wait for ever
		}
		return err
	})
	m.served = outcomes[0]
	for i, a := range m.agents.all() {
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

// addUp makes one result of what all agents measured.
func (m *measurement) addUp() {
	var parts []*load.Result
	for _, p := range m.players {
		if p.Unplayed != "" {
			m.invalid(reason.Generator, "%s", m.by(p, p.Unplayed))
		} else if p.Load != nil {
			parts = append(parts, p.Load)
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
	_ = each(m.agents.all(), func(_ int, a Member) error { return a.Stop(context.WithoutCancel(ctx), m.name) }) // who is lost ends by itself
}

// readClocks reads the clocks of all agents.
func (m *measurement) readClocks(ctx context.Context) ([]agent.Offset, error) {
	clocks := make([]agent.Offset, len(m.agents.all()))
	err := each(m.agents.all(), func(i int, a Member) (err error) {
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
	for i, a := range m.agents.all() {
		if by := before[i].Stepped(after[i]); by != 0 {
			m.invalid(reason.Pause, "the clock of %s was set by %v in the trial, so that it did not begin with the others", a.Name, by.Round(time.Microsecond))
		}
		m.trial.Raw["round_trip_ns."+a.Name] = float64(min(before[i].Trip, after[i].Trip))
		m.trial.Raw["clock_ahead_ns."+a.Name] = float64(before[i].Ahead)
	}
	return nil
}

// stop stops the server, if it is there, and ends what is left of the trial.
func (m *measurement) stop(ctx context.Context) {
	err := each(m.agents.all(), func(i int, a Member) error {
		ending, err := a.End(ctx, m.name)
		if i == 0 {
			m.ending = ending
		}
		return err
	})
	if err != nil {
		m.broken = cmp.Or(m.broken, err)
		return
	}
	if m.serving.Address == "" {
		return
	}
	m.trial.Stderr = m.ending.Stderr
	if what := m.ending.Undrained; what != "" {
		m.warn(reason.Server, "drain: %s", what)
	}
	how := m.ending.Exit
	if how == "" {
		how = "exit status 0"
	}
	switch {
	case m.ending.Died && m.cell.Command != "":
		m.invalid(reason.Server, "the server ended by itself (%s)", how)
		m.fault(reason.Ended, "%s", how)
	case m.ending.Died:
		m.invalid(reason.Server, "the server died (%s)", how)
		m.fault(reason.Died, "%s", how)
	case m.ending.Killed:
		m.fault(reason.Hung, "")
		m.warn(reason.Server, "the server hung when it was told to end, and was killed")
	}
	if n := m.ending.Drained.Goroutines; n > 0 {
		m.warn(reason.Server, "%s left when Serve had returned", unit.Many(n, "goroutine"))
	}
	if n := m.ending.Drained.Descriptors; n > 0 {
		m.warn(reason.Server, "%s left open when Serve had returned", unit.Many(n, "descriptor"))
	}
	if n := m.ending.Left; n > 0 && !m.ending.Killed {
		m.warn(reason.Server, "%s left behind, and killed", unit.Many(n, "process"))
	}
}
