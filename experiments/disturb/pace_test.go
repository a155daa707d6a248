package disturb

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pace is compared with the median of the same piece of work so far, and the worst CPU and moment count. Both signals are
// apart: what a cache line takes says nothing of a CPU.
func TestAPaceIsComparedWithWhatIsUsual(t *testing.T) {
	var r Run
	for i, c := range []struct {
		name                           string
		before0, before1, after0, left float64 // arithmetic
		line                           float64
		arithmetic, cacheLine          float64
	}{
		{name: "nothing to compare with", before0: 6000, before1: 9000, line: 3800},
		{name: "the other moment of the same trial", before0: 6000, after0: 8000, line: 3800, arithmetic: .25},
		{name: "a CPU that is always slower than another", before0: 6000, before1: 9000, line: 3800},
		{name: "the worst CPU", before0: 6300, before1: 12_000, line: 3800, arithmetic: .25},
		{name: "faster than ever", before0: 3000, before1: 9000, line: 3800},
		{name: "does not change what is usual", before0: 6000, before1: 9000, line: 3800},
		{name: "far", before0: 6000, before1: 9000, line: 19_000, cacheLine: .8},
		{name: "an agent's CPU is its own", left: 60_000},
	} {
		raw := map[string]float64{"window_ns": 1e9, "cpu_ns": 1}
		for name, ns := range map[string]float64{
			"pace_before_ns.cpu0": c.before0, "pace_before_ns.cpu1": c.before1, "pace_after_ns.cpu0": c.after0,
			"pace_after_ns.on-the-left.cpu0": c.left, "pace_before_ns.cpu0-cpu1": c.line,
		} {
			if ns > 0 {
				raw[name] = ns
			}
		}
		r.ComparePaces(raw)
		require.InDelta(t, c.arithmetic, raw["disturbance.arithmetic"], 1e-9, "%d: %s", i, c.name)
		require.InDelta(t, c.cacheLine, raw["disturbance.cache_line"], 1e-9, "%d: %s", i, c.name)
		require.Contains(t, Read(raw).Shares, Arithmetic)
		require.Equal(t, c.line > 0, raw["disturbance.cache_line"] >= 0 && len(Read(raw).Shares) == 2, c.name)
	}
}

// Each pace gives the signal of its kind, and has words.
func TestEveryPaceHasAKind(t *testing.T) {
	for what, want := range map[string]struct {
		signal Signal
		words  string
	}{
		"cpu0":                    {Arithmetic, "arithmetic on cpu0"},
		"left-1.cpu12":            {Arithmetic, "arithmetic on cpu12 of left-1"},
		"cpu0-cpu1":               {CacheLine, "cache lines between cpu0 and cpu1"},
		"left-1.cpu0-cpu1":        {CacheLine, "cache lines between cpu0 and cpu1 of left-1"},
		"cpu0-cpu1-wake":          {WakeUp, "wake-ups between cpu0 and cpu1"},
		"left-wake.cpu0-cpu1":     {CacheLine, "cache lines between cpu0 and cpu1 of left-wake"},
		"cpu1-loopback":           {Loopback, "messages over loopback on cpu1"},
		"left.cpu1-loopback":      {Loopback, "messages over loopback on cpu1 of left"},
		"a.b-wake.cpu2-cpu3-wake": {WakeUp, "wake-ups between cpu2 and cpu3 of a.b-wake"},
	} {
		require.Equal(t, want.words, PaceOf(what))
		var r Run
		r.ComparePaces(map[string]float64{PaceBefore + what: 1000})
		raw := map[string]float64{"window_ns": 1e9, PaceAfter + what: 4000}
		r.ComparePaces(raw)
		require.Equal(t, map[Signal]float64{want.signal: .75}, Read(raw).Shares, what)
		faster := map[string]float64{"window_ns": 1e9, PaceAfter + what: 500}
		r.ComparePaces(faster)
		require.Equal(t, want.signal == WakeUp, Read(faster).Shares[want.signal] == .5, what)
	}
}

func TestUsualPaces(t *testing.T) {
	require.Empty(t, UsualPaces(slices.Values([]map[string]float64{{"reads": 5}, nil})))
	require.Equal(t, map[string]float64{"cpu0": 20, "cpu0-cpu1": 7}, UsualPaces(slices.Values([]map[string]float64{
		{PaceBefore + "cpu0": 10, PaceAfter + "cpu0": 20}, {PaceBefore + "cpu0": 30, PaceAfter + "cpu0-cpu1": 7, "cpu_ns": 1},
	})))
}

func TestNoPaceIsNoSignal(t *testing.T) {
	var r Run
	raw := map[string]float64{"window_ns": 1e9, "pace_before_ns.cpu0": 0, "round_trip_ns.one": 5}
	before := maps.Clone(raw)
	r.ComparePaces(raw)
	require.Equal(t, before, raw)
	require.Empty(t, Read(raw).Shares)
	require.False(t, r.Slow(nil))
	require.False(t, r.Slow(map[string]float64{"cpu0": 5000, "cpu0-cpu1": 19_000}), "nothing is known of this run yet")
}

// What is stored stays as it was decided from, and the paces beside it are known to the trials that follow.
func TestAStoredSignalStays(t *testing.T) {
	var r Run
	stored := map[string]float64{"pace_before_ns.cpu0": 8000, "disturbance.arithmetic": .2}
	r.ComparePaces(stored)
	require.Equal(t, .2, stored["disturbance.arithmetic"])
	next := map[string]float64{"pace_before_ns.cpu0": 10_000}
	r.ComparePaces(next)
	require.InDelta(t, .2, next["disturbance.arithmetic"], 1e-9)
}

// paced are the raw counters of a trial on a machine like the one that was measured: arithmetic differs by half a percent and
// drifts with the frequency of the CPUs by two; a cache line takes 3.5 to 4.6 µs.
func paced(random *rand.Rand, order int, arithmetic, line float64) map[string]float64 {
	raw := map[string]float64{"window_ns": 5e8}
	for _, moment := range []string{PaceBefore, PaceAfter} {
		for cpu := range 2 {
			raw[fmt.Sprintf("%scpu%d", moment, cpu)] = 20_500 * (1 + .02*math.Sin(float64(order)/15) + .004*random.NormFloat64())
		}
		raw[moment+"cpu1"] *= arithmetic
		raw[moment+"cpu0-cpu1"] = (3500 + 1100*random.Float64()) * line
	}
	return raw
}

// Trials in a stretch in which a CPU has lost a fifth of its speed, or cache lines four fifths, are disturbed, and no others;
// a trial that would begin in the stretch is known before.
func TestASlowStretchIsADisturbance(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	for run := range 100 {
		var r Run
		begin := 16 + random.IntN(60)
		for order := range 96 {
			slow := begin <= order && order < begin+6
			arithmetic, line := 1., 1.
			switch {
			case slow && run%2 == 0:
				arithmetic = 1.25
			case slow:
				line = 5
			}
			raw := paced(random, order, arithmetic, line)
			if order > 1 {
				before := map[string]float64{"cpu1": raw["pace_before_ns.cpu1"], "cpu0-cpu1": raw["pace_before_ns.cpu0-cpu1"]}
				require.Equal(t, slow, r.Slow(before), "trial %d of a stretch that begins at %d: %v", order, begin, raw)
			}
			r.ComparePaces(raw)
			why, _ := r.Add(fmt.Sprint(order%16), order, Read(raw))
			require.Equal(t, slow, why != "", "trial %d of a stretch that begins at %d: %v", order, begin, raw)
		}
	}
}

// On a machine whose CPUs are far from each other, and near now and then, far is usual, also after the first near trial.
func TestWhatIsAlwaysFarIsNotSlow(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 2))
	var r Run
	for order := range 96 {
		line := 5.
		if order%20 == 10 {
			line = 1
		}
		raw := paced(random, order, 1, line)
		require.False(t, r.Slow(map[string]float64{"cpu0-cpu1": raw["pace_before_ns.cpu0-cpu1"]}))
		r.ComparePaces(raw)
		why, _ := r.Add(fmt.Sprint(order%16), order, Read(raw))
		require.Empty(t, why)
	}
}

// In a run that begins far, near is usual as soon as most of its trials were near.
func TestARunThatBeginsFar(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 3))
	var r Run
	for order := range 30 {
		line := 1.
		if order < 5 || order == 29 {
			line = 5
		}
		raw := paced(random, order, 1, line)
		r.ComparePaces(raw)
		why, _ := r.Add(fmt.Sprint(order%16), order, Read(raw))
		require.Equal(t, order == 29, why != "", order)
	}
}
