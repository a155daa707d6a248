package disturb

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// others are the figures of a second in which others used so much of the server's CPUs.
func others(share float64) Figures {
	return Figures{Window: time.Second, Shares: map[Signal]float64{ServerCPUs: share}}
}

// disturbed adds trials of one cell each and returns which of them were disturbed, from 0.
func disturbed(r *Run, list ...float64) (which []int) {
	for i, share := range list {
		if why, _ := r.Add(fmt.Sprint("cell ", i), i, others(share)); why != "" {
			which = append(which, i)
		}
	}
	return which
}

func TestADisturbedTrialIsOneAboveWhatIsUsual(t *testing.T) {
	for _, c := range []struct {
		name string
		list []float64
		want []int
	}{
		{"a quiet machine", []float64{.01, .02, 0, .03, .02, .01, .025, 0, .03}, nil},
		{"a neighbour in one trial", []float64{.01, .02, 0, .4, .02, .01}, []int{3}},
		{"a neighbour in the first trial", []float64{.4, .02, 0, .01}, []int{0}},
		{"two in a row", []float64{.01, .02, 0, .01, .4, .3, .01}, []int{4, 5}},
		{"always as busy: the first few, until that is known", []float64{.5, .5, .5, .5, .5, .5, .5, .5, .5, .5}, []int{0, 1, 2, 3}},
		{"always busy, now more and now less", []float64{.5, .4, .6, .45, .55, .5, .6, .4, .5, .6, .65, .5}, []int{0, 1, 2, 3}},
		{"a neighbour that goes", []float64{.5, .5, .5, .5, .5, 0, 0, 0, 0}, []int{0, 1, 2, 3}},
	} {
		t.Run(c.name, func(t *testing.T) {
			require.Equal(t, c.want, disturbed(new(Run), c.list...))
		})
	}
}

// A run of a quiet machine has no disturbed trial, and a noisy one has few: what is usual follows the run.
func TestTrialsOfARunAreSeldomDisturbed(t *testing.T) {
	for name, noise := range map[string]func(*rand.Rand) float64{
		"quiet": func(r *rand.Rand) float64 { return max(0, 0.01+0.005*r.NormFloat64()) },
		"noisy": func(r *rand.Rand) float64 { return max(0, 0.2+0.05*r.NormFloat64()) },
		"tails": func(r *rand.Rand) float64 { return min(1, 0.1+0.02*r.ExpFloat64()) },
	} {
		random := rand.New(rand.NewPCG(1, 2))
		flagged, all := 0, 0
		for range 100 {
			var r Run
			for i := range 48 {
				if why, _ := r.Add(fmt.Sprint(i%16), i, others(noise(random))); why != "" && i >= 2*before {
					flagged++
				}
				all++
			}
		}
		require.Less(t, float64(flagged)/float64(all), map[string]float64{"quiet": 1e-9, "noisy": .02, "tails": .05}[name], name)
	}
}

// A design for which the kernel always works is not disturbed by that: what is usual is asked of its cell too.
func TestADesignIsNotADisturbance(t *testing.T) {
	var r Run
	count := 0
	for block := range 6 {
		for cell := range 10 {
			f := others(.01)
			if cell == 3 {
				f = others(.2)
			}
			if why, _ := r.Add(fmt.Sprint(cell), 10*block+cell, f); why != "" {
				count++
			}
		}
	}
	require.Equal(t, 1, count, "the first trial only")
	why, _ := r.Add("3", 63, others(.6))
	require.Equal(t, "others used 60 % of the server's CPUs, where 20 % is usual in this run", why)
}

// A second run is judged by the trials of other blocks, not by the first run of its own.
func TestASecondRunMayBeDisturbedAsWell(t *testing.T) {
	var r Run
	for order, share := range []float64{.01, .02, .01, .02} {
		r.Add(fmt.Sprint(order), order, others(share))
	}
	for range 2 {
		why, _ := r.Add("a cell", 4, others(.4))
		require.NotEmpty(t, why)
	}
}

func TestEachSignalCounts(t *testing.T) {
	for s, want := range map[Signal]string{
		ServerCPUs:    "others used 60 % of the server's CPUs, where 1 % is usual in this run",
		GeneratorCPUs: "others used 60 % of the generator's CPUs, where 1 % is usual in this run",
		Wait:          "the generator waited for a CPU in 60 % of the window, where 1 % is usual in this run",
		Pause:         "the generator stood still in 60 % of the window, where 1 % is usual in this run",
		Arithmetic:    "a CPU had lost 60 % of its speed just before or after the trial, where 1 % is usual in this run",
		CacheLine:     "cache lines between two CPUs had lost 60 % of their speed just before or after the trial, where 1 % is usual in this run",
		Loopback:      "messages over loopback had lost 60 % of their speed just before or after the trial, where 1 % is usual in this run",
		WakeUp:        "wake-ups between two CPUs were 60 % away from what they take, just before or after the trial, where 1 % is usual in this run",
	} {
		var r Run
		quiet := Figures{Window: time.Second, Shares: map[Signal]float64{ServerCPUs: .01, GeneratorCPUs: .01, Wait: .01, Pause: .01, Arithmetic: .01, CacheLine: .01, Loopback: .01, WakeUp: .01}}
		for order := range 8 {
			why, _ := r.Add("a cell", order, quiet)
			require.Empty(t, why)
		}
		raw := map[string]float64{"window_ns": 1e9, "cpu_ns": 5e8}
		quiet.Store(raw)
		raw["disturbance."+string(s)] = .6
		why, beyond := r.Add("a cell", 8, Read(raw))
		require.Equal(t, want, why)
		require.Greater(t, beyond, 1.0)
	}
	why, beyond := new(Run).Add("a cell", 0, Read(map[string]float64{"window_ns": 1e9}))
	require.Empty(t, why, "where the platform tells nothing")
	require.Zero(t, beyond)
}

// What five designs show on a quiet machine, measured: nothing of it is a disturbance, whichever trial comes first. A
// neighbour is one, even if half of the first block had one.
func TestAQuietRunHasNoDisturbedTrial(t *testing.T) {
	levels := []float64{.012, .037, .042, .03, .06}
	random := rand.New(rand.NewPCG(3, 4))
	for range 30 {
		for _, restless := range []bool{false, true} {
			var r Run
			cells := slices.Concat(random.Perm(15), random.Perm(15), random.Perm(15), random.Perm(15))
			for order, cell := range cells {
				share := max(0, levels[cell%5]+.004*random.NormFloat64())
				if neighbour := restless && order < 8; neighbour {
					share = .45
				}
				why, _ := r.Add(fmt.Sprint(cell), order, others(share))
				if !restless || order >= 8 {
					require.Empty(t, why, "trial %d", order)
				}
			}
			why, _ := r.Add("1", 60, others(.3))
			require.NotEmpty(t, why)
		}
	}
}

// The kernel's clocks of idle time have steps of 10 ms, which is much of a short window.
func TestAShortWindowHasMoreRoom(t *testing.T) {
	f := others(.1)
	f.Window = 200 * time.Millisecond
	why, _ := new(Run).Add("a cell", 0, f)
	require.Empty(t, why)
	f.Window = 800 * time.Millisecond
	why, _ = new(Run).Add("a cell", 0, f)
	require.NotEmpty(t, why)
}

func TestThoseThatDoNotCountComeFirst(t *testing.T) {
	list := []Candidate{{3, false, 2}, {4, true, 0}, {7, false, 9}, {8, true, 1}, {9, false, 9}}
	for most, want := range [][]int{{}, {8}, {4, 8}, {4, 7, 8}, {4, 7, 8, 9}, {3, 4, 7, 8, 9}, {3, 4, 7, 8, 9}} {
		chosen := Choose(list, most)
		require.Len(t, chosen, len(want))
		for _, order := range want {
			require.True(t, chosen[order], "%d of %d", order, most)
		}
	}
	require.Empty(t, Choose(list, -1))
}

// Cells differ by what their designs make the kernel do. That does not hide a neighbour who takes less than they differ.
func TestCellsThatDifferDoNotHideANeighbour(t *testing.T) {
	var r Run
	level := func(cell int) float64 { return .01 + .02*float64(cell) }
	for block := range 3 {
		for cell := range 10 {
			why, _ := r.Add(fmt.Sprint(cell), 10*block+cell, others(level(cell)))
			if block > 0 {
				require.Empty(t, why, "block %d, cell %d", block, cell)
			}
		}
	}
	why, _ := r.Add("4", 34, others(level(4)+.06))
	require.NotEmpty(t, why, "the cells differ by 18 %%")
}
