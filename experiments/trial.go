package experiments

import (
	"cmp"
	"context"
	"errors"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/disturb"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
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
	attempted int    // how often it was carried out, with this time

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
	clients int // of its part
	agent.Connected
	agent.Outcome
}

// measure carries the trial out. What goes wrong with the server or the generator is part of the result.
func (m *measurement) measure(ctx context.Context) {
	raw := map[string]float64{}
	if !m.uncounted && !m.await(ctx, raw) {
		return
	}
	began, shown := time.Now(), m.clock()
	m.trial = result.Trial{
		Cell: m.cell.ID, Label: m.planned.Label, Block: m.planned.Block, Order: m.planned.Order,
		Again: m.again, Valid: true, Metrics: map[string]float64{}, Raw: raw,
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

	m.name = m.newName(m.planned.Order, m.limit())
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
	if !m.uncounted && m.broken == nil {
		paces, _ := m.pace(ctx) // the next trial misses an agent that is lost now
		notePaces(raw, disturb.PaceAfter, paces)
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
	serving, err := m.Agents.Server.Serve(ctx, m.name, agent.ServeOrder{
		Job:       host.Job{Server: cmp.Or(m.cell.Command, m.cell.Server), Config: m.cell.Config, Transport: m.cell.Transport},
		Placement: m.cell.Placement, GOMAXPROCS: m.cell.GOMAXPROCS, GOGC: m.cell.GOGC,
		Hello: hello(m.cell.Load.Conversation), Loads: m.Agents.serverLoads(),
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

// stop stops the server, if it is there, and ends what is left of the trial.
func (m *measurement) stop(ctx context.Context) {
	err := each(m.Agents.all(), func(i int, a Member) error {
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
