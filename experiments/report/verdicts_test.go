package report

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/report/chart"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// A table says once why a comparison could not be made.
func TestANoteSaysWhyNothingWasAsked(t *testing.T) {
	one := verdict.Comparison{Word: verdict.NotAsked, Why: "epoll holds too little"}
	row := func(word string) []tableCell { return []tableCell{plain("epoll"), plain("alone"), plain(word)} }
	long := table{Rows: [][]tableCell{row("– not askable here"), row("▼ slower"), row("– not askable here")}}
	note := signs("latency.p99", long, []verdict.Family{{Comparisons: []verdict.Comparison{one, {Word: verdict.Slower}}}, {Comparisons: []verdict.Comparison{one}}})
	require.Equal(t, "– not askable here, ▼ slower. Not askable here: epoll holds too little.", note)
}

// The intervals of a run of few blocks span many powers of ten. The axis of a chart fits the values.
func TestAnIntervalDoesNotDwarfTheValues(t *testing.T) {
	var r reach
	r.add(2, 1e-6, math.Inf(1))
	r.add(4, 3, 5)
	low, high := r.factors()
	require.Equal(t, 2.0/beyondValues, low)
	require.Equal(t, 5.0, high)
	r.add(8, 0, 1e9)
	_, high = r.factors()
	require.Equal(t, 8.0*beyondValues, high)
	require.Equal(t, 12.0, r.top())
	require.Equal(t, "± 32 %", noise(0.32))
	require.Equal(t, "a factor of 27.2 either way", noise(26.2))
}

// What the generator limited is undecided in the first lines as in the table, and a full CPU is no reason against a rank.
func TestTheFirstLinesSayWhatLimited(t *testing.T) {
	one := func(server, limited string, w verdict.Word, marks ...string) verdict.Comparison {
		return verdict.Comparison{Server: server, Of: result.Cell{"server": server}, Ratio: 5, Low: 4, High: 6, Word: w, Limited: limited, Marks: marks}
	}
	const base = "goroutine at saturation in 1 of 3 blocks"
	f := verdict.Family{Metric: "cpu_per_request", Baseline: "goroutine", Comparisons: []verdict.Comparison{
		one("tryread", "", verdict.Slower, "tryread at saturation in 3 of 3 blocks", base), one("epoll", "", verdict.Undecided, "epoll at saturation in 3 of 3 blocks"), one("pool", "", verdict.Tie, base)}}
	require.Equal(t, []string{"tryread (5.00x) worse", "pool equal", "epoll undecided", "tryread and epoll at saturation in 3 of 3 blocks, " + base}, newRanks(grid{}, f).parts(f))

	f.Metric = "achieved_rate"
	least := one("uring", "", verdict.Faster, "uring limited by the generator in 3 of 3 blocks")
	least.High = math.Inf(1)
	f.Comparisons = []verdict.Comparison{least, one("poll", "poll", verdict.Undecided), one("epoll", "", verdict.Undecided)}
	require.Equal(t, []string{"uring (≥ 5.00x) better", "poll undecided, because the generator limited it", "epoll undecided", "uring limited by the generator in 3 of 3 blocks"}, newRanks(grid{}, f).parts(f))
	f.Comparisons = []verdict.Comparison{one("epoll", "goroutine", verdict.Undecided), one("poll", "goroutine", verdict.Undecided)}
	require.Equal(t, []string{"epoll and poll undecided, because the generator limited goroutine"}, newRanks(grid{}, f).parts(f))
}

// A line has a gap where nothing was measured.
func TestALineHasGaps(t *testing.T) {
	points := []chart.Point{{X: 1000}, {X: 1}, {X: 10}}
	gaps(points, []float64{1, 10, 100, 1000}, func(v float64) float64 { return v })
	require.Equal(t, []chart.Point{{X: 1}, {X: 10}, {X: 1000, Gap: true}}, points)
}

// Two runs in which a design served no client are equal in that.
func TestATieIsSaidWhereNoClientWasServed(t *testing.T) {
	in := quick(t)
	of := result.Cell{"server": "pool", "load.mute": 8.0}
	f := verdict.Family{Metric: "unserved", Baseline: theFirst, Condition: of.Without("server"), Comparisons: []verdict.Comparison{{Server: "pool", Of: of, Word: verdict.Tie}}}
	says := func() string {
		return newComparison("unserved", []verdict.Family{f}, verdict.Floor{}, newGrid(in.Analysis.Cells, in.Registry), false).Short.Rows[0][1].Text
	}
	require.Equal(t, "= tie", says())
	f.Comparisons[0].Word = verdict.Undecided
	require.Equal(t, "○ served no client", says())
}
