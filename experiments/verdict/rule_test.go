// The race detector has nothing to say about arithmetic, and makes it ten times as slow.

//go:build !race

package verdict

import (
	"cmp"
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/stats"
)

// scenario is a kind of run whose truth is known: blocks share their luck, and trials scatter.
type scenario struct {
	name     string
	noise    float64 // scatter of a trial; 0: 2 %
	tails    bool    // Student's t with 3 degrees of freedom in place of the normal distribution
	bad      float64 // share of trials that are slower by 40 %
	restless int     // the cell that scatters four times as much as the others; 0: none, first: the baseline
	drift    float64 // of a block's trials, in random order, from the first to the last: its standard deviation
}

const (
	last  = 1
	first = 2
)

var scenarios = []scenario{
	{name: "plain"},
	{name: "heavy tails", tails: true},
	{name: "8 of 100 bad", bad: 0.08},
	{name: "one restless", restless: last},
	{name: "baseline restless", restless: first},
	{name: "drift", drift: 0.1},
}

// table simulates a run of equal cells but for the last, which differs from the others by a log-ratio.
func (s scenario) table(seed uint64, cells, blocks int, differs float64) *stats.Table {
	random := rand.New(rand.NewPCG(seed, 7))
	sd := cmp.Or(s.noise, 0.02)
	noise := func(cell int) float64 {
		e := sd * random.NormFloat64()
		if s.tails {
			e /= math.Sqrt((square(random) + square(random) + square(random)) / 3)
		}
		if random.Float64() < s.bad {
			e += math.Log(1.4)
		}
		if s.restless == last && cell == cells-1 || s.restless == first && cell == 0 {
			e += sd * math.Sqrt(15) * random.NormFloat64()
		}
		return e
	}
	rows := make([][]float64, cells)
	var seconds []stats.Second
	for b := range blocks {
		luck, slope := 0.05*random.NormFloat64(), s.drift*random.NormFloat64()
		for trial, place := range random.Perm(cells + 1) {
			cell := trial % cells // the last trial is the baseline's second
			v := luck + noise(cell) + slope*float64(place)/float64(cells)
			if cell == cells-1 {
				v += differs
			}
			if v = math.Exp(v); trial == cells {
				seconds = append(seconds, stats.Second{Row: 0, Block: b, Value: v})
			} else {
				rows[cell] = append(rows[cell], v)
			}
		}
	}
	return stats.NewTable(rows, seconds)
}

func square(random *rand.Rand) float64 {
	z := random.NormFloat64()
	return z * z
}

// outcome counts what became of the comparisons with the first cell in simulated runs.
type outcome struct {
	runs, comparisons int
	misses            int // intervals that do not hold the truth
	falseRuns         int // runs that say of equal cells that they differ
	found             int // runs that find the difference of the last cell
	half              float64
}

// play simulates runs. differs is up in one run and down in the next.
func (s scenario) play(runs, cells, blocks int, differs float64) (o outcome) {
	for o.runs < runs {
		truth := differs
		if o.runs%2 == 1 {
			truth = -truth
		}
		t := s.table(uint64(o.runs), cells, blocks, truth)
		r := newRule(t.AAPair(), blocks)
		var estimates []stats.Estimate
		var ps []float64
		for i := 1; i < cells; i++ {
			e := t.Compare(i, 0)
			estimates, ps = append(estimates, e), append(ps, e.P(r.floor))
		}
		wrong := false
		for k, p := range stats.Holm(ps) {
			truly := 0.0
			if k == len(ps)-1 {
				truly = truth
			}
			low, high := estimates[k].Interval()
			o.comparisons++
			o.half += estimates[k].Half()
			if low > truly || high < truly {
				o.misses++
			}
			word := r.side(low, high, p)
			switch {
			case truly == 0:
				wrong = wrong || word == above || word == below
			case word == above && truly > 0, word == below && truly < 0:
				o.found++
			}
		}
		if wrong {
			o.falseRuns++
		}
		o.runs++
	}
	return o
}

// share is n of all as a percentage.
func share(n, all int) float64 { return 100 * float64(n) / float64(all) }

// Equal cells: at most 6 of 100 intervals miss the truth, and at most 5 of 100 runs say that any two cells differ,
// whatever the noise is like. A few bad trials of a hundred change neither.
func TestIntervalsAndWordsOfEqualCells(t *testing.T) {
	for _, s := range scenarios {
		for _, size := range []struct{ cells, blocks, runs int }{
			{2, 3, 10_000}, {2, 10, 10_000}, {2, 64, 2000},
			{4, 3, 10_000}, {4, 4, 5000}, {4, 6, 5000}, {4, 8, 10_000}, {4, 16, 5000},
			{15, 3, 2000}, {15, 10, 1000}, {15, 32, 400},
		} {
			t.Run(fmt.Sprintf("%s, %d cells, %d blocks", s.name, size.cells, size.blocks), func(t *testing.T) {
				t.Parallel()
				o := s.play(size.runs, size.cells, size.blocks, 0)
				missed, said := share(o.misses, o.comparisons), share(o.falseRuns, o.runs)
				t.Logf("%.1f of 100 intervals miss, %.1f of 100 runs say a false word; half-width %.4f", missed, said, o.half/float64(o.comparisons))
				require.LessOrEqual(t, missed, 6.0)
				require.LessOrEqual(t, said, 5.0)
			})
		}
	}
}

// Where trials scatter so much that the floor of few blocks ends at 1.5x, the intervals alone keep false words rare. The
// slowest requests of a thousand scatter like this.
func TestFewNoisyBlocksSayNoFalseWord(t *testing.T) {
	for _, s := range []scenario{
		{name: "noise 30 %", noise: 0.3},
		{name: "noise 30 %, one restless", noise: 0.3, restless: last},
		{name: "noise 60 %, heavy tails", noise: 0.6, tails: true},
	} {
		for _, size := range []struct{ cells, blocks, runs int }{{2, 3, 3000}, {4, 3, 3000}, {4, 6, 2000}, {15, 3, 500}} {
			t.Run(fmt.Sprintf("%s, %d cells, %d blocks", s.name, size.cells, size.blocks), func(t *testing.T) {
				t.Parallel()
				o := s.play(size.runs, size.cells, size.blocks, 0)
				said := share(o.falseRuns, o.runs)
				t.Logf("%.1f of 100 runs say a false word", said)
				require.LessOrEqual(t, said, 5.0)
			})
		}
	}
}

// In plain noise robust intervals are at most 10 % wider than those of means with Student's t and a pooled variance, whose
// half-widths in the same simulated runs are written here.
func TestPlainIntervalsAreNoWiderThanThoseOfMeans(t *testing.T) {
	for _, size := range []struct {
		cells, blocks int
		means         float64
	}{
		{2, 3, 0.0516}, {2, 10, 0.0175}, {4, 3, 0.0503}, {4, 10, 0.0174}, {15, 3, 0.0493}, {15, 10, 0.0175},
	} {
		o := scenario{}.play(2000, size.cells, size.blocks, 0)
		half := o.half / float64(o.comparisons)
		t.Logf("%d cells, %d blocks: %.4f, of means %.4f", size.cells, size.blocks, half, size.means)
		require.LessOrEqual(t, half, 1.1*size.means)
	}
}

// With 8 of 100 trials bad, ten blocks find a difference of 20 % in nine runs of ten.
func TestBadTrialsDoNotHideAFifth(t *testing.T) {
	for _, cells := range []int{2, 4, 15} {
		t.Run(fmt.Sprintf("%d cells", cells), func(t *testing.T) {
			t.Parallel()
			o := scenario{bad: 0.08}.play(3000, cells, 10, math.Log(1.2))
			t.Logf("found in %.1f of 100 runs", share(o.found, o.runs))
			require.GreaterOrEqual(t, share(o.found, o.runs), 90.0)
		})
	}
}

// Three blocks, as of quick, find a factor of three in 95 of 100 runs: with bad trials, and with a restless cell.
func TestThreeBlocksFindAFactorOfThree(t *testing.T) {
	for _, bad := range []float64{0, 0.08} {
		for _, restless := range []int{0, last, first} {
			t.Run(fmt.Sprintf("bad %.2f, restless %d", bad, restless), func(t *testing.T) {
				t.Parallel()
				o := scenario{bad: bad, restless: restless}.play(10_000, 4, 3, math.Log(3))
				t.Logf("found in %.1f of 100 runs, false words in %.1f", share(o.found, o.runs), share(o.falseRuns, o.runs))
				require.GreaterOrEqual(t, share(o.found, o.runs), 95.0)
				require.LessOrEqual(t, share(o.falseRuns, o.runs), 5.0)
			})
		}
	}
}

// One A/A pair of three is bad, by 40 %. The noise floor comes from all cells, and stays far below that.
func TestABadPairIsNotTheFloor(t *testing.T) {
	const runs = 1000
	sum, high := 0.0, 0
	for seed := range uint64(runs) {
		random := rand.New(rand.NewPCG(seed, 3))
		rows := make([][]float64, 4)
		var seconds []stats.Second
		for b := range 3 {
			value := func() float64 { return 4000 * math.Exp(0.01*float64(b)+0.02*random.NormFloat64()) }
			for i := range rows {
				rows[i] = append(rows[i], value())
			}
			seconds = append(seconds, stats.Second{Row: 0, Block: b, Value: value()})
		}
		seconds[1].Value *= 1.4
		floor := newRule(stats.NewTable(rows, seconds).AAPair(), fewBlocks).floor
		sum += floor
		if floor > math.Log(1.25) {
			high++
		}
	}
	t.Logf("on average %.1f %%, above 25 %% in %d of %d runs", 100*math.Expm1(sum/runs), high, runs)
	require.Less(t, sum/runs, math.Log(1.15))
	require.LessOrEqual(t, high, runs/100)
}

// With the stopping rule and all corrections: among equal designs no more than 5.5 % of the intervals
// miss, and the words faster and slower, which the floor guards, are rarer still.
func TestWordsKeepTheirWord(t *testing.T) {
	for precision, scale := range map[string]float64{"2%": 1, "10%": 5} { // whatever the precision is in units of the scatter
		t.Run(precision, func(t *testing.T) { wordsKeepTheirWord(t, precision, scale) })
	}
}

func wordsKeepTheirWord(t *testing.T, precision string, scale float64) {
	text := "servers: [goroutine, epoll, deadline]\nblocks: 8\nmax_blocks: 24\nprecision: " + precision + "\n"
	base := newWorld(t, text, 1)
	compared, missed, wrong := 0, 0, 0
	for seed := uint64(1); compared < 6_000; seed++ {
		w := *base
		w.random = rand.New(rand.NewPCG(seed, 2))
		w.luck = make([]float64, 24)
		for b := range w.luck {
			w.luck[b] = 0.05 * w.random.NormFloat64()
		}
		sd := scale * (0.012 + 0.004*float64(seed%6))
		w.sd = func(plan.Cell) float64 { return sd }
		var trials []result.Trial
		for b := range 24 {
			trials = append(trials, w.block(b)...)
			if b+1 < 8 {
				continue
			}
			if more, _ := More(w.plan, trials); !more {
				break
			}
		}
		j := layOut(w.exp, trials)
		for _, f := range j.table("cpu_per_request").families() {
			for _, c := range f.Comparisons {
				compared++
				if c.Low > 1 || c.High < 1 {
					missed++
				}
				if c.Word == Faster || c.Word == Slower {
					wrong++
				}
			}
		}
	}
	t.Logf("%d comparisons of equal designs: %.2f %% of the intervals miss, %.2f %% of the words are wrong",
		compared, 100*float64(missed)/float64(compared), 100*float64(wrong)/float64(compared))
	require.LessOrEqual(t, float64(missed)/float64(compared), 0.055)
	require.LessOrEqual(t, float64(wrong)/float64(compared), 0.01)
}
