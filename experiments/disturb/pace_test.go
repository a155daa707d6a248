package disturb

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

// A pace is compared with the fastest of the same CPU so far, and the worst CPU and moment counts.
func TestAPaceIsComparedWithTheFastestOfItsCPU(t *testing.T) {
	var r Run
	for i, c := range []struct {
		name                           string
		before0, before1, after0, left float64
		want                           float64
	}{
		{name: "nothing to compare with", before0: 6000, before1: 9000},
		{name: "the other moment of the same trial", before0: 6000, after0: 8000, want: .25},
		{name: "a CPU that is always slower than another", before0: 6000, before1: 9000},
		{name: "the worst CPU", before0: 6300, before1: 12_000, want: .25},
		{name: "faster than ever", before0: 5000, before1: 9000},
		{name: "is what counts from then on", before0: 6250, want: .2},
		{name: "an agent's CPU is its own", left: 60_000},
	} {
		raw := map[string]float64{"window_ns": 1e9, "cpu_ns": 1}
		for name, ns := range map[string]float64{
			"pace_before_ns.cpu0": c.before0, "pace_before_ns.cpu1": c.before1, "pace_after_ns.cpu0": c.after0, "pace_after_ns.left.cpu0": c.left,
		} {
			if ns > 0 {
				raw[name] = ns
			}
		}
		r.ComparePace(raw)
		require.InDelta(t, c.want, raw["disturbance.pace"], 1e-9, "%d: %s", i, c.name)
		require.Contains(t, Read(raw).Shares, Pace)
	}
}

func TestNoPaceIsNoSignal(t *testing.T) {
	var r Run
	raw := map[string]float64{"window_ns": 1e9, "pace_before_ns.cpu0": 0, "round_trip_ns.one": 5}
	before := maps.Clone(raw)
	r.ComparePace(raw)
	require.Equal(t, before, raw)
	require.NotContains(t, Read(raw).Shares, Pace)
}

// What is stored stays as it was decided from, and the paces beside it are known to the trials that follow.
func TestAStoredSignalStays(t *testing.T) {
	var r Run
	stored := map[string]float64{"pace_before_ns.cpu0": 8000, "disturbance.pace": .2}
	r.ComparePace(stored)
	require.Equal(t, .2, stored["disturbance.pace"])
	next := map[string]float64{"pace_before_ns.cpu0": 10_000}
	r.ComparePace(next)
	require.InDelta(t, .2, next["disturbance.pace"], 1e-9)
}

// Trials in a stretch in which a CPU has lost a fifth of its speed are disturbed, and no others: paces of a machine that
// nobody slows down differ by 1 percent, and drift with the frequency of its CPUs by a few.
func TestASlowStretchIsADisturbance(t *testing.T) {
	random := rand.New(rand.NewPCG(8, 1))
	for range 100 {
		var r Run
		begin := 16 + random.IntN(60)
		for order := range 96 {
			slow := begin <= order && order < begin+6
			raw := map[string]float64{"window_ns": 5e8}
			for cpu := range 2 {
				for _, moment := range []string{PaceBefore, PaceAfter} {
					ns := 20_500 * (1 + .02*math.Sin(float64(order)/15) + .004*random.NormFloat64())
					if slow && cpu == 1 {
						ns *= 1.25
					}
					raw[fmt.Sprintf("%scpu%d", moment, cpu)] = ns
				}
			}
			r.ComparePace(raw)
			why, _ := r.Add(fmt.Sprint(order%16), order, Read(raw))
			require.Equal(t, slow, why != "", "trial %d of a stretch that begins at %d: %v", order, begin, raw)
		}
	}
}
