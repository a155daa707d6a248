package experiments

import (
	"errors"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
)

// pretended is a server that exists in numbers alone.
type pretended struct {
	carries   float64       // requests/s
	breaks    float64       // offered rate above which it answers a tenth; 0: none
	noise     float64       // a closed loop loses up to this share of its rate to the machine
	generator float64       // requests/s that the generator can send; 0: any
	service   time.Duration // response time of an idle server
	atOnce    float64       // clients served at the same time; 0: all
	spoilt    func(n int) bool
	random    *rand.Rand
	neighbour int // the attempt in which another program takes half of the server's time, and nobody sees it
	n         int
}

func (p *pretended) probe(o load.Options) (reading, error) {
	r := reading{window: o.Duration}
	most := p.carries
	if p.generator > 0 && p.generator < most {
		most = p.generator
	}
	if o.OpenLoop() {
		expected := o.Rate * o.Duration.Seconds()
		r.offered = max(1, expected+math.Sqrt(expected)*p.random.NormFloat64()) / o.Duration.Seconds()
		r.late = p.generator > 0 && r.offered > p.generator
		r.achieved = min(r.offered, most)
		if p.breaks > 0 && r.offered > p.breaks {
			r.achieved = p.carries / 10
		}
	} else {
		clients := float64(o.Connections * o.Pipeline)
		if p.atOnce > 0 {
			clients = min(clients, p.atOnce)
		}
		r.achieved = min(most, clients/(o.Think+p.service).Seconds()) * (1 - p.noise*p.random.Float64())
		r.late = most < p.carries && r.achieved > 0.9*most
	}
	if p.n+1 == p.neighbour {
		r.achieved /= 2
	}
	if p.n++; p.spoilt != nil && p.spoilt(p.n) {
		r.spoilt, r.achieved = "the machine stood still", r.achieved/2
	}
	return r, nil
}

func (p pretended) found(t *testing.T, seed uint64) *search {
	p.random = rand.New(rand.NewPCG(seed, 0))
	if p.service == 0 {
		p.service = 20 * time.Microsecond
	}
	s := &search{shape: load.Options{Arrivals: load.Closed, Connections: 64, Pipeline: 1}, probe: p.probe}
	require.NoError(t, s.capacity())
	require.LessOrEqual(t, len(s.found.Attempts), mostClosed+mostChecks)
	require.LessOrEqual(t, s.spent, mostSpent+s.window)
	return s
}

func TestSearchFindsWhatIsCarried(t *testing.T) {
	for name, test := range map[string]struct {
		server      pretended
		least, most float64
		lowerBound  bool
	}{
		"a quiet machine":                    {pretended{carries: 182_400}, 182_000, 182_000, false},
		"a noisy one":                        {pretended{carries: 100_000, noise: 0.1}, 90_000, 100_000, false},
		"few requests":                       {pretended{carries: 200, service: 5 * time.Millisecond}, 195, 200, false},
		"hardly any":                         {pretended{carries: 2, service: 2 * time.Second}, 1.9, 2, false},
		"a neighbour at the first check":     {pretended{carries: 50_000, neighbour: 3}, 50_000, 50_000, false},
		"it breaks down when it is flooded":  {pretended{carries: 100_000, breaks: 60_000}, 50_000, 60_000 / checkedShare, false},
		"it breaks down far below its loop":  {pretended{carries: 100_000, breaks: 20_000}, 10_000, 20_000 / checkedShare, false},
		"the generator is slower":            {pretended{carries: 300_000, generator: 200_000}, 195_000, 200_000, true},
		"the machine stands still at first":  {pretended{carries: 50_000, spoilt: func(n int) bool { return n == 1 }}, 50_000, 50_000, false},
		"the machine stands still at checks": {pretended{carries: 50_000, spoilt: func(n int) bool { return n == 3 || n == 4 }}, 50_000, 50_000, false},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(200) {
				s := test.server.found(t, seed)
				require.GreaterOrEqual(t, s.found.Rate, test.least, "seed %d: %+v", seed, s.found)
				require.LessOrEqual(t, s.found.Rate, test.most, "seed %d: %+v", seed, s.found)
				require.Equal(t, test.lowerBound, s.found.LowerBound, "seed %d: %+v", seed, s.found)
				require.Equal(t, threeDigits(s.found.Rate), s.found.Rate)
				require.False(t, s.found.Disturbed)
				last := s.found.Attempts[len(s.found.Attempts)-1]
				require.Equal(t, load.Poisson, last.Arrivals, "a capacity is checked")
			}
		})
	}
}

// A machine that is always disturbed ends the search too, with the most that was seen.
func TestSearchEndsOnABusyMachine(t *testing.T) {
	s := pretended{carries: 80_000, spoilt: func(int) bool { return true }}.found(t, 1)
	require.Equal(t, 40_000.0, s.found.Rate)
	require.True(t, s.found.Disturbed)
	s = pretended{carries: 80_000, spoilt: func(n int) bool { return n > 2 }}.found(t, 1)
	require.Equal(t, 80_000.0, s.found.Rate, "a check while the machine stands still decides nothing")
	require.True(t, s.found.Disturbed)
}

// A handler may wait for longer than the first windows last; a server that never answers ends the search.
func TestSearchWaitsForTheFirstAnswer(t *testing.T) {
	for wait, want := range map[time.Duration]float64{10 * time.Millisecond: 100, 2 * time.Second: 0.5, time.Hour: 0} {
		tries := 0
		s := &search{shape: load.Options{Connections: 1, Pipeline: 1}, probe: func(o load.Options) (reading, error) {
			tries++
			if o.Duration < wait {
				return reading{}, &CapacityError{Server: "slow", Fault: reason.Fault{Kind: reason.Nobody}}
			}
			rate := 1 / wait.Seconds()
			return reading{offered: rate * checkedShare, achieved: rate, window: o.Duration}, nil
		}}
		err := s.capacity()
		require.Equal(t, want, s.found.Rate)
		if want == 0 {
			require.ErrorAs(t, err, new(*CapacityError))
			require.Equal(t, 3, tries)
			continue
		}
		require.NoError(t, err)
	}
}

func TestSearchEndsWithTheErrorOfItsProbe(t *testing.T) {
	gone := errors.New("it died")
	s := &search{shape: load.Options{Connections: 1}, probe: func(o load.Options) (reading, error) {
		if o.OpenLoop() {
			return reading{}, gone
		}
		return reading{achieved: 1e5, window: o.Duration}, nil
	}}
	require.ErrorIs(t, s.capacity(), gone)
}

// With the pause that is found, clients ask for the share that is wanted; where they cannot, the pause is 0.
func TestThinkTimeMakesTheShare(t *testing.T) {
	for _, share := range []float64{0.05, 0.3, 0.5, 0.8, 1.2} {
		p := pretended{carries: 50_000, service: 300 * time.Microsecond, random: rand.New(rand.NewPCG(1, 1))}
		s := &search{shape: load.Options{Connections: 16, Pipeline: 1}, probe: p.probe, window: time.Second}
		s.found = result.Capacity{Rate: 50_000}
		pause, err := s.think(share)
		require.NoError(t, err)
		require.LessOrEqual(t, len(s.found.Attempts), thinkProbes)
		asked := 16 / (pause + p.service).Seconds()
		require.InEpsilon(t, min(share*50_000, 50_000), asked, 0.07, "utilization %v: a pause of %v", share, pause)
		if share > 1 {
			require.Zero(t, pause)
		}
	}
}

// A machine that stands still in an attempt, whether that is seen or not, does not turn the pause into none.
func TestThinkTimeOfABusyMachine(t *testing.T) {
	for n := range thinkProbes {
		for _, seen := range []bool{false, true} {
			p := pretended{carries: 50_000, service: 300 * time.Microsecond, random: rand.New(rand.NewPCG(1, 1))}
			if p.neighbour = n + 1; seen {
				p.neighbour, p.spoilt = 0, func(attempt int) bool { return attempt == n+1 }
			}
			s := &search{shape: load.Options{Connections: 16, Pipeline: 1}, probe: p.probe, window: time.Second}
			s.found = result.Capacity{Rate: 50_000}
			pause, err := s.think(0.3)
			require.NoError(t, err)
			require.InEpsilon(t, 0.3*50_000, 16/(pause+p.service).Seconds(), 0.25, "attempt %d, seen: %v: a pause of %v", n+1, seen, pause)
		}
	}
}

// A server that serves one client after another gets the pause with which its one client asks for the share.
func TestThinkTimeOfOneAfterAnother(t *testing.T) {
	p := pretended{carries: 1e6, service: 200 * time.Microsecond, atOnce: 1, random: rand.New(rand.NewPCG(1, 1))}
	s := &search{shape: load.Options{Connections: 16, Pipeline: 1}, probe: p.probe, window: time.Second}
	s.found = result.Capacity{Rate: 5000}
	pause, err := s.think(0.5)
	require.NoError(t, err)
	require.InEpsilon(t, 200*time.Microsecond, pause, 0.07)
}

// A server that a disturber blocks gets the load that it carries alone.
func TestCapacityIsThatWithoutDisturbers(t *testing.T) {
	e := small(t, "sequential").Experiment
	e.Load.Think, e.Shares.Think = 0, 0.5
	e.Vary[0] = spec.Factor{Field: "load.slowwriter", Values: []any{1, 0}}
	e.Blocks, e.MaxBlocks = 1, 1
	p, err := plan.New(e, 7, registry())
	require.NoError(t, err)
	r, err := run(t, p, nil)
	require.NoError(t, err)
	require.Len(t, r.Manifest.Capacities, 1)
	require.Len(t, r.Manifest.Loads, 2)
	require.Equal(t, r.Manifest.Loads[0].Think, r.Manifest.Loads[1].Think)
}

func TestThreeDigits(t *testing.T) {
	for v, want := range map[float64]float64{182_449: 182_000, 99_960: 100_000, 199.7: 200, 12.345: 12.3, 0.123456: 0.123, 0: 0, -1: 0} {
		require.Equal(t, want, threeDigits(v), "%v", v)
	}
}
