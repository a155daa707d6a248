package experiments

import (
	"context"
	"path/filepath"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// shared is the plan of an experiment whose loads are shares.
func shared(t *testing.T, text string) plan.Plan {
	e, err := spec.Parse("x.yaml", []byte("name: x\nquestion: q\nplacement: "+host.Shared+"\nblocks: 1\n"+text), registry())
	require.NoError(t, err)
	p, err := plan.New(e, 7, registry())
	require.NoError(t, err)
	return p
}

// heard collects the events of a run.
func heard(p plan.Plan, dir string, resume bool) (events []Event, err error) {
	_, err = Run(context.Background(), Options{Plan: p, Registry: registry(), Dir: dir, Resume: resume, Emit: func(e Event) { events = append(events, e) }})
	return events, err
}

// The loads are found before the first trial, kept in the manifest, and not searched for again.
func TestUtilizationsAreFoundAndFrozen(t *testing.T) {
	t.Parallel()
	p := shared(t, "servers: [goroutine]\nvary: {load.utilization: [0.1, 0.2]}\nload: {connections: 4, warmup: 50ms, duration: 50ms}\n")
	dir := filepath.Join(t.TempDir(), "results")
	events, err := heard(p, dir, false)
	require.NoError(t, err)
	require.Equal(t, Searching{Search: p.Searches[0], Number: 1, Of: 1}, events[0])
	var found Found
	for _, e := range events {
		switch e := e.(type) {
		case Found:
			found = e
		case Planned:
			require.NotZero(t, found, "a search comes before the plan")
			require.Equal(t, found.Loads, e.Plan.Loads)
			for i, c := range e.Plan.Cells {
				require.Equal(t, threeDigits(c.Shares.Rate*found.Capacity.Rate), c.Load.Rate)
				require.Zero(t, p.Cells[i].Load.Rate)
			}
		}
	}
	require.Positive(t, found.Capacity.Rate)
	require.Equal(t, result.Cell{"server": "goroutine"}, found.Capacity.Cell)
	require.NotEmpty(t, found.Capacity.Attempts)

	run, err := result.Load(dir)
	require.NoError(t, err)
	m := run.Manifest
	require.Equal(t, []result.Capacity{found.Capacity}, m.Capacities)
	require.Equal(t, found.Loads, m.Loads)
	frozen, err := p.Freeze(m.Capacities, m.Loads)
	require.NoError(t, err)
	require.Equal(t, m.PlanHash, frozen.Hash)
	events, err = heard(frozen, dir, true)
	require.NoError(t, err)
	require.IsType(t, Planned{}, events[0], "a resumed run searches nothing")
	other := m.Loads[0]
	other.Rate += 1000
	frozen, err = p.Freeze(m.Capacities, []result.Frozen{other, m.Loads[1]})
	require.NoError(t, err)
	_, err = heard(frozen, dir, true)
	require.ErrorContains(t, err, "holds another plan", "a run goes on at its own rates only")
}

func TestAThinkUtilizationBecomesAPause(t *testing.T) {
	t.Parallel()
	p := shared(t, "servers: [goroutine]\nload: {connections: 4, requests: 10, think_utilization: 0.05, warmup: 50ms, duration: 50ms}\n")
	events, err := heard(p, filepath.Join(t.TempDir(), "results"), false)
	require.NoError(t, err)
	for _, e := range events {
		if s, ok := e.(Started); ok {
			require.Positive(t, s.Cell.Load.Think)
		}
	}
}

// A server that cannot be measured ends the run with its reason, and nothing is left.
func TestASearchThatFailsLeavesNothing(t *testing.T) {
	t.Parallel()
	for server, kind := range map[string]reason.Misdeed{"dies": reason.Died, "stops": reason.Stopped, "gone {port}": reason.NotStarted} {
		if kind == reason.NotStarted && runtime.GOOS == "windows" { // it has no shell for commands
			continue
		}
		parent := t.TempDir()
		p := shared(t, "servers: ['"+server+"']\nload: {connections: 4, utilization: 0.5, warmup: 50ms, duration: 50ms}\n")
		_, err := heard(p, filepath.Join(parent, "results"), false)
		var unable *CapacityError
		require.ErrorAs(t, err, &unable, server)
		require.Equal(t, server, unable.Server)
		require.Equal(t, kind, unable.Fault.Kind, "%v", err)
		left, err := filepath.Glob(filepath.Join(parent, "*"))
		require.NoError(t, err)
		require.Empty(t, left)
	}
}

func TestASearchEndsWhenItIsInterrupted(t *testing.T) {
	t.Parallel()
	p := shared(t, "servers: [goroutine]\nload: {connections: 4, utilization: 0.5}\n")
	ctx, interrupt := context.WithTimeout(context.Background(), time.Minute)
	defer interrupt()
	parent := t.TempDir()
	_, err := Run(ctx, Options{Plan: p, Registry: registry(), Dir: filepath.Join(parent, "results"), Emit: func(e Event) {
		require.IsType(t, Searching{}, e)
		interrupt()
	}})
	require.ErrorIs(t, err, context.Canceled)
	left, err := filepath.Glob(filepath.Join(parent, "*"))
	require.NoError(t, err)
	require.Empty(t, left)
}
