package verdict

import (
	"fmt"
	"maps"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/stats"
	"socketbench/servers"
)

// registry has the designs of these runs.
func registry() (r servers.Registry) {
	for _, n := range []string{"goroutine", "epoll", "pool", "deadline"} {
		r = append(r, servers.Entry{Name: n, New: func(servers.Config) servers.Server { return nil }})
	}
	return r
}

// world makes the trials of runs whose truth is known.
type world struct {
	t      testing.TB
	exp    spec.Experiment
	plan   plan.Plan
	random *rand.Rand
	luck   []float64                            // of each block
	truth  func(c plan.Cell) map[string]float64 // of each cell
	spoil  func(t *result.Trial, c plan.Cell)   // may change a trial
	sd     func(c plan.Cell) float64
}

func newWorld(t testing.TB, text string, seed uint64) *world {
	e, err := spec.Parse("w.yaml", []byte("name: w\nquestion: q\n"+text), registry())
	require.NoError(t, err)
	p, err := plan.New(e, seed, registry())
	require.NoError(t, err)
	w := &world{
		t: t, exp: e, plan: p, random: rand.New(rand.NewPCG(seed, 9)),
		truth: func(plan.Cell) map[string]float64 { return map[string]float64{"cpu_per_request": 4000} },
		sd:    func(plan.Cell) float64 { return 0.02 },
		spoil: func(*result.Trial, plan.Cell) {},
	}
	for range e.MaxBlocks {
		w.luck = append(w.luck, 0.05*w.random.NormFloat64())
	}
	return w
}

// run measures so many blocks.
func (w *world) run(blocks int) result.Run {
	r := result.Run{Dir: "w", Manifest: result.Manifest{Experiment: "w", Spec: string(w.exp.YAML()), Placement: "split",
		Host: result.Host{CPUs: 2, ServerCPUs: []int{1}, ClientCPUs: []int{0}}}}
	for b := range blocks {
		r.Trials = append(r.Trials, w.block(b)...)
	}
	return r
}

func (w *world) block(b int) (trials []result.Trial) {
	for _, p := range w.plan.Block(b) {
		c := w.plan.Cells[p.Cell]
		t := result.Trial{Cell: c.ID, Label: p.Label, Block: b, Order: p.Order, Valid: true, Metrics: map[string]float64{}}
		truth := w.truth(c)
		for _, name := range slices.Sorted(maps.Keys(truth)) { // each seed is one run
			v := truth[name]
			if spec.Unit(name) != "count" {
				v *= math.Exp(w.luck[b] + w.sd(c)*w.random.NormFloat64())
			}
			t.Metrics[name] = v
		}
		w.spoil(&t, c)
		trials = append(trials, t)
	}
	return trials
}

func (w *world) judge(blocks int) Analysis {
	a, err := Judge(w.run(blocks))
	require.NoError(w.t, err)
	return a
}

// only returns the comparison of a server in the only family of a metric.
func only(t testing.TB, a Analysis, metric, server string) Comparison {
	for _, f := range a.Families {
		if f.Metric == metric {
			for _, c := range f.Comparisons {
				if c.Server == server {
					return c
				}
			}
		}
	}
	require.Fail(t, "no comparison", "%s of %s", metric, server)
	return Comparison{}
}

const three = "servers: [goroutine, epoll, deadline]\nblocks: 10\n"

func figureOf(name string, of map[string]float64) func(plan.Cell) map[string]float64 {
	return func(c plan.Cell) map[string]float64 { return map[string]float64{name: of[c.Server]} }
}

func TestFasterSlowerTieUndecided(t *testing.T) {
	w := newWorld(t, three, 1)
	w.truth = figureOf("cpu_per_request", map[string]float64{"goroutine": 4300, "epoll": 3500, "deadline": 12900})
	a := w.judge(10)
	faster := only(t, a, "cpu_per_request", "epoll")
	require.Equal(t, Faster, faster.Word)
	require.InDelta(t, 3500.0/4300, faster.Ratio, 0.03)
	require.InDelta(t, 0.03, faster.High-faster.Low, 0.02)
	require.Contains(t, faster.Sentence, "% below goroutine's")
	slower := only(t, a, "cpu_per_request", "deadline")
	require.Equal(t, Slower, slower.Word)
	require.Contains(t, slower.Sentence, "times goroutine's")
	require.InDelta(t, 0.02, a.Floor["cpu_per_request"].Floor, 0.03)

	w = newWorld(t, three, 2)
	w.sd = func(plan.Cell) float64 { return 0.004 }
	require.Equal(t, Tie, only(t, w.judge(10), "cpu_per_request", "epoll").Word)
}

// A difference that is certain and means nothing is a tie, in every run: between two words that are both
// true, the noise would choose.
func TestASmallDifferenceIsATieHoweverCertain(t *testing.T) {
	for seed := range uint64(10) {
		w := newWorld(t, three, seed)
		w.sd = func(plan.Cell) float64 { return 0.001 }
		w.truth = figureOf("cpu_per_request", map[string]float64{"goroutine": 4000, "epoll": 4032, "deadline": 4200})
		a := w.judge(10)
		c := only(t, a, "cpu_per_request", "epoll")
		require.Greater(t, c.Low, 1.0)
		require.Equal(t, Tie, c.Word, c.Sentence)
		require.Equal(t, Slower, only(t, a, "cpu_per_request", "deadline").Word)
	}
}

// Clients that connect once do so before anything is measured; those that come and go do it all the time. And a
// server that is stopped when its clients have gone drains nothing.
func TestWhatIsBesideTheWindowIsNotJudged(t *testing.T) {
	for _, test := range []struct {
		metric, load string
		judged       bool
	}{
		{"connect.p50", "", false},
		{"connect.p50", "load: {requests: 10}\n", true},
		{"drain", "", false},
		{"drain", "load: {stop: true}\n", true},
	} {
		w := newWorld(t, three+test.load, 1)
		w.truth = figureOf(test.metric, map[string]float64{"goroutine": 4000, "epoll": 8000, "deadline": 4000})
		families := w.judge(10).Families
		require.Equal(t, test.judged, len(families) > 0, "%s %s", test.metric, test.load)
	}
}

// A margin of equality that grew with the noise would call designs equal the more readily the less the
// run could see; and whether it did would be a matter of which of two accidents is the larger.
func TestNoiseIsNoProofOfEquality(t *testing.T) {
	within := 0
	for seed := range uint64(40) {
		w := newWorld(t, three, seed)
		w.sd = func(plan.Cell) float64 { return 0.2 }
		run := w.run(10)
		a, err := Judge(run)
		require.NoError(t, err)
		for _, server := range []string{"epoll", "deadline"} {
			c := only(t, a, "cpu_per_request", server)
			require.NotEqual(t, Tie, c.Word, c.Sentence)
			if strings.Contains(c.Why, "too wide to call two designs equal") {
				within++
			}
		}
		x, err := Compare(run, w.run(10), []string{"cpu_per_request"})
		require.NoError(t, err)
		for _, c := range x.Changes {
			require.NotEqual(t, Tie, c.Word, c.Sentence)
		}
	}
	require.Positive(t, within, "no run was so noisy that its floor alone would have made a tie")
}

// More of a metric can be better.
func TestMoreAnswersAreFaster(t *testing.T) {
	w := newWorld(t, three, 1)
	w.truth = figureOf("achieved_rate", map[string]float64{"goroutine": 1e5, "epoll": 2e5, "deadline": 2e4})
	a := w.judge(10)
	require.Equal(t, Slower, only(t, a, "achieved_rate", "deadline").Word)
}

// In an open loop the schedule wants more of one trial than of another, and who catches up with what was left
// before the window is no faster than who left nothing.
func TestAnOpenLoopsRateIsTheShareThatWasAnswered(t *testing.T) {
	for share, word := range map[float64]Word{1.05: Tie, 0.9: Slower} {
		w := newWorld(t, "servers: [epoll, deadline]\nblocks: 10\nload: {arrivals: poisson, rate: 40000}\n", 1)
		w.truth = figureOf("achieved_rate", map[string]float64{"epoll": 1, "deadline": 1})
		w.spoil = func(t *result.Trial, c plan.Cell) {
			offered, answered := 40000*math.Exp(0.02*w.random.NormFloat64()), 0.999
			if c.Server == "deadline" {
				answered = share
			}
			t.Metrics["offered_rate"] = offered
			t.Metrics["achieved_rate"] = offered * answered * math.Exp(0.0005*w.random.NormFloat64())
			t.Metrics["throughput_bytes"] = 64 * t.Metrics["achieved_rate"]
		}
		a := w.judge(10)
		require.Equal(t, word, only(t, a, "achieved_rate", "deadline").Word)
		for _, f := range a.Families {
			require.NotEqual(t, "throughput_bytes", f.Metric, "it would say the same again")
		}
	}
}

// Under overload a server answers a smaller share of a larger schedule, and more requests.
func TestRatesUnderDifferentSchedulesAreCompared(t *testing.T) {
	w := newWorld(t, `servers: [epoll, goroutine]
blocks: 8
vary: {load.rate: [9000, 27000]}
predict:
  - {claim: c, metric: achieved_rate, of: {server: epoll, load.rate: 27000}, against: {load.rate: 9000}, expect: "> 1.5x"}
`, 1)
	w.spoil = func(t *result.Trial, c plan.Cell) {
		offered := c.Load.Rate * math.Exp(0.02*w.random.NormFloat64())
		t.Metrics["offered_rate"], t.Metrics["achieved_rate"] = offered, min(offered, 18000*math.Exp(0.01*w.random.NormFloat64()))
	}
	p := w.judge(8).Predictions[0]
	require.Equal(t, Holds, p.Word, p.Sentence)
	require.InDelta(t, 2, p.Value, 0.05)
}

// What stands between two designs and a verdict is said, not passed over.
func TestWhatIsNotRanked(t *testing.T) {
	t.Run("few blocks", func(t *testing.T) {
		w := newWorld(t, three, 1)
		w.sd = func(plan.Cell) float64 { return 0.001 }
		w.truth = figureOf("cpu_per_request", map[string]float64{"goroutine": 4000, "epoll": 3800, "deadline": 8000})
		a := w.judge(3)
		c := only(t, a, "cpu_per_request", "epoll")
		require.Equal(t, Undecided, c.Word)
		require.Equal(t, "3 blocks rank nothing within 10 %; --blocks 8 does", c.Why)
		require.Equal(t, Slower, only(t, a, "cpu_per_request", "deadline").Word, "twice as much is outside of it")
		require.Contains(t, a.Notes[len(a.Notes)-1], "nothing within 10 % is ranked")
	})
	t.Run("nobody answered", func(t *testing.T) {
		w := newWorld(t, three, 1)
		w.truth = func(c plan.Cell) map[string]float64 {
			if c.Server == "deadline" {
				return map[string]float64{"completed": 0}
			}
			return map[string]float64{"completed": 100, "cpu_per_request": 4000}
		}
		c := only(t, w.judge(10), "cpu_per_request", "deadline")
		require.Equal(t, Undecided, c.Word)
		require.Equal(t, "deadline answered nobody here", c.Why)
	})
	t.Run("an age is not a response time", func(t *testing.T) {
		w := newWorld(t, three, 1)
		w.truth = figureOf("latency.p99", map[string]float64{"goroutine": 4e6, "epoll": 1e6, "deadline": 9e6})
		w.spoil = func(t *result.Trial, c plan.Cell) {
			if c.Server != "goroutine" {
				t.AtLeast, t.Raw = 5e5, map[string]float64{"censored": 3} // the youngest of those that were never answered
			}
		}
		a := w.judge(10)
		require.NotEqual(t, Faster, only(t, a, "latency.p99", "epoll").Word, "it may be any time above")
		require.Equal(t, Faster, only(t, newFull(w).judge(10), "latency.p99", "epoll").Word, "without ages it is faster")
		slower := only(t, a, "latency.p99", "deadline")
		require.Equal(t, Slower, slower.Word, "at least so late is late enough")
		require.True(t, math.IsInf(slower.High, 1))
	})
}

// A closed loop sends one request for each client that it leaves without an answer, and thousands for the others: times of these
// are no measure of the design.
func TestWhoLeavesClientsOutIsNotFaster(t *testing.T) {
	w := newWorld(t, "servers: [goroutine, pool, epoll, deadline]\nblocks: 10\nload: {connections: 32, arrivals: closed}\n", 1)
	left := map[string]float64{"pool": 31, "epoll": 31}
	w.truth = func(c plan.Cell) map[string]float64 {
		p99 := map[string]float64{"goroutine": 2e6, "pool": 1e5, "epoll": 9e6, "deadline": 1e6}[c.Server]
		return map[string]float64{"latency.p99": p99, "served": 32 - left[c.Server],
			"unserved": left[c.Server], "unanswered": left[c.Server], "missing": 200 * left[c.Server]}
	}
	a := w.judge(10)
	c := only(t, a, "latency.p99", "pool")
	require.Equal(t, Undecided, c.Word)
	require.Equal(t, "pool left so many clients without an answer that its figure has no upper end", c.Why)
	require.Equal(t, Slower, only(t, a, "latency.p99", "epoll").Word, "at least so late is late enough")
	require.Equal(t, Faster, only(t, a, "latency.p99", "deadline").Word, "it left nobody out")

	b := *w
	b.exp.Baseline = "pool"
	same, err := Judge(b.run(10))
	require.NoError(t, err)
	require.Equal(t, Undecided, only(t, same, "latency.p99", "goroutine").Word, "the baseline's figure is a lower bound")
	require.Equal(t, Slower, only(t, same, "latency.p99", "epoll").Word, "each is about one client")

	left["epoll"] = 30
	other, err := Judge(b.run(10))
	require.NoError(t, err)
	c = only(t, other, "latency.p99", "epoll")
	require.Equal(t, Undecided, c.Word)
	require.Equal(t, "epoll left so many clients without an answer that its figure has no upper end, "+
		"and pool left so many clients without an answer that its figure has no upper end", c.Why)

	open := *w
	open.spoil = func(t *result.Trial, _ plan.Cell) { t.Metrics["offered_rate"], t.Metrics["achieved_rate"] = 9000, 9000 }
	require.Equal(t, Faster, only(t, open.judge(10), "latency.p99", "pool").Word, "an open loop sends for everybody, and has their ages")
}

// The time to the first reply is known only of those that got one.
func TestWhoHasNoFirstReply(t *testing.T) {
	h := stats.NewHistogram()
	for i := range int64(1000) {
		h.Record(1000+i, 1)
	}
	m := metric.Of("first_reply.p50")
	most := func(without float64) float64 {
		c := cell{first: h, unserved: without}
		return c.withUnanswered(Summary{Center: float64(h.Quantile(.5))}, m).Most
	}
	require.InDelta(t, 1500, most(0), 2)
	require.InDelta(t, 1750, most(500), 2)
	require.True(t, math.IsInf(most(1001), 1))
}

// Requests without an answer widen an interval by what they may change, and no further.
func TestOpenRequestsAmongMany(t *testing.T) {
	h := stats.NewHistogram()
	for i := range int64(100_000) {
		h.Record(100_000+i, 1)
	}
	p := func(part string, open int64) Summary {
		m := metric.Of("latency." + part)
		c := cell{Cell: Cell{Response: h, Unanswered: stats.Unanswered{N: open, Youngest: 500}}}
		return c.withUnanswered(Summary{Center: float64(h.Quantile(m.Quantile())), Low: 1, High: 2, N: 9}, m)
	}
	few := p("p50", 3)
	require.False(t, few.AtLeast, "three more or less do not move the median")
	_, high := few.interval()
	require.Equal(t, 2.0, high)
	some := p("p50", 5000)
	require.True(t, some.AtLeast)
	require.InDelta(t, 155.0/150, some.slack(), 0.002, "at most it is what the 55th percentile was")
	_, high = some.interval()
	require.InDelta(t, 2*155.0/150, high, 0.004)
	require.True(t, math.IsInf(p("p99", 5000).slack(), 1), "it may be one of them")
}

// newFull is w without what spoils its trials.
func newFull(w *world) *world {
	c := *w
	c.spoil = func(*result.Trial, plan.Cell) {}
	return &c
}

func TestInvalidTrialsAreShownAndNotUsed(t *testing.T) {
	w := newWorld(t, three, 1)
	w.spoil = func(t *result.Trial, c plan.Cell) {
		t.Reasons = reason.List{{Text: "p50 drifted", Warning: true}}
		if c.Server == "epoll" && t.Block == 4 {
			t.Valid, t.Reasons = false, reason.List{{Text: "the generator was late"}, {Text: "p50 drifted", Warning: true}}
			t.Metrics["cpu_per_request"] = 1e9
		}
	}
	a := w.judge(10)
	require.Equal(t, []Problem{{Cell: result.Cell{"server": "epoll"}, Block: 4, Reasons: []string{"the generator was late"}}}, a.Invalid)
	require.Len(t, a.Warnings, 40)
	require.Less(t, only(t, a, "cpu_per_request", "epoll").Ratio, 1.1)
	for _, c := range a.Cells {
		if c.ID.Server() == "epoll" {
			require.Equal(t, 9, c.Trials)
		}
	}
}

const predictions = `
vary: {load.mute: [0, 8]}
servers: [goroutine, deadline, pool]
blocks: 10
predict:
  - {claim: holds, metric: cpu_per_request, of: {server: deadline, load.mute: 8}, against: {server: goroutine}, expect: "> 5x"}
  - {claim: refuted, metric: cpu_per_request, of: {server: deadline, load.mute: 8}, against: {server: goroutine}, expect: "< 5x"}
  - {claim: undecided, metric: cpu_per_request, of: {server: goroutine, load.mute: 8}, against: {load.mute: 0}, expect: "> 1x"}
  - {claim: near, metric: cpu_per_request, of: {server: goroutine, load.mute: 8}, against: {load.mute: 0}, expect: "~ 1x ±10%"}
  - {claim: none served, metric: served, of: {server: pool, load.mute: 8}, expect: "== 0"}
  - {claim: all served, metric: served, of: {server: pool, load.mute: 8}, expect: ">= 16"}
  - {claim: value, metric: cpu_per_request, of: {server: goroutine, load.mute: 0}, expect: "< 5us"}
  - {claim: cores, metric: served, of: {server: pool, load.mute: 0}, expect: "== 16", needs: {server_cpus: ">=2"}}
  - {claim: absent, metric: latency.p99, of: {server: pool, load.mute: 0}, expect: "< 5ms"}
`

func TestPredictions(t *testing.T) {
	w := newWorld(t, predictions, 5)
	w.truth = func(c plan.Cell) map[string]float64 {
		m := map[string]float64{"cpu_per_request": 4000, "served": 16}
		switch {
		case c.Server == "deadline" && c.Load.Mute > 0:
			m["cpu_per_request"] = 49000
		case c.Server == "pool" && c.Load.Mute > 0:
			m["served"] = 0
			delete(m, "cpu_per_request")
		}
		return m
	}
	a := w.judge(10)
	var words []Word
	for _, p := range a.Predictions {
		words = append(words, p.Word)
		t.Log(p.Word, "|", p.Sentence)
		require.NotEmpty(t, p.Sentence)
	}
	require.Equal(t, []Word{Holds, Refuted, Undecided, Holds, Holds, Refuted, Holds, NotAsked, Undecided}, words)
	require.Regexp(t, `^deadline beside 8 silent clients: CPU per request is 12\.\d times goroutine's, on 1 server CPU \(95 % interval 1[12](\.\d)?x to 1[23](\.\d)?x\); more than 5x, as claimed\.$`, a.Predictions[0].Sentence)
	require.Contains(t, a.Predictions[1].Sentence, "; not less than 5x.")
	require.Contains(t, a.Predictions[2].Sentence, "cannot be told")
	require.Equal(t, "pool beside 8 silent clients: connections served 0 in each of 10 trials; exactly 0, as claimed.", a.Predictions[4].Sentence)
	require.Equal(t, "Not askable here: it needs >=2 CPUs for the server, and this run had 1.", a.Predictions[7].Sentence)
}

// A cell that was not run because its design cannot serve it is neither lost nor undecided.
func TestWhatWasNotAsked(t *testing.T) {
	w := newWorld(t, "servers: [goroutine, epoll]\nblocks: 10\npredict:\n"+
		"  - {claim: c, metric: cpu_per_request, of: {server: epoll}, against: {server: goroutine}, expect: \"< 1x\"}\n", 1)
	r := w.run(10)
	r.Trials = slices.DeleteFunc(r.Trials, func(t result.Trial) bool { return t.Cell.Server() == "epoll" })
	r.Manifest.Unasked = []result.Unasked{{Cell: result.Cell{"server": "epoll"}, Why: "epoll holds too little"}}
	a, err := Judge(r)
	require.NoError(t, err)
	require.Equal(t, NotAsked, a.Predictions[0].Word)
	require.Equal(t, "Not askable here: epoll holds too little.", a.Predictions[0].Sentence)
	require.Contains(t, a.Notes, "epoll was not asked: epoll holds too little")
}

// A claim about a cell that is not in the run says why, wherever the results are read.
func TestAClaimWithoutItsCellIsNotAsked(t *testing.T) {
	w := newWorld(t, "servers: [epoll]\nblocks: 8\npredict:\n"+
		"  - {claim: c, metric: cpu_per_request, of: {server: goroutine}, expect: \"> 1us\", not_asked: goroutine is not in it}\n", 1)
	a, err := Judge(w.run(8))
	require.NoError(t, err)
	require.Equal(t, NotAsked, a.Predictions[0].Word)
	require.Equal(t, "Not askable here: goroutine is not in it.", a.Predictions[0].Sentence)
}

func TestWordsAreSpokenAsTheMetricIs(t *testing.T) {
	for metric, want := range map[string]string{
		"latency.p99": "slower", "achieved_rate": "slower", "cpu_per_request": "costlier", "rss_peak": "larger",
		"switches_per_request": "more", "unserved": "more", "served": "fewer", "errors.reset": "more", "fairness": "less fair",
		"drain": "slower", "throughput_bytes": "slower", "answered": "less",
	} {
		require.Equal(t, want, Slower.Spoken(metric), metric)
	}
	require.Equal(t, "tie", Tie.Spoken("cpu_per_request"))
}

// One block has no scatter, and decides nothing.
func TestOneBlockDecidesNothing(t *testing.T) {
	w := newWorld(t, predictions, 5)
	w.truth = func(plan.Cell) map[string]float64 { return map[string]float64{"cpu_per_request": 4000, "served": 0} }
	w.sd = func(plan.Cell) float64 { return 0.5 }
	for _, p := range w.judge(1).Predictions {
		require.Contains(t, []Word{Undecided, NotAsked}, p.Word, p.Claim)
	}
}

func TestMore(t *testing.T) {
	const text = "servers: [goroutine, epoll]\nblocks: 4\nmax_blocks: 12\n"
	decide := func(sd float64, text string) (blocks int, why string) {
		w := newWorld(t, text, 3)
		w.sd = func(plan.Cell) float64 { return sd }
		var trials []result.Trial
		for b := range w.exp.MaxBlocks {
			trials = append(trials, w.block(b)...)
			more, why := More(w.plan, trials)
			if !more {
				return b + 1, why
			}
			require.Empty(t, why)
		}
		require.Fail(t, "it goes on beyond the cap")
		return 0, ""
	}
	blocks, why := decide(0.001, text)
	require.Equal(t, 8, blocks, "never decided by the width before 8")
	require.Regexp(t, `^after 8 blocks the widest interval of cpu_per_request is ±0\.\d %`, why)
	blocks, why = decide(0.5, text)
	require.Equal(t, 12, blocks)
	require.Contains(t, why, "the cap of 12 blocks was reached")
	blocks, why = decide(0.05, text+"precision: 10%\n")
	require.Equal(t, 8, blocks, "the experiment asks for no more")
	require.Regexp(t, `is ±[3-9]\.\d %`, why)
	blocks, why = decide(0.5, "servers: [goroutine, epoll]\nblocks: 3\n")
	require.Equal(t, 3, blocks)
	require.Equal(t, "3 blocks were asked for", why)
}

func TestCompare(t *testing.T) {
	w := newWorld(t, three, 1)
	w.truth = func(plan.Cell) map[string]float64 {
		return map[string]float64{"latency.p99": 4e6, "cpu_per_request": 4000, "wrong": 0}
	}
	before := w.run(10)
	w.truth = func(c plan.Cell) map[string]float64 {
		m := map[string]float64{"latency.p99": 4e6, "cpu_per_request": 4000, "wrong": 0}
		if c.Server == "epoll" {
			m["latency.p99"], m["wrong"] = 8e6, 3
		}
		return m
	}
	after := w.run(10)
	after.Manifest.Host.Kernel = "7.0"
	before.Manifest.Host.Limits = map[string]uint64{"nofile": 20000, "stack": math.MaxUint64, "memlock": 1}
	after.Manifest.Host.Limits = map[string]uint64{"nofile": 1024, "stack": 8 << 20}
	x, err := Compare(before, after, []string{"wrong", "latency.p99", "cpu_per_request"})
	require.NoError(t, err)
	require.Contains(t, x.Warnings, "the kernel differs: , then 7.0")
	require.Subset(t, x.Warnings, []string{"the limit nofile differs: 20000, then 1024", "the limit stack differs: unlimited, then 8388608"})
	require.NotContains(t, strings.Join(x.Warnings, "\n"), "memlock", "an older run did not look")
	broken := map[string]int{"latency.p99>5%": 1, "latency.p99>150%": 0, "wrong>0%": 1, "cpu_per_request>5%": 0, "latency.p99<-5%": 0}
	for text, want := range broken {
		g, err := x.Gate(bounds(t, text))
		require.NoError(t, err)
		for _, f := range g.Findings[:g.Count(Refuted)] {
			require.Equal(t, "epoll", f.Cell.Server())
		}
		require.Equal(t, want, g.Count(Refuted), text)
	}
	x, err = Compare(before, before, []string{"wrong", "latency.p99"})
	require.NoError(t, err)
	require.Empty(t, x.Warnings)
	for _, c := range x.Changes {
		require.NotContains(t, []Word{Faster, Slower}, c.Word, c.Sentence)
	}
	other := newWorld(t, "servers: [pool]\n", 1)
	_, err = Compare(before, other.run(3), []string{"wrong"})
	require.ErrorContains(t, err, "no cell in common")
}

// A machine that became slower moves everything.
func TestCompareSuspectsTheMachine(t *testing.T) {
	w := newWorld(t, "servers: [goroutine, epoll, deadline]\nvary: {load.mute: [0, 8]}\nblocks: 10\n", 1)
	before := w.run(10)
	w.truth = func(plan.Cell) map[string]float64 { return map[string]float64{"cpu_per_request": 4600} }
	x, err := Compare(before, w.run(10), []string{"cpu_per_request"})
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(x.Warnings), "looks like the machine")
}

// Two runs are told apart by what their trials say of the machine's pace.
func TestCompareKnowsThePace(t *testing.T) {
	w := newWorld(t, "servers: [goroutine, epoll]\nblocks: 4\n", 1)
	paced := func(line, wake float64) result.Run {
		run := w.run(4)
		for i := range run.Trials {
			run.Trials[i].Raw = map[string]float64{"pace_before_ns.cpu0": 20_000, "pace_after_ns.cpu0": 21_000,
				"pace_before_ns.cpu0-cpu1": line, "pace_after_ns.cpu0-cpu1-wake": wake * float64(1+9*(i%4/3))}
		}
		return run
	}
	for _, c := range []struct {
		name       string
		line, wake float64
		want       []string
	}{
		{"the same", 4000, 300e3, nil},
		{"nearly", 4800, 260e3, nil},
		{"far", 20_000, 300e3, []string{"the machine was in another state: cache lines between cpu0 and cpu1 took 4 µs, then 20 µs " +
			"(medians of what was measured before and after each trial)"}},
		{"awake", 4000, 200e3, []string{"the machine was in another state: wake-ups between cpu0 and cpu1 took 300 µs, then 200 µs " +
			"(medians of what was measured before and after each trial)"}},
	} {
		x, err := Compare(paced(4000, 300e3), paced(c.line, c.wake), []string{"wrong"})
		require.NoError(t, err)
		require.Equal(t, c.want, x.Warnings, c.name)
	}
	x, err := Compare(w.run(4), paced(4000, 300e3), []string{"wrong"})
	require.NoError(t, err)
	require.Empty(t, x.Warnings, "an older run did not look")
}

func TestBoundsSayWhatIsWrong(t *testing.T) {
	for text, want := range map[string]string{
		"latency.p99":     "name a metric",
		"latency.p98>5%":  `did you mean "latency.p90"?`,
		"latency.p99>5":   "a percentage follows",
		"latency.p99>-5%": "an equal run would fail it",
		"served<5%":       "an equal run would fail it",
		"served<-200%":    "nothing falls by 100 %",
		"served>Inf%":     "a percentage follows",
		"served>NaN%":     "nothing falls by 100 %",
		"lost>5":          "must hold",
		"served<64":       "must hold",
		"errors.rest>0%":  `did you mean "errors.reset"?`,
		"lost==5%":        "a percentage follows",
		"rss_peak<1GB":    "allowed: B, KiB, MiB, GiB",
		"lost>5% where":   "a percentage follows",
		"lost>5% where x": "names no cell",
	} {
		_, err := ParseBound(text)
		require.ErrorContains(t, err, want, text)
	}
}

// Every metric has words for a sentence, whose verb follows them.
func TestEveryMetricHasAPhrase(t *testing.T) {
	seen := map[string]string{}
	for _, m := range metric.All {
		p := phrase(m.Name)
		require.NotContains(t, p, "_", m.Name)
		require.NotEqual(t, m.Name, p)
		require.Empty(t, seen[p], "%s and %s", m.Name, seen[p])
		require.False(t, strings.HasPrefix(p, " "), m.Name)
		seen[p] = m.Name
	}
	require.Equal(t, "connections that failed (reset)", phrase("errors.reset"))
	require.Equal(t, "is", verb("latency.p99"))
	require.Equal(t, "is", verb("fairness"))
	require.Equal(t, "are", verb("achieved_rate"))
	require.Equal(t, "are", verb("reads_per_request"))
}

// An interval of a few trials reaches no further than the figure can, and one that says nothing says so.
func TestIntervalsStayWithinWhatCanBe(t *testing.T) {
	s := summary([]float64{0, 3000}).within(metric.Of("unserved"))
	require.Zero(t, s.Low)
	require.Positive(t, s.High)
	s = summary([]float64{0.99, 1}).within(metric.Of("fairness"))
	require.Equal(t, 1.0, s.High)
	require.Equal(t, "95 % interval 0.5x to 2x", span(0.5, 2))
	require.Equal(t, uselessSpan, span(0.0001, 2))
}
