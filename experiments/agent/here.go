package agent

import (
	"context"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"socketbench/experiments/environ"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/reason"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
	"socketbench/servers"
	"socketbench/servers/upper"
)

// Here is this machine. While it carries out a trial, this process runs on the CPUs that the server does not run on.
type Here struct {
	registry servers.Registry
	binary   []string
	launcher host.Launcher
	workUnit func() float64 // measured when it is first asked for

	lock  sync.Mutex // of trial, and of its server and its generator while they are set
	trial *trial     // under way; nil: none
}

// New returns this machine as an agent that starts servers of a registry. binary is the command that becomes a server or a
// generator, see child.Options; nil: this program. Close it when done.
func New(registry servers.Registry, binary []string) *Here {
	return &Here{registry: registry, binary: binary, workUnit: sync.OnceValue(workUnit)}
}

// Close ends what is left, and gives this process its CPUs back.
func (h *Here) Close() error {
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := h.endOther(ended, Trial{Order: -1}); err != nil {
		return err
	}
	return proc.Confine(nil)
}

// trial is one under way.
type trial struct {
	name      Trial
	placement host.Placement
	order     ServeOrder
	part      load.Shard      // of the load; the zero value: none
	server    *host.Server    // nil: none was started
	generator *load.Generator // nil: none was started
	outcome   Outcome
	ending    Ending

	ended   sync.Once
	told    bool               // the server was told to stop
	stop    context.CancelFunc // ends the watch
	watched chan struct{}      // closed when the watch has ended; nil: there was none
}

// at returns the trial of that name.
func (h *Here) at(name Trial) (*trial, error) {
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.trial == nil || h.trial.name != name {
		return nil, fmt.Errorf("agent: trial %d is not under way", name.Order)
	}
	return h.trial, nil
}

// enter returns the trial of that name, which begins if it has not.
func (h *Here) enter(ctx context.Context, name Trial, placement string) (*trial, error) {
	if t, err := h.at(name); err == nil {
		return t, nil
	}
	if err := h.endOther(ctx, name); err != nil {
		return nil, err
	}
	p, err := host.NewPlacement(placement)
	if err != nil {
		return nil, &Failure{reason.Settings, err.Error()}
	}
	t := &trial{name: name, placement: p, stop: func() {}}
	h.lock.Lock()
	defer h.lock.Unlock()
	h.trial = t
	return t, nil
}

// endOther ends the trial under way, unless it is the one of that name.
func (h *Here) endOther(ctx context.Context, name Trial) error {
	h.lock.Lock()
	other := h.trial
	h.lock.Unlock()
	if other == nil || other.name == name {
		return nil
	}
	_, err := h.End(ctx, other.name)
	return err
}

// generate starts the generator of a trial, if that has not been done.
func (h *Here) generate(t *trial) error {
	if t.generator != nil {
		return nil
	}
	g, err := load.Start(h.binary)
	if err != nil {
		return err
	}
	h.lock.Lock()
	defer h.lock.Unlock()
	t.generator = g
	return nil
}

// Facts implements [Agent].
func (h *Here) Facts(context.Context) (Facts, error) {
	_, environment := environ.Clean(os.Environ())
	return Facts{
		Build: child.Version(), Engine: load.BestEngine, Machine: host.ReadFacts(), Caps: everything,
		WorkUnit: h.workUnit(), Environment: environment,
	}, nil
}

// workUnit measures what one iteration of a request's computing takes here, in ns: the least of a few
// attempts, as whatever interrupts one makes it longer.
func workUnit() float64 {
	const n = 2_000_000 // a few milliseconds
	least, sum := time.Duration(0), uint64(0)
	for i := range 7 {
		start := time.Now()
		sum += upper.Spin(n)
		if took := time.Since(start); i == 0 || took < least {
			least = took
		}
	}
	if sum == 0 { // never; but the sum must be wanted, or nothing need be computed
		return 0
	}
	return float64(least) / n
}

// Clock implements [Agent].
func (h *Here) Clock(context.Context) (int64, error) { return proc.Clock(), nil }

// Pace implements [Agent].
func (h *Here) Pace(_ context.Context, placement string) (map[string]time.Duration, error) {
	p, _ := host.NewPlacement(placement) // one that cannot be had has no CPUs, and Serve says why
	return host.Pace(p.Paced()), nil
}

// Serve implements [Agent].
func (h *Here) Serve(ctx context.Context, name Trial, o ServeOrder) (Serving, error) {
	t, err := h.enter(ctx, name, o.Placement)
	if err != nil {
		return Serving{}, err
	}
	t.order = o
	s := Serving{Placement: t.placement}
	// This process stays off the server's CPUs, and so do the processes that it starts.
	if err := proc.Confine(t.placement.Beside); err != nil {
		s.Unplaced = err.Error()
	}
	if o.Loads {
		if err := h.generate(t); err != nil {
			return s, err
		}
	}
	entry, _ := h.registry.Lookup(o.Server) // a command of the user's has none
	t.server, err = h.launcher.Serve(ctx, host.Options{
		Job: o.Job, Launch: entry.Launch, Hello: o.Hello, CPUs: t.placement.Server,
		GOMAXPROCS: o.GOMAXPROCS, GOGC: o.GOGC, Binary: h.binary,
	})
	if err != nil {
		return s, err
	}
	s.Address, s.Known = t.server.Address, t.server.PID != 0
	s.Empty, _ = host.ReadUsage(t.server.PID)
	return s, nil
}

// Prepare implements [Agent].
func (h *Here) Prepare(ctx context.Context, name Trial, o LoadOrder) error {
	t, err := h.enter(ctx, name, o.Placement)
	if err != nil {
		return err
	}
	if err := h.generate(t); err != nil {
		return err
	}
	t.part = o.Part.Shard
	o.CPUs, o.Spin = t.placement.Client, t.placement.OwnCPUs()
	return unplayed(t.generator.Prepare(ctx, o.Options))
}

// Connect implements [Agent].
func (h *Here) Connect(ctx context.Context, name Trial) (Connected, error) {
	t, err := h.at(name)
	if err != nil {
		return Connected{}, err
	}
	if err := t.generator.Connect(ctx); err != nil {
		return Connected{}, unplayed(err)
	}
	return Connected{Playing: !t.generator.Over(), Lead: t.generator.Lead(), Placement: t.placement}, nil
}

// unplayed is the failure of a generator.
func unplayed(err error) error {
	if err == nil {
		return nil
	}
	return &Failure{reason.Generator, strings.TrimPrefix(err.Error(), "load: ")}
}

// Begin implements [Agent].
func (h *Here) Begin(_ context.Context, name Trial, w Window) error {
	t, err := h.at(name)
	if err != nil {
		return err
	}
	if t.generator != nil {
		t.generator.Begin(w.First)
	}
	ctx, stop := context.WithCancel(context.Background())
	h.lock.Lock()
	t.stop, t.watched = stop, make(chan struct{})
	h.lock.Unlock()
	go func() {
		defer close(t.watched)
		if w.Profile != "" {
			t.profile(ctx, w)
		} else {
			t.watch(ctx, w)
		}
		if t.outcome.Hangs = w.Drain && t.server != nil && !t.drain(ctx); t.outcome.Hangs && t.generator != nil {
			t.generator.Stop() // its clients would wait for ever
		}
	}()
	return nil
}

// Result implements [Agent].
func (h *Here) Result(ctx context.Context, name Trial) (Outcome, error) {
	t, err := h.at(name)
	if err != nil {
		return Outcome{}, err
	}
	defer context.AfterFunc(ctx, t.stop)()
	if t.generator != nil {
		if t.outcome.Load, err = t.generator.Result(ctx); err != nil {
			t.outcome.Unplayed = unplayed(err).Error()
			t.stop()
		}
	}
	if t.watched != nil {
		<-t.watched
	}
	return t.outcome, nil
}

// Stop implements [Agent].
func (h *Here) Stop(_ context.Context, name Trial) error {
	t, err := h.at(name)
	if err != nil {
		return err
	}
	h.lock.Lock()
	defer h.lock.Unlock()
	t.stop()
	if t.generator != nil {
		t.generator.Stop()
	}
	return nil
}

// End implements [Agent].
func (h *Here) End(ctx context.Context, name Trial) (Ending, error) {
	t, err := h.at(name)
	if err != nil {
		return Ending{}, nil // nothing of it is left
	}
	t.ended.Do(func() { t.end(ctx) })
	h.lock.Lock()
	defer h.lock.Unlock()
	if h.trial == t {
		h.trial = nil
	}
	return t.ending, nil
}

func (t *trial) end(ctx context.Context) {
	t.stop()
	if t.watched != nil {
		<-t.watched
	}
	if t.server != nil {
		t.drain(ctx)
		t.ending.Ending = t.server.End()
	}
	if t.generator != nil {
		t.generator.Close()
	}
}
