package verdict

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/result"
)

// blocksOf reports whether a trial of a server is in one of its first n blocks.
func blocksOf(n map[string]int) func(*result.Trial, plan.Cell) bool {
	return func(t *result.Trial, c plan.Cell) bool { return t.Block < n[c.Server] }
}

// One CPU is a condition: the designs are ranked, and every verdict says it.
func TestOneServerCPU(t *testing.T) {
	const text = three + `predict:
  - {claim: ratio, metric: achieved_rate, of: {server: epoll}, against: {server: goroutine}, expect: "> 1.5x"}
  - {claim: value, metric: achieved_rate, of: {server: epoll}, expect: "> 100000"}
  - {claim: count, metric: wrong, of: {server: epoll}, expect: "== 0"}
`
	w := newWorld(t, text, 1)
	w.truth = func(c plan.Cell) map[string]float64 {
		return map[string]float64{"achieved_rate": map[string]float64{"goroutine": 1e5, "epoll": 2e5, "deadline": 1e5}[c.Server], "wrong": 0}
	}
	run := w.run(10)
	a, err := Judge(run)
	require.NoError(t, err)
	c := only(t, a, "achieved_rate", "epoll")
	require.Equal(t, Faster, c.Word, "a design that can use several CPUs is compared on the one that it has")
	require.Regexp(t, `times goroutine's, on 1 server CPU \(95 % interval`, c.Sentence)
	require.Contains(t, only(t, a, "achieved_rate", "deadline").Sentence, "on 1 server CPU")
	require.Equal(t, "on 1 server CPU", a.Families[0].On)
	for i, where := range []string{", on 1 server CPU (95 %", ", on 1 server CPU (95 %", ": wrong replies 0 in each of 10 trials;"} {
		require.Equal(t, Holds, a.Predictions[i].Word)
		require.Contains(t, a.Predictions[i].Sentence, where)
	}
	x, err := Compare(run, run, []string{"achieved_rate"})
	require.NoError(t, err)
	require.Contains(t, x.Changes[0].Sentence, ", on 1 server CPU: replies per second")
	held, err := a.Gate(bounds(t, "achieved_rate>=1000"))
	require.NoError(t, err)
	require.Contains(t, held.Findings[0].Sentence, ", on 1 server CPU: replies per second")

	run.Manifest.Host.ServerCPUs = []int{1, 2}
	a, err = Judge(run)
	require.NoError(t, err)
	require.NotContains(t, only(t, a, "achieved_rate", "epoll").Sentence, "server CPU")
	require.Empty(t, a.Families[0].On)
}

func TestServerCPUs(t *testing.T) {
	const one, shared = "on 1 server CPU", "on 1 server CPU, shared with the generator"
	two := result.Host{CPUs: 4, ServerCPUs: []int{2, 3}, ClientCPUs: []int{0, 1}}
	same := result.Host{CPUs: 4, ServerCPUs: []int{3}, ClientCPUs: []int{3}}
	for _, c := range []struct {
		host      result.Host
		placement string // of the run
		cell      result.Cell
		want      int
		on        string
	}{
		{two, "split", nil, 2, ""},
		{two, "split", result.Cell{"placement": "same"}, 1, shared},
		{two, "split", result.Cell{"placement": "shared"}, 4, ""},
		{two, "split", result.Cell{"placement": "split"}, 2, ""},
		{result.Host{CPUs: 2, ServerCPUs: []int{1}, ClientCPUs: []int{0}}, "split", nil, 1, one},
		{same, "same", nil, 1, shared},
		{same, "same", result.Cell{"placement": "split"}, 0, ""},
		{result.Host{CPUs: 1}, "", nil, 1, shared},
		{result.Host{}, "", nil, 0, ""},
	} {
		m := result.Manifest{Host: c.host, Placement: c.placement}
		require.Equal(t, c.want, ServerCPUs(m, c.cell), "%+v", c)
		require.Equal(t, c.on, On(m, c.cell), "%+v", c)
	}
}

// A full CPU is a condition: no trial is left out for it, and the cost is ranked with a mark. epoll costs half.
func TestAFullCPU(t *testing.T) {
	const footing = ": the footing is unequal, because a server that finds several requests at each wake-up spends less on each than at part load."
	for _, test := range []struct {
		name  string
		full  map[string]int // in so many of 10 blocks
		said  string         // of epoll
		marks []string
	}{
		{"neither", nil, "", nil},
		{"the one in all blocks", map[string]int{"epoll": 10}, " epoll was at saturation in 10 of 10 blocks, and goroutine in none" + footing, []string{"epoll at saturation in 10 of 10 blocks"}},
		{"the one in some", map[string]int{"epoll": 3}, " epoll was at saturation in 3 of 10 blocks, and goroutine in none" + footing, []string{"epoll at saturation in 3 of 10 blocks"}},
		{"the baseline in all", map[string]int{"goroutine": 10}, " goroutine was at saturation in 10 of 10 blocks, and epoll in none" + footing, []string{"goroutine at saturation in 10 of 10 blocks"}},
		{"both in all", map[string]int{"epoll": 10, "goroutine": 10}, " Both were at saturation in every block.", []string{"epoll at saturation in 10 of 10 blocks", "goroutine at saturation in 10 of 10 blocks"}},
		{"both in as many", map[string]int{"epoll": 4, "goroutine": 4}, " Both were at saturation in 4 of 10 blocks.", []string{"epoll at saturation in 4 of 10 blocks", "goroutine at saturation in 4 of 10 blocks"}},
		{"both, the one in more", map[string]int{"epoll": 9, "goroutine": 4}, " epoll was at saturation in 9 of 10 blocks, and goroutine in 4 of 10 blocks" + footing, []string{"epoll at saturation in 9 of 10 blocks", "goroutine at saturation in 4 of 10 blocks"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			judge := func(full map[string]int) Analysis {
				w := newWorld(t, three+"predict:\n  - {claim: c, metric: cpu_per_request, of: {server: epoll}, against: {server: goroutine}, expect: \"< 0.8x\"}\n"+
					"  - {claim: c, metric: cpu_per_request, of: {server: epoll}, expect: \"< 3us\"}\n", 1)
				w.truth = func(c plan.Cell) map[string]float64 {
					v := map[string]float64{"goroutine": 4000, "epoll": 2000, "deadline": 8000}[c.Server]
					return map[string]float64{"cpu_per_request": v, "achieved_rate": 1e9 / v}
				}
				in := blocksOf(full)
				w.spoil = func(t *result.Trial, c plan.Cell) { t.ServerLimited = in(t, c) }
				return w.judge(10)
			}
			free, a := only(t, judge(nil), "cpu_per_request", "epoll"), judge(test.full)
			c := only(t, a, "cpu_per_request", "epoll")
			require.Equal(t, Faster, c.Word)
			require.Equal(t, []float64{free.Ratio, free.Low, free.High}, []float64{c.Ratio, c.Low, c.High}, "every trial counts")
			require.Equal(t, free.Sentence+test.said, c.Sentence)
			require.Equal(t, test.marks, c.Marks)
			require.Empty(t, c.Limited)
			require.Equal(t, Faster, only(t, a, "achieved_rate", "epoll").Word, "the rate that a full CPU carried is ranked")
			require.Equal(t, Holds, a.Predictions[0].Word)
			require.Contains(t, a.Predictions[0].Sentence, "as claimed."+test.said)
			require.Equal(t, test.marks, a.Predictions[0].Marks)
			require.Equal(t, Holds, a.Predictions[1].Word)
			if n := test.full["epoll"]; n > 0 {
				require.Contains(t, a.Predictions[1].Sentence, "as claimed. It was measured at saturation in ")
			}
		})
	}
}

// One trial of three on a full CPU leaves three blocks: two would decide nothing.
func TestThreeBlocksStayThree(t *testing.T) {
	w := newWorld(t, "servers: [goroutine, deadline]\nblocks: 3\n", 1)
	w.sd = func(plan.Cell) float64 { return 0.05 }
	w.truth = figureOf("cpu_per_request", map[string]float64{"goroutine": 10_000, "deadline": 35_500})
	w.spoil = func(t *result.Trial, c plan.Cell) {
		t.ServerLimited = c.Server == "goroutine" && t.Block == 1 && t.Label == result.LabelFirst
	}
	c := only(t, w.judge(3), "cpu_per_request", "deadline")
	require.Equal(t, Slower, c.Word, c.Sentence)
	require.Contains(t, c.Sentence, "goroutine was at saturation in 1 of 3 blocks")
}

// Response times of a server that answers less than is offered are times in a queue, which grow with the window.
func TestAServerBeyondItsCapacity(t *testing.T) {
	for _, test := range []struct {
		name   string
		behind map[string]int
		p50    float64 // of epoll; goroutine has 10 ms
		word   Word
		open   string // the end of the interval that is not known
		said   string
	}{
		{"the slower one", map[string]int{"epoll": 10}, 40e6, Slower, "high", " times goroutine's or higher, on 1 server CPU (at least 3."},
		{"the slower one, why", map[string]int{"epoll": 10}, 40e6, Slower, "high", "epoll answered less than was offered in 10 of 10 blocks, so that its times grow with the window."},
		{"the faster one, so far", map[string]int{"epoll": 10}, 5e6, Undecided, "high", "so that its times grow with the window"},
		{"the baseline", map[string]int{"goroutine": 10}, 2e6, Faster, "low", " times goroutine's or lower, on 1 server CPU (at most 0.2"},
		{"the baseline, so far", map[string]int{"goroutine": 10}, 40e6, Undecided, "low", "goroutine answered less than was offered in 10 of 10 blocks"},
		{"both", map[string]int{"epoll": 10, "goroutine": 10}, 40e6, Slower, "", "these are times in queues that grow with the window."},
		{"in few blocks", map[string]int{"epoll": 3}, 40e6, Slower, "", "epoll answered less than was offered in 3 of 10 blocks."},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, "servers: [goroutine, epoll]\nblocks: 10\nload: {arrivals: poisson, rate: 40000}\npredict:\n"+
				"  - {claim: more, metric: latency.p50, of: {server: epoll}, expect: \"> 1ms\"}\n  - {claim: less, metric: latency.p50, of: {server: epoll}, expect: \"< 200ms\"}\n", 1)
			w.truth = figureOf("latency.p50", map[string]float64{"goroutine": 10e6, "epoll": test.p50})
			in := blocksOf(test.behind)
			w.spoil = func(t *result.Trial, c plan.Cell) {
				t.Metrics["offered_rate"], t.Metrics["achieved_rate"], t.Metrics["unanswered"] = 40000, 40000, 1
				if in(t, c) {
					t.Metrics["achieved_rate"], t.Metrics["unanswered"] = 30000, 10000
				}
			}
			a := w.judge(10)
			c := only(t, a, "latency.p50", "epoll")
			require.Equal(t, test.word, c.Word, c.Sentence)
			require.Contains(t, c.Sentence, test.said)
			require.Equal(t, test.open == "high", math.IsInf(c.High, 1))
			require.Equal(t, test.open == "low", c.Low == 0)
			require.Equal(t, Holds, a.Predictions[0].Word, "a lower bound is enough")
			if test.behind["epoll"] > 5 {
				require.Equal(t, Undecided, a.Predictions[1].Word, a.Predictions[1].Sentence)
				require.Contains(t, a.Predictions[1].Sentence, "so that its times grow with the window")
			} else {
				require.Equal(t, Holds, a.Predictions[1].Word)
			}
			if len(test.behind) == 1 && test.name != "in few blocks" {
				require.NotEqual(t, Undecided, only(t, a, "achieved_rate", "epoll").Word, "the share that was answered is ranked")
			}
		})
	}
}

// What the generator limited is a bound: it decides what lies beyond it.
func TestWhatTheGeneratorLimited(t *testing.T) {
	for _, test := range []struct {
		name    string
		metric  string
		figure  float64 // of epoll; goroutine has 10,000
		limited map[string]int
		word    Word
		said    string
		server  string // Comparison.Limited
	}{
		{"a higher rate", "achieved_rate", 20_000, map[string]int{"epoll": 10}, Faster, "% above goroutine's or higher, on 1 server CPU (at least 1.", ""},
		{"a little higher", "achieved_rate", 12_000, map[string]int{"epoll": 10}, Faster, "% above goroutine's or higher", ""},
		{"a lower rate", "achieved_rate", 5_000, map[string]int{"epoll": 10}, Undecided, "the generator limited epoll in 10 of 10 blocks, so that its figure is a lower bound.", "epoll"},
		{"a lower rate than a bound", "achieved_rate", 8_000, map[string]int{"goroutine": 10}, Slower, "% below goroutine's or lower", ""},
		{"a higher rate than a bound", "achieved_rate", 20_000, map[string]int{"goroutine": 10}, Undecided, "the generator limited goroutine in 10 of 10 blocks, so that its figure is a lower bound.", "goroutine"},
		{"two bounds", "achieved_rate", 20_000, map[string]int{"epoll": 10, "goroutine": 4}, Undecided, "the generator limited epoll in 10 of 10 blocks, so that its figure is a lower bound, and the generator limited goroutine in 4 of 10 blocks", "epoll"},
		{"few blocks", "achieved_rate", 20_000, map[string]int{"epoll": 3}, Faster, "The generator limited epoll in 3 of 10 blocks.", ""},
		{"a shorter time", "latency.p50", 5_000, map[string]int{"epoll": 10}, Faster, "times goroutine's or lower, on 1 server CPU (at most 0.5", ""},
		{"a longer time", "latency.p50", 20_000, map[string]int{"epoll": 10}, Undecided, "so that its figure is an upper bound", "epoll"},
		{"a longer time than a bound", "latency.p50", 20_000, map[string]int{"goroutine": 10}, Slower, "above goroutine's or higher", ""},
		{"a cost", "cpu_per_request", 5_000, map[string]int{"epoll": 10}, Faster, "times goroutine's, on 1 server CPU (95 %", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			w := newWorld(t, "servers: [goroutine, epoll]\nblocks: 10\n", 1)
			w.truth = figureOf(test.metric, map[string]float64{"goroutine": 10_000, "epoll": test.figure})
			in := blocksOf(test.limited)
			w.spoil = func(t *result.Trial, c plan.Cell) { t.LowerBound = in(t, c) }
			c := only(t, w.judge(10), test.metric, "epoll")
			require.Equal(t, test.word, c.Word, c.Sentence)
			require.Contains(t, c.Sentence, test.said)
			require.Equal(t, test.server, c.Limited)
		})
	}
}

// A gate judges what was limited by the same rule: a full CPU alone is no reason that it cannot tell.
func TestGatesOfLimitedFigures(t *testing.T) {
	judge := func(spoil func(*result.Trial, plan.Cell), bound string) Finding {
		w := newWorld(t, "servers: [goroutine]\nblocks: 10\n", 1)
		w.truth = func(plan.Cell) map[string]float64 {
			return map[string]float64{"cpu_per_request": 4000, "achieved_rate": 1e5, "latency.p50": 1e6, "completed": 1e5}
		}
		w.spoil = spoil
		g, err := w.judge(10).Gate(bounds(t, bound))
		require.NoError(t, err)
		return g.Findings[0]
	}
	full := func(t *result.Trial, _ plan.Cell) { t.ServerLimited = true }
	f := judge(full, "cpu_per_request<5us")
	require.Equal(t, Holds, f.Word)
	require.Contains(t, f.Sentence, "as asked. It was measured at saturation in 10 of 10 blocks.")
	require.Equal(t, Refuted, judge(full, "cpu_per_request<3us").Word)

	generator := func(t *result.Trial, _ plan.Cell) { t.LowerBound = true }
	require.Equal(t, Holds, judge(generator, "achieved_rate>=50000").Word, "a lower bound is enough")
	f = judge(generator, "achieved_rate>=200000")
	require.Equal(t, Undecided, f.Word)
	require.Contains(t, f.Sentence, "cannot be told: the generator limited goroutine in 10 of 10 blocks, so that its figure is a lower bound.")
	require.Equal(t, needsLoad, f.Needs)
	require.Equal(t, Undecided, judge(generator, "latency.p50<0.5ms").Word)
	require.Equal(t, Holds, judge(generator, "latency.p50<2ms").Word)
}

func TestTwoRunsOfLimitedFigures(t *testing.T) {
	run := func(figures map[string]float64, spoil func(*result.Trial)) result.Run {
		w := newWorld(t, "servers: [goroutine]\nblocks: 10\n", uint64(len(figures)))
		w.truth = func(plan.Cell) map[string]float64 { return figures }
		w.spoil = func(t *result.Trial, _ plan.Cell) { spoil(t) }
		return w.run(10)
	}
	none := func(*result.Trial) {}
	full := func(t *result.Trial) { t.ServerLimited = true }
	bound := func(t *result.Trial) { t.LowerBound = true }
	for _, test := range []struct {
		name          string
		before, after map[string]float64
		first, second func(*result.Trial)
		metric, bound string
		word, gate    Word
		said          string
	}{
		{"a full CPU in one", map[string]float64{"cpu_per_request": 4000}, map[string]float64{"cpu_per_request": 6000}, full, none,
			"cpu_per_request", "cpu_per_request>5%", Slower, Refuted, "The first run was at saturation in 10 of 10 blocks: the footing is unequal"},
		{"a full CPU in both", map[string]float64{"cpu_per_request": 4000}, map[string]float64{"cpu_per_request": 6000}, full, full,
			"cpu_per_request", "cpu_per_request>5%", Slower, Refuted, "The first run was at saturation in 10 of 10 blocks, the second run was at saturation in 10 of 10 blocks."},
		{"a lower rate, which may be more", map[string]float64{"achieved_rate": 4000}, map[string]float64{"achieved_rate": 3000}, none, bound,
			"achieved_rate", "achieved_rate<-5%", Undecided, Undecided, ": undecided, any rise is possible; in the second run the generator limited the server in 10 of 10 blocks, so that its figure is a lower bound."},
		{"a higher rate, which may be more", map[string]float64{"achieved_rate": 3000}, map[string]float64{"achieved_rate": 4000}, none, bound,
			"achieved_rate", "achieved_rate<-5%", Faster, Holds, "above or higher, at least 1"},
		{"a rate that fell from more than is known", map[string]float64{"achieved_rate": 4000}, map[string]float64{"achieved_rate": 3000}, bound, none,
			"achieved_rate", "achieved_rate<-5%", Slower, Refuted, "below or lower, at most 0."},
	} {
		t.Run(test.name, func(t *testing.T) {
			x, err := Compare(run(test.before, test.first), run(test.after, test.second), []string{test.metric})
			require.NoError(t, err)
			c := x.Changes[0]
			require.Equal(t, test.word, c.Word, c.Sentence)
			require.Contains(t, c.Sentence, test.said)
			g, err := x.Gate(bounds(t, test.bound))
			require.NoError(t, err)
			require.Equal(t, test.gate, g.Word(), g.Findings)
		})
	}
}
