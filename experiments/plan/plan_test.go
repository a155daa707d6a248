package plan

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/catalog"
	"socketbench/experiments/spec"
	"socketbench/servers"
)

// designs is a registry of names alone: planning asks for nothing else.
func designs(names ...string) (r servers.Registry) {
	for _, n := range names {
		r = append(r, servers.Entry{Name: n, New: func(servers.Config) servers.Server { return nil }})
	}
	return r
}

var trunks = designs("sequential", "goroutine", "pool", "deadline", "epoll")

func quick(t *testing.T) spec.Experiment {
	e, err := catalog.Get("quick", trunks)
	require.NoError(t, err)
	return e
}

func TestEveryBlockRunsEachCellOnceAndOneTwice(t *testing.T) {
	e := quick(t)
	p, err := New(e, 7, trunks)
	require.NoError(t, err)
	require.Len(t, p.Cells, 15)
	require.Len(t, p.Trials, 16*e.MaxBlocks)
	orders := map[int]int{}
	for b := range e.MaxBlocks {
		ran := map[int][]string{}
		seeds := map[uint64]bool{}
		for i, trial := range p.Block(b) {
			require.Equal(t, b*16+i, trial.Order)
			require.Equal(t, b, trial.Block)
			ran[trial.Cell] = append(ran[trial.Cell], trial.Label)
			seeds[trial.Seed] = true
			orders[trial.Cell]++
		}
		require.Len(t, seeds, 1, "all cells of a block see the same schedule")
		twice := 0
		for cell, labels := range ran {
			if len(labels) == 2 {
				twice++
				require.Equal(t, []string{"A", "B"}, labels)
				require.Equal(t, e.Baseline, p.Cells[cell].Server)
				continue
			}
			require.Equal(t, []string{"A"}, labels)
		}
		require.Len(t, ran, 15)
		require.Equal(t, 1, twice)
	}
	require.NotEqual(t, p.Block(0)[0].Seed, p.Block(1)[0].Seed)
	require.Empty(t, p.Block(e.MaxBlocks))
}

// The figures are those of one machine and must be those of every other: a plan that moved would
// refuse to resume the runs of an older version.
func TestPlanIsTheSameEverywhere(t *testing.T) {
	e, err := spec.Parse("fixed.yaml", []byte("name: fixed\nquestion: which order?\nservers: [a, b]\nvary: {load.mute: [0, 1]}\nblocks: 2\n"), nil)
	require.NoError(t, err)
	p, err := New(e, 42, designs("a", "b"))
	require.NoError(t, err)
	var order []int
	for _, trial := range p.Trials {
		order = append(order, trial.Cell)
	}
	require.Equal(t, []int{1, 2, 3, 0, 0, 0, 3, 1, 1, 2}, order)
	require.Equal(t, "ed691abf168b14533eca413e7ae85310a07e2750fcfe44bc97b727240c5019f7", p.Hash)
}

func TestSeedAndExperimentDecideTheHash(t *testing.T) {
	e := quick(t)
	a, err := New(e, 1, trunks)
	require.NoError(t, err)
	b, err := New(e, 1, trunks)
	require.NoError(t, err)
	require.Equal(t, a, b)
	c, err := New(e, 2, trunks)
	require.NoError(t, err)
	require.NotEqual(t, a.Hash, c.Hash)
	e.Load.Size++
	d, err := New(e, 1, trunks)
	require.NoError(t, err)
	require.NotEqual(t, a.Hash, d.Hash)
}

// A longer cap changes nothing about the blocks before it.
func TestMoreBlocksKeepTheFirst(t *testing.T) {
	e := quick(t)
	short, err := New(e, 3, trunks)
	require.NoError(t, err)
	e.MaxBlocks += 4
	long, err := New(e, 3, trunks)
	require.NoError(t, err)
	require.Equal(t, short.Trials, long.Trials[:len(short.Trials)])
}

func TestMissingDesignIsLeftOutAloud(t *testing.T) {
	lacking := append(designs("sequential", "goroutine", "pool", "deadline"), servers.Entry{Name: "epoll", Needs: "linux"})
	e, err := catalog.Get("quick", lacking)
	require.NoError(t, err)
	p, err := New(e, 1, lacking)
	require.NoError(t, err)
	require.Len(t, p.Cells, 12)
	require.Equal(t, []string{"epoll needs linux, which is not here"}, p.Skipped)
	require.Equal(t, e.Predict, p.Experiment.Predict, "what is predicted of it is answered: not askable here")
	require.Len(t, p.Unasked, 3)
	for _, u := range p.Unasked {
		require.Equal(t, "epoll", u.Cell.Server())
		require.Equal(t, p.Skipped[0], u.Why)
	}
	refused := slices.Clone(lacking)
	refused[4].Refused = errors.New("io_uring_setup: operation not permitted")
	p, err = New(e, 1, refused)
	require.NoError(t, err)
	require.Equal(t, []string{"epoll is not available here: io_uring_setup: operation not permitted"}, p.Skipped)
	first := slices.Clone(lacking)
	first[0].New, e.Baseline = nil, "epoll"
	p, err = New(e, 1, first)
	require.NoError(t, err)
	require.Equal(t, "goroutine", p.Experiment.Baseline, "the first that is here")
	_, err = New(e.WithServers([]string{"epoll"}), 1, lacking)
	require.ErrorContains(t, err, "no server that runs here")
	_, err = New(e, 1, designs("goroutine"))
	require.ErrorContains(t, err, `no server "sequential"`)
}

func TestQuickIsAboutAMinute(t *testing.T) {
	e := quick(t)
	p, err := New(e, 1, trunks)
	require.NoError(t, err)
	require.InDelta(t, 48, (time.Duration(e.Blocks) * p.Length()).Seconds(), 10)
}

// A design that waits at each silent connection is not asked for so many that a round of them takes seconds.
func TestARoundOfASweepHasAnEnd(t *testing.T) {
	registry := append(designs("goroutine"), servers.Entry{Name: "sweep", New: trunks[0].New, Traits: servers.Traits{PerConn: time.Millisecond}})
	e, err := spec.Parse("x.yaml", []byte("name: x\nquestion: q\nservers: [sweep, goroutine]\nvary: {load.idle: [1000, 10000]}\n"), registry)
	require.NoError(t, err)
	p, err := New(e, 1, registry)
	require.NoError(t, err)
	require.Len(t, p.Cells, 3)
	require.Len(t, p.Unasked, 1)
	require.Equal(t, "sweep waits up to 1ms at each silent connection, so that a round of 10,064 takes 10.064s", p.Unasked[0].Why)

	// Those that are measured are silent too until the last of them has connected.
	e.Vary[0] = spec.Factor{Field: "load.connections", Values: []any{10000}}
	p, err = New(e, 1, registry)
	require.NoError(t, err)
	require.Len(t, p.Cells, 1)
	require.Equal(t, "sweep waits up to 1ms at each silent connection, so that a round of 10,000 takes 10s", p.Unasked[0].Why)
}

// A cell that a design cannot serve by what it promises is planned not to be run, and said.
func TestWhatADesignCannotServeIsNotAsked(t *testing.T) {
	registry := append(designs("goroutine"), servers.Entry{Name: "small", New: trunks[0].New, Traits: servers.Traits{MaxFD: 1024}})
	e, err := spec.Parse("x.yaml", []byte("name: x\nquestion: q\nservers: [small, goroutine]\nvary: {load.connections: [1000, 10000]}\n"), registry)
	require.NoError(t, err)
	p, err := New(e, 1, registry)
	require.NoError(t, err)
	require.Len(t, p.Cells, 3)
	require.Len(t, p.Unasked, 1)
	require.Equal(t, "small", p.Unasked[0].Cell.Server())
	require.Equal(t, "small refuses descriptors from 1,024 on, and there are 10,000 clients", p.Unasked[0].Why)

	// Nor is a pair of equals made of a baseline that has no cell.
	e.Vary[0].Values = []any{10000}
	p, err = New(e, 1, registry)
	require.NoError(t, err)
	require.Len(t, p.Block(0), 2)

	_, err = New(e.WithServers([]string{"small"}), 1, registry)
	require.ErrorContains(t, err, "nothing is left to run: small refuses")
}
