package experiments

import (
	"context"
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/agent"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
)

// A world is a machine whose pace is told, with a clock of its own.
type world struct {
	*agent.Here
	now    time.Duration
	far    func(now time.Duration) bool // whether a cache line takes five times as long as it does else
	absent bool                         // nothing is known of the pace
	lost   error                        // why it no longer answers
	boot   string                       // "": not known
	asked  int
}

func (w *world) Facts(ctx context.Context) (agent.Facts, error) {
	f, err := w.Here.Facts(ctx)
	f.Machine.Boot = w.boot
	return f, err
}

func (w *world) Pace(context.Context, string) (map[string]time.Duration, error) {
	w.asked++
	switch {
	case w.lost != nil:
		return nil, w.lost
	case w.absent:
		return map[string]time.Duration{}, nil
	case w.far(w.now):
		return map[string]time.Duration{"cpu0": 20_000, "cpu0-cpu1": 19_500}, nil
	}
	return map[string]time.Duration{"cpu0": 20_000, "cpu0-cpu1": 3800}, nil
}

// from makes a far state that begins and ends, in seconds of the run's clock.
func from(begin, end float64) func(time.Duration) bool {
	return func(now time.Duration) bool { return begin <= now.Seconds() && now.Seconds() < end }
}

// trialOfWorld is how long a trial takes there.
const trialOfWorld = time.Second

// inWorlds makes the options of a run in which the agents are worlds, the first of which has the clock.
func inWorlds(t testing.TB, agents ...*world) (o Options, waiting *int) {
	waiting = new(int)
	list := make([]Member, len(agents))
	for i, w := range agents {
		w.Here = agent.New(registry(), nil)
		t.Cleanup(func() { require.NoError(t, w.Close()) })
		list[i] = Member{[]string{"one", "two", "three"}[i], w}
	}
	o = Options{Dir: filepath.Join(t.TempDir(), "results"), Plan: blocks(t), Registry: registry()}
	if o.Agents = (Agents{Server: list[0], Loaders: list[1:]}); len(list) == 1 {
		o.Agents.Loaders = list
	}
	pass := func(d time.Duration) {
		for _, w := range agents {
			w.now += d
		}
	}
	o.pause = func(_ context.Context, d time.Duration) bool { pass(d); return true }
	o.carryOut = func(ctx context.Context, m *measurement) {
		raw := map[string]float64{"window_ns": 1e9}
		if !m.await(ctx, raw) {
			return
		}
		pass(trialOfWorld)
		paces, _ := m.pace(ctx)
		notePaces(raw, "pace_after_ns.", paces)
		m.trial = result.Trial{
			Cell: m.cell.ID, Label: m.planned.Label, Block: m.planned.Block, Order: m.planned.Order, Again: m.again, Valid: true,
			Metrics: map[string]float64{"served": 4, "completed": 100, "cpu_per_request": 5000}, Raw: raw,
		}
	}
	o.Emit = func(e Event) {
		if _, is := e.(Waiting); is {
			*waiting++
		}
	}
	return o, waiting
}

// waits lists what was waited for before which trials, in ns.
func waits(r result.Run) map[int]float64 {
	list := map[int]float64{}
	for _, t := range r.Trials {
		if ns := t.Raw["pace_waited_ns"]; ns > 0 {
			list[t.Order] += ns
		}
	}
	return list
}

// A trial waits for the end of a far stretch, and the one that the stretch fell into is run again.
func TestATrialWaitsForTheUsualPace(t *testing.T) {
	w := &world{far: from(11.5, 13.45)}
	o, waiting := inWorlds(t, w)
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, map[int]float64{12: 1.5e9}, waits(r), "trial 11 ends at 12 s, in the stretch")
	require.Equal(t, []int{11}, seconds(r))
	require.Equal(t, 1, *waiting)
	for _, trial := range r.Trials {
		if trial.Order == 11 && !trial.Again {
			require.Equal(t, "cache lines between two CPUs had lost 81 % of their speed just before or after the trial, where 0 % is usual in this run", trial.Disturbed)
			continue
		}
		require.Empty(t, trial.Disturbed)
		require.EqualValues(t, 3800, trial.Raw["pace_before_ns.cpu0-cpu1"])
		require.EqualValues(t, 20_000, trial.Raw["pace_after_ns.cpu0"])
	}
}

// A run waits no longer than its patience lasts, also if it was interrupted in between. What it could not wait for is disturbed.
func TestPatienceEnds(t *testing.T) {
	for _, resumed := range []bool{false, true} {
		w := &world{far: from(14.5, 1000)}
		o, _ := inWorlds(t, w)
		ctx, cancel := context.WithCancel(t.Context())
		emit := o.Emit
		o.Emit = func(e Event) {
			if s, ok := e.(Finished); ok && resumed && s.Trial.Order == 15 {
				cancel()
			}
			emit(e)
		}
		r, err := Run(ctx, o)
		if resumed {
			require.ErrorIs(t, err, context.Canceled)
			o.Resume, o.Emit = true, emit
			r, err = Run(t.Context(), o)
		}
		cancel()
		require.NoError(t, err)
		total := 0.
		for _, ns := range waits(r) {
			total += ns
		}
		most := patience * float64(Estimate(o.Plan, o.Registry))
		require.LessOrEqual(t, total, most)
		require.Greater(t, total, most-float64(paceAgain))
		for _, trial := range r.Trials {
			if 14 < trial.Order && trial.Order < 23 && !trial.Again { // then far is as usual as near
				require.NotEmpty(t, trial.Disturbed)
			}
		}
	}
}

// Nobody waits for a pace that is not usual in the run, or not known.
func TestNobodyWaitsInVain(t *testing.T) {
	for name, w := range map[string]*world{
		"always near":            {far: from(0, 0)},
		"always far":             {far: from(0, 1000)},
		"far, and near at times": {far: func(now time.Duration) bool { return int(now.Seconds()+5)%10 > 2 }},
		"not known":              {absent: true},
	} {
		o, waiting := inWorlds(t, w)
		r, err := Run(t.Context(), o)
		require.NoError(t, err, name)
		require.Empty(t, waits(r), name)
		require.Zero(t, *waiting, name)
		require.Empty(t, seconds(r), name)
		require.Equal(t, 2*len(r.Trials), w.asked, name)
	}
}

// Agents that share a machine would measure each other, so only the first of them measures its CPUs.
func TestEachMachineIsMeasuredOnce(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		boots [3]string
		asked [3]bool
	}{
		{[3]string{"a", "b", "c"}, [3]bool{true, true, true}},
		{[3]string{"a", "b", "b"}, [3]bool{true, true, false}},
		{[3]string{"a", "a", "a"}, [3]bool{true, false, false}},
		{[3]string{"", "", ""}, [3]bool{true, true, true}}, // they may be on different ones
	} {
		var worlds []*world
		for _, boot := range c.boots {
			worlds = append(worlds, &world{boot: boot, far: from(0, 0)})
		}
		o, _ := inWorlds(t, worlds...)
		_, err := Run(t.Context(), o)
		require.NoError(t, err)
		for i, w := range worlds {
			require.Equal(t, c.asked[i], w.asked > 0, "agent %d of %q", i, c.boots)
		}
	}
}

// Of several machines each is compared with itself, and the slowest one is waited for.
func TestTheSlowestMachineIsWaitedFor(t *testing.T) {
	always, never, sometimes := &world{far: from(0, 1000)}, &world{far: from(0, 0)}, &world{far: from(11.5, 13.05)}
	o, _ := inWorlds(t, always, never, sometimes)
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Equal(t, map[int]float64{12: 1.1e9}, waits(r))
	require.Equal(t, []int{11}, seconds(r))
	require.EqualValues(t, 19_500, r.Trials[0].Raw["pace_before_ns.one.cpu0-cpu1"])
	require.EqualValues(t, 3800, r.Trials[0].Raw["pace_before_ns.two.cpu0-cpu1"])
}

// A run that is interrupted while it waits ends at once, and an agent that is lost then is lost in the trial.
func TestAWaitEnds(t *testing.T) {
	w := &world{far: from(11.5, 1000)}
	o, _ := inWorlds(t, w)
	ctx, cancel := context.WithCancel(t.Context())
	o.pause = func(ctx context.Context, _ time.Duration) bool { cancel(); return false }
	r, err := Run(ctx, o)
	require.ErrorIs(t, err, context.Canceled)
	require.Len(t, r.Trials, 12)

	w.lost = &agent.LostError{Agent: "one", Err: errors.New("no answer")}
	o.Resume, o.pause = true, nil
	lost := 0
	o.Emit = func(e Event) {
		if _, is := e.(Lost); is {
			lost++
		}
	}
	_, err = Run(t.Context(), o)
	require.ErrorContains(t, err, "agent one is lost")
	require.Equal(t, mostAttempts-1, lost)
}

// A search for a capacity waits for the end of a far stretch, and out of the patience of the run. An attempt that a stretch
// fell into says little.
func TestASearchWaitsForTheUsualPace(t *testing.T) {
	w := &world{}
	w.far = func(time.Duration) bool { return 4 <= w.asked && w.asked <= 7 } // from the end of the second attempt on
	o, waiting := inWorlds(t, w)
	o.Plan = shared(t, "servers: [goroutine]\nload: {connections: 4, utilization: 0.1, warmup: 50ms, duration: 4s}\n")
	carry := o.carryOut
	o.carryOut = func(ctx context.Context, m *measurement) {
		if !m.uncounted {
			carry(ctx, m)
			return
		}
		const most = 10000. // requests/s that the server carries, which an attempt of the search finds or stays below
		offered := m.cell.Load.Rate
		achieved := most
		if offered > 0 {
			achieved = min(offered, most)
		}
		m.load = &load.Result{}
		m.trial = result.Trial{Valid: true, Metrics: map[string]float64{metric.OfferedRate: offered, metric.AchievedRate: achieved}}
	}
	planned, emit, heard := false, o.Emit, 0.
	o.Emit = func(e Event) {
		switch e := e.(type) {
		case Planned:
			planned = true
		case Waiting:
			require.False(t, planned, "it is the search that waits")
		case Ended:
			heard = e.Waited.Seconds()
		}
		emit(e)
	}
	r, err := Run(t.Context(), o)
	require.NoError(t, err)
	require.Empty(t, waits(r))
	found := r.Manifest.Capacities[0]
	require.Greater(t, len(found.Attempts), 2)
	require.Equal(t, 1, *waiting)
	require.InDelta(t, 0.3, found.Waited, 1e-9)
	require.InDelta(t, 0.3, heard, 1e-9)
	for i, a := range found.Attempts {
		require.Equal(t, i == 1, a.Why == slowAttempt, "attempt %d: %q", i, a.Why)
	}

	// What the search has waited is part of what a resumed run may wait.
	o.Resume = true
	o.Plan, err = o.Plan.Freeze(r.Manifest.Capacities, r.Manifest.Loads)
	require.NoError(t, err)
	_, err = Run(t.Context(), o)
	require.NoError(t, err)
	require.InDelta(t, 0.3, heard, 1e-9)
}
