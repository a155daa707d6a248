package experiments

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/agent"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
)

// elsewhere is an agent whose clock shows something else, as that of another machine does, and that fails when told to.
type elsewhere struct {
	*agent.Here
	ahead atomic.Int64
	begun atomic.Int64 // windows
	begin func(*elsewhere) error
}

func (e *elsewhere) Clock(ctx context.Context) (int64, error) {
	ns, err := e.Here.Clock(ctx)
	return ns + e.ahead.Load(), err
}

func (e *elsewhere) Begin(ctx context.Context, t agent.Trial, w agent.Window) error {
	e.begun.Add(1)
	for _, moment := range []*int64{&w.First, &w.Start, &w.End} {
		*moment -= e.ahead.Load()
	}
	if e.begin != nil {
		if err := e.begin(e); err != nil {
			return err
		}
	}
	return e.Here.Begin(ctx, t, w)
}

// threeMachines are a server's agent and two that load.
func threeMachines(t *testing.T) (Agents, []*elsewhere) {
	var list []*elsewhere
	var members []Member
	for i, name := range []string{"server", "one", "two"} {
		e := &elsewhere{Here: agent.New(registry(), nil)}
		t.Cleanup(func() { require.NoError(t, e.Close()) })
		e.ahead.Store(int64(i) * int64(1000*time.Hour))
		list = append(list, e)
		members = append(members, Member{name, e})
	}
	return Agents{Server: members[0], Loaders: members[1:]}, list
}

// A trial over several agents is the trial of one: the same schedule, whatever their clocks show.
func TestATrialOverSeveralAgents(t *testing.T) {
	agents, list := threeMachines(t)
	p := small(t, "goroutine")
	p.Trials = p.Trials[:2]
	for i := range p.Cells {
		p.Cells[i].Load = load.Options{Connections: 5, Mute: p.Cells[i].Load.Mute, Arrivals: load.Poisson, Rate: 500, Warmup: 50 * time.Millisecond, Duration: 200 * time.Millisecond}
	}
	alone, err := run(t, p, nil)
	require.NoError(t, err)
	r, err := run(t, p, func(o *Options) { o.Agents = agents })
	require.NoError(t, err)
	require.Len(t, r.Trials, 2)
	for i, trial := range r.Trials {
		require.Equal(t, alone.Trials[i].Metrics[metric.OfferedRate], trial.Metrics[metric.OfferedRate])
		require.EqualValues(t, 5, trial.Metrics[metric.Served]+trial.Metrics[metric.Unserved])
		require.Equal(t, alone.Trials[i].Cell, trial.Cell)
		require.Contains(t, trial.Raw, "round_trip_ns.two")
		require.Contains(t, trial.Raw, "segments_resent.two")
		require.InDelta(t, float64(2000*time.Hour), trial.Raw["clock_ahead_ns.two"], float64(time.Second))
		require.NotContains(t, trial.Reasons.String(), "clock")
	}
	for _, e := range list {
		require.EqualValues(t, 2, e.begun.Load())
	}
}

// An agent whose clock is set in the trial is named.
func TestAClockThatIsSetMakesTheTrialInvalid(t *testing.T) {
	agents, list := threeMachines(t)
	p := small(t, "goroutine")
	p.Trials = p.Trials[:1]
	list[2].begin = func(e *elsewhere) error { e.ahead.Add(int64(10 * time.Millisecond)); return nil }
	r, err := run(t, p, func(o *Options) { o.Agents = agents })
	require.NoError(t, err)
	require.False(t, r.Trials[0].Valid)
	require.Regexp(t, `the clock of two was set by (9\.9|10)\d*\S*ms in the trial`, r.Trials[0].Reasons.String())
}

// A trial of which an agent is lost is carried out again, and counted once; after three attempts the run ends and names the
// agent, and can be resumed.
func TestALostAgent(t *testing.T) {
	for _, losses := range []int64{2, 3} {
		agents, list := threeMachines(t)
		p := small(t, "goroutine")
		p.Trials = p.Trials[:2]
		broken := errors.New("no answer")
		list[1].begin = func(e *elsewhere) error {
			if n := e.begun.Load(); 1 < n && n <= 1+losses { // the first trial is measured
				return &agent.LostError{Agent: "one", Err: broken}
			}
			return nil
		}
		var lost []Event
		emit := func(e Event) {
			if _, is := e.(Lost); is {
				lost = append(lost, e)
			}
		}
		r, err := run(t, p, func(o *Options) { o.Agents, o.Emit = agents, emit })
		require.Len(t, lost, 2)
		if losses == 2 {
			require.NoError(t, err)
			require.Len(t, r.Trials, 2)
			continue
		}
		require.ErrorIs(t, err, broken)
		require.ErrorContains(t, err, "agent one is lost")
		require.Len(t, r.Trials, 1)
		again, err := run(t, p, func(o *Options) { o.Agents, o.Dir, o.Resume = agents, r.Dir, true })
		require.NoError(t, err)
		require.Len(t, again.Trials, 2)
	}
}

// A run of which an agent is lost before the first result leaves nothing.
func TestAnAgentThatIsLostAtOnceLeavesNothing(t *testing.T) {
	agents, list := threeMachines(t)
	list[1].begin = func(*elsewhere) error { return &agent.LostError{Agent: "one", Err: errors.New("no answer")} }
	dir := filepath.Join(t.TempDir(), "results")
	_, err := run(t, small(t, "goroutine"), func(o *Options) { o.Agents, o.Dir = agents, dir })
	require.ErrorContains(t, err, "agent one is lost")
	require.NoDirExists(t, dir)
}

// capped is an agent whose owner allows less than everything.
type capped struct {
	*agent.Here
	caps agent.Caps
}

func (c *capped) Facts(ctx context.Context) (agent.Facts, error) {
	f, err := c.Here.Facts(ctx)
	f.Caps = c.caps
	return f, err
}

// What an agent's owner does not allow ends the run before anything is measured or written.
func TestCapsAreAskedFirst(t *testing.T) {
	for want, caps := range map[string]agent.Caps{
		"agent one: this agent does not load":              {Serve: true},
		"agent one: this agent opens at most 1 connection": {Load: true, Connections: 1},
		"agent one: this agent may not load 127.0.0.1":     {Load: true, Allow: []netip.Prefix{netip.MustParsePrefix("10.0.0.9/32")}},
	} {
		agents, list := threeMachines(t)
		agents.Loaders[0].Agent = &capped{list[1].Here, caps}
		dir := filepath.Join(t.TempDir(), "results")
		_, err := run(t, small(t, "goroutine"), func(o *Options) { o.Agents, o.Dir = agents, dir })
		require.ErrorContains(t, err, want)
		require.NoDirExists(t, dir)
	}
}

// A run over several machines tells what its agents do, and who is waited for.
func TestStepsAreTold(t *testing.T) {
	agents, _ := threeMachines(t)
	p := small(t, "goroutine")
	p.Trials = p.Trials[:1]
	var steps []Step
	windows := 0
	_, err := run(t, p, func(o *Options) {
		o.Agents = agents
		o.Emit = func(e Event) {
			switch e := e.(type) {
			case Step:
				steps = append(steps, e)
			case InWindow:
				windows++
			}
		}
	})
	require.NoError(t, err)
	done := map[string]int{}
	for _, s := range steps {
		for _, a := range s.Agents {
			if a.Done {
				done[s.Doing]++
			}
		}
	}
	require.Equal(t, map[string]int{"preparing": 1 + 2, "connecting": 1 + 2, "collecting": 1 + 2 + 3}, done)
	require.Equal(t, "server", steps[len(steps)-1].Agents[0].Name)
	require.Positive(t, steps[0].Agents[0].Clients)
}

// What one of many did makes the trial invalid and is said with its name, though it could not move the percentiles of all.
func TestOneBadGeneratorOfManyIsNamed(t *testing.T) {
	m := &measurement{}
	o := load.Options{Arrivals: load.Constant, Rate: 100, Duration: time.Second, Connections: 64}
	for i := range 64 {
		lag := 1000.
		if i == 17 {
			lag = 5e6
		}
		p := player{Member: Member{Name: fmt.Sprint("agent-", i)}}
		p.Load = &load.Result{Setup: load.Setup{Threads: 1, Pinned: true}, Metrics: map[string]float64{"served": 1, "send_lag.p99": lag}}
		m.players = append(m.players, p)
	}
	m.load = &load.Result{Setup: load.Setup{Threads: 64, Pinned: true}, Metrics: map[string]float64{"served": 64, "send_lag.p99": 1000}}
	m.judge(o, -1)
	require.False(t, m.load.Valid)
	require.Equal(t, 1, strings.Count(m.load.Reasons.String(), "agent-"))
	require.Contains(t, m.load.Reasons.String(), "agent-17: send lag p99 5ms is above 2ms: the generator was late")

	for i := range m.players {
		m.players[i].Load = &load.Result{Setup: load.Setup{Threads: 1}, Metrics: map[string]float64{"served": 1}}
	}
	m.players[40].Load.Pause, m.players[40].Load.Paused = 46*time.Millisecond, 46*time.Millisecond
	m.load = &load.Result{Setup: load.Setup{Threads: 64}, Metrics: map[string]float64{"served": 64}, Pause: 46 * time.Millisecond, Paused: 46 * time.Millisecond}
	m.judge(o, -1)
	require.True(t, m.load.Valid)
	require.Contains(t, m.load.Reasons.String(), "agent-40: the generator had no turn for 46ms in one piece")
}

// On one machine it is the generator that says how long it takes to be told; over several, the network.
func TestTheWindowIsToldInTime(t *testing.T) {
	require.Equal(t, 3*time.Millisecond, lead(3*time.Millisecond, make([]agent.Offset, 1), 1))
	require.Equal(t, leastLead, lead(3*time.Millisecond, make([]agent.Offset, 2), 1))
	require.Equal(t, 120*time.Millisecond, lead(3*time.Millisecond, []agent.Offset{{}, {Most: int64(30 * time.Millisecond)}}, 1))
	require.Equal(t, 4*leastLead, lead(3*time.Millisecond, make([]agent.Offset, 2), 3), "it came too late twice")
}
