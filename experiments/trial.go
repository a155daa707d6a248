package experiments

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/patterns/proc"
)

// A measurement is one trial: a fresh server, the load on it, and what both of them used.
type measurement struct {
	*runner
	planned plan.Trial
	cell    plan.Cell

	observe   func(context.Context, load.Window) // what is done beside the load; nil: watch
	uncounted bool                               // nothing of it is stored
	again     bool                               // it was measured before

	trial     result.Trial
	played    load.Options
	load      *load.Result // nil: nothing was played
	start     time.Time    // of the window
	broken    error        // the run cannot go on, and the server is not to blame
	placement host.Placement
	player    *load.Generator
	server    *host.Server
	counted   bool // the kernel counts the server's reads and writes

	empty  host.Usage  // before the first client
	from   observation // at the window's ends
	to     observation
	middle host.Usage  // its CPU time alone
	peak   observation // the most of what has no counter
	whole  bool        // both ends of the window were read
	window time.Duration

	told    bool // the server was told to stop
	stopped bool // and did
	died    bool // before it was told to stop, or while it stopped
	drain   host.Drained
	ending  host.Ending
}

// measure carries the trial out. What goes wrong with the server or the generator is part of the result.
func (m *measurement) measure(ctx context.Context) {
	began, shown := time.Now(), m.clock()
	if m.observe == nil {
		m.observe = m.watch
	}
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

	var err error
	if m.placement, err = host.NewPlacement(m.cell.Placement); err != nil {
		m.invalid(reason.Settings, "%v", err)
		return
	}
	started := m.begin(ctx)
	if m.player != nil {
		defer m.player.Close()
	}
	if !started {
		return
	}
	m.play(ctx)
	kept := m.keep()
	m.stop(ctx)
	m.figures()
	m.trial.Absent = m.absences()
	if err := <-kept; err != nil {
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

// begin starts generator and server at the same time, each on its CPUs.
func (m *measurement) begin(ctx context.Context) bool {
	// This process stays off the server's CPUs, and so do the processes that it starts.
	if err := proc.Confine(m.placement.Beside()); err != nil {
		m.warn(reason.Settings, "%v", err)
	}
	if m.player, m.broken = load.Start(m.Binary); m.broken != nil {
		return false
	}
	return m.serve(ctx)
}

// serve starts the server and reads what it uses while nobody is there.
func (m *measurement) serve(ctx context.Context) bool {
	entry, _ := m.Registry.Lookup(m.cell.Server) // a command of the user's has none
	server, err := m.launcher.Serve(ctx, host.Options{
		Launch:     entry.Launch,
		Job:        host.Job{Server: cmp.Or(m.cell.Command, m.cell.Server), Config: m.cell.Config, Transport: m.cell.Transport},
		Hello:      hello(m.cell.Load.Conversation),
		CPUs:       m.placement.Server,
		GOMAXPROCS: m.cell.GOMAXPROCS,
		GOGC:       m.cell.GOGC,
		Binary:     m.Binary,
	})
	var start *host.StartError
	switch {
	case errors.As(err, &start):
		m.invalid(reason.Server, "%v", start.Reason)
		m.fault(reason.NotStarted, "%v", start.Reason)
		m.trial.Stderr = start.Stderr
		return false
	case err != nil:
		m.broken = err
		return false
	}
	m.server = server
	m.counted = m.counts()
	m.empty, _ = host.ReadUsage(server.PID)
	return true
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

// play runs the load and reads the server at both ends of the window and in its middle.
func (m *measurement) play(ctx context.Context) {
	o := m.cell.Load
	o.Address, o.Seed, o.CPUs = m.server.Address, m.planned.Seed, m.placement.Client
	o.Spin = m.placement.Name == host.Split
	o.IdleAsksNothing = asksNothing(m.cell)
	m.played = o
	windows := make(chan load.Window, 1)
	o.Ready = func(w load.Window) { windows <- w }
	o.Progress = func(p load.Progress) { m.Emit(Progress{m.planned, p}) }

	type played struct {
		result *load.Result
		err    error
	}
	over := make(chan played, 1)
	limit := length(m.cell) + 2*o.Bound() + time.Minute // first the disturbers connect, and then the measured clients
	if o.Stop {
		limit += m.drainLimit()
	}
	patience, cancel := context.WithTimeoutCause(ctx, limit, errors.New("the generator hangs"))
	defer cancel()
	go func() {
		r, err := m.player.Play(patience, o)
		over <- played{r, err}
	}()
	var end played
	select {
	case w := <-windows:
		m.start, m.window = w.Start, w.End.Sub(w.Start)
		m.observe(patience, w)
		if o.Stop && !m.drainServer(ctx) {
			cancel() // its clients would wait for ever
		}
		end = <-over
	case end = <-over:
	}
	if end.err != nil {
		m.invalid(reason.Generator, "%s", strings.TrimPrefix(end.err.Error(), "load: "))
		return
	}
	m.load = end.result
}

// drainPatience is how much longer than its own limit a server may take to drain.
const drainPatience = 5 * time.Second

// drainLimit is how long the server may take to drain, with that patience.
func (m *measurement) drainLimit() time.Duration {
	limit := m.cell.Config.DrainTimeout
	if limit <= 0 {
		limit = 5 * time.Second
	}
	return limit + drainPatience
}

// drainServer tells the server to stop, once, and reports whether it did.
func (m *measurement) drainServer(ctx context.Context) bool {
	if m.told {
		return m.stopped
	}
	m.told = true
	select {
	case <-m.server.Died():
		m.died = true
		return false
	default:
	}
	limit := m.drainLimit()
	// A run that is interrupted still ends its server; only the waiting is cut short.
	if ctx.Err() != nil {
		limit = drainPatience
	}
	var err error
	m.drain, err = m.server.Drain(context.WithoutCancel(ctx), limit)
	switch {
	case err != nil:
		select {
		case <-m.server.Died():
			m.died = true
		default:
			m.warn(reason.Server, "drain: %v", err)
		}
		return false
	case m.drain.Error != "":
		m.warn(reason.Server, "drain: %s", m.drain.Error)
	}
	m.stopped = true
	return true
}

// stop drains the server, unless that was done before or it has died, and ends it.
func (m *measurement) stop(ctx context.Context) {
	m.drainServer(ctx)
	m.ending = m.server.End()
	m.trial.Stderr = m.ending.Stderr
	how := m.ending.Exit
	if how == "" {
		how = "exit status 0"
	}
	switch {
	case m.died && m.cell.Command != "":
		m.invalid(reason.Server, "the server ended by itself (%s)", how)
		m.fault(reason.Ended, "%s", how)
	case m.died:
		m.invalid(reason.Server, "the server died (%s)", how)
		m.fault(reason.Died, "%s", how)
	case m.ending.Killed:
		m.fault(reason.Hung, "")
		m.warn(reason.Server, "the server hung when it was told to end, and was killed")
	}
	if n := m.drain.Goroutines; n > 0 {
		m.warn(reason.Server, "%s left when Serve had returned", unit.Many(n, "goroutine"))
	}
	if n := m.drain.Descriptors; n > 0 {
		m.warn(reason.Server, "%s left open when Serve had returned", unit.Many(n, "descriptor"))
	}
	if n := m.ending.Left; n > 0 && !m.ending.Killed {
		m.warn(reason.Server, "%s left behind, and killed", unit.Many(n, "process"))
	}
}
