package verdict

import (
	"fmt"
	"math"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
)

// bounds reads bounds that are right.
func bounds(t testing.TB, texts ...string) (list []Bound) {
	for _, s := range texts {
		b, err := ParseBound(s)
		require.NoError(t, err)
		list = append(list, b)
	}
	return list
}

// sound is what every cell of the runs of these tests measures unless a test spoils it.
func sound(plan.Cell) map[string]float64 {
	return map[string]float64{"latency.p99": 4e6, "cpu_per_request": 4000, "achieved_rate": 6183, "completed": 6183,
		"served": 8, "unserved": 0, "lost": 0, "wrong": 0, "rss_peak": 50 << 20}
}

// pair is a run and a second one of the same truth, in which spoil may change the trials.
func pair(t testing.TB, blocks int, spoil func(*result.Trial)) (before, after result.Run) {
	w := newWorld(t, three, 1)
	w.truth = sound
	before = w.run(blocks)
	w.spoil = func(trial *result.Trial, _ plan.Cell) { spoil(trial) }
	return before, w.run(blocks)
}

func gateOf(t testing.TB, before, after result.Run, texts ...string) Gate {
	x, err := Compare(before, after, nil)
	require.NoError(t, err)
	g, err := x.Gate(bounds(t, texts...))
	require.NoError(t, err)
	require.NotEmpty(t, g.Findings)
	for _, f := range g.Findings {
		require.NotEmpty(t, f.Sentence)
		require.Equal(t, f.Word == Undecided, f.Needs != "", "%+v", f)
		for _, no := range []string{"NaN", "Inf", "0.00x", "%!"} {
			require.NotContains(t, f.Sentence+f.Needs, no)
		}
	}
	return g
}

// What a figure can do to a gate: that it has become worse is seen, and what cannot be judged does not pass.
func TestAGateThatCannotJudgeDoesNotPass(t *testing.T) {
	set := func(metric string, v float64) func(*result.Trial) {
		return func(trial *result.Trial) { trial.Metrics[metric] = v }
	}
	epoll := func(spoil func(*result.Trial)) func(*result.Trial) {
		return func(trial *result.Trial) {
			if trial.Cell.Server() == "epoll" {
				spoil(trial)
			}
		}
	}
	gone := func(metric string) func(*result.Trial) {
		return func(trial *result.Trial) { delete(trial.Metrics, metric) }
	}
	odd := func(spoil func(*result.Trial)) func(*result.Trial) {
		return func(trial *result.Trial) {
			if trial.Block%2 == 1 {
				spoil(trial)
			}
		}
	}
	times := func(metric string, factor float64) func(*result.Trial) {
		return func(trial *result.Trial) { trial.Metrics[metric] *= factor }
	}
	invalid := func(trial *result.Trial) {
		trial.Valid, trial.Reasons = false, reason.List{{Text: "the machine stood still"}}
	}
	silent := func(trial *result.Trial) {
		trial.Metrics = map[string]float64{"achieved_rate": 0, "completed": 0, "served": 0, "unserved": 8, "lost": 0, "wrong": 0}
	}
	nothing := func(*result.Trial) {}
	for _, c := range []struct {
		what   string
		spoil  func(*result.Trial)
		bound  string
		want   Word
		says   string
		blocks int
	}{
		{"nothing changed", nothing, "latency.p99>10%", Holds, "", 10},
		{"nothing changed, and a bound that the noise fills", nothing, "latency.p99>2.5%", Undecided, "would tell", 10},
		{"three blocks tell no small change", nothing, "latency.p99>1%", Undecided, "blocks", 3},
		{"one block tells nothing", nothing, "latency.p99>50%", Undecided, "--blocks", 1},
		{"one block tells nothing of a count", nothing, "lost>0%", Undecided, "--blocks", 1},
		{"twice as slow", times("latency.p99", 2), "latency.p99>5%", Refuted, "slower", 10},
		{"twice as slow, in one design", epoll(times("latency.p99", 2)), "latency.p99>5%", Refuted, "epoll", 10},
		{"twice as fast", times("latency.p99", 0.5), "latency.p99>5%", Holds, "", 10},
		{"a third more in too few blocks", odd(times("latency.p99", 1.8)), "latency.p99>5%", Undecided, "blocks", 3},
		{"one trial in two is eight times slower", odd(times("latency.p99", 8)), "latency.p99>5%", Undecided, "not excluded", 4},
		{"a metric that no design has", nothing, "reads_per_request>5%", Undecided, "no trial of either run", 10},
		{"a figure has gone", gone("achieved_rate"), "achieved_rate<-5%", Undecided, "it has no replies per second", 10},
		{"a figure has gone from half of the trials", odd(gone("achieved_rate")), "achieved_rate<-5%", Undecided, "missing in", 10},
		{"a rate became zero", set("achieved_rate", 0), "achieved_rate<-5%", Refuted, "0/s", 10},
		{"a rate became zero in half of the trials", odd(set("achieved_rate", 0)), "achieved_rate<-5%", Undecided, "0", 10},
		{"a cost became zero", set("cpu_per_request", 0), "cpu_per_request>5%", Undecided, "no measurement", 10},
		{"fewer lost than none", set("lost", -1), "lost>5%", Undecided, "given as -1, which is no measurement", 10},
		{"one lost reply a trial", epoll(set("lost", 1)), "lost>5%", Refuted, "was 0", 10},
		{"lost replies in half of the trials", odd(set("lost", 7)), "lost>0%", Undecided, "scatter", 10},
		{"connections that fail", set("errors.reset", 3), "errors.reset>0%", Refuted, "was 0", 10},
		{"none that fail in either", nothing, "errors.reset>0%", Holds, "", 10},
		{"all trials invalid", invalid, "latency.p99>5%", Undecided, "the machine stood still", 10},
		{"one design invalid", epoll(invalid), "lost>5%", Undecided, "none of its trials is valid", 10},
		{"most trials invalid", func(trial *result.Trial) {
			if trial.Block > 2 {
				invalid(trial)
			}
		}, "latency.p99>50%", Undecided, "only 3 valid trials of 10", 10},
		{"one design serves nobody", epoll(silent), "latency.p99>5%", Undecided, "answered nobody", 10},
		{"one design serves nobody, and loses nothing", epoll(silent), "lost>5%", Undecided, "answered nobody", 10},
		{"one design serves nobody, which is seen in its rate", epoll(silent), "achieved_rate<-5%", Refuted, "epoll", 10},
		{"one that died and left no other trace", epoll(func(trial *result.Trial) { trial.Fault = reason.Fault{Kind: reason.Died, Detail: "exit status 2"} }), "lost>5%", Undecided, "died", 10},
		{"connections that fail, beside a time that does not change", set("errors.reset", 3), "latency.p99>50%", Undecided, "failed (reset)", 10},
		{"half of what was asked for is answered", func(trial *result.Trial) { trial.Metrics["answered"] = 0.5 }, "latency.p99>50%", Undecided, "50 %", 10},
		{"faster, for those who are left", epoll(func(trial *result.Trial) {
			trial.Metrics["unserved"], trial.Metrics["served"] = 5, 3
			trial.Metrics["latency.p99"] /= 2
		}), "latency.p99>5%", Undecided, "not served", 10},
	} {
		before, after := pair(t, c.blocks, c.spoil)
		g := gateOf(t, before, after, c.bound)
		require.Equal(t, c.want, g.Word(), "%s: %+v", c.what, g.Findings)
		f := g.Findings[0]
		require.Contains(t, f.Sentence+" "+f.Needs, c.says, c.what)
	}
	before, after := pair(t, 3, epoll(invalid))
	x, err := Compare(before, after, []string{"lost"})
	require.NoError(t, err)
	require.Equal(t, []string{"without a valid trial in the second run: epoll"}, x.Warnings)
	// The other way round, from what was not measured or not served to what is.
	for _, c := range []struct {
		what  string
		spoil func(*result.Trial)
		bound string
		want  Word
	}{
		{"lost replies are gone", set("lost", 7), "lost>0%", Holds},
		{"a cost came from zero", set("cpu_per_request", 0), "cpu_per_request>5%", Undecided},
		{"a rate came from zero", set("achieved_rate", 0), "achieved_rate<-5%", Undecided},
		{"a figure is new", gone("latency.p99"), "latency.p99>5%", Undecided},
		{"the first run is invalid", invalid, "latency.p99>5%", Undecided},
	} {
		after, before := pair(t, 10, c.spoil)
		require.Equal(t, c.want, gateOf(t, before, after, c.bound).Word(), c.what)
	}
}

// What a design serves nobody in both runs has not changed; who was served is a figure of its own.
func TestWhoServesNobodyInBothRunsHasNotChanged(t *testing.T) {
	before, after := pair(t, 10, func(*result.Trial) {})
	for _, r := range []result.Run{before, after} {
		for i := range r.Trials {
			if r.Trials[i].Cell.Server() == "epoll" {
				r.Trials[i].Metrics = map[string]float64{"achieved_rate": 0, "completed": 0, "served": 0, "unserved": 8}
			}
		}
	}
	g := gateOf(t, before, after, "latency.p99>10%", "unserved>0%", "achieved_rate<-10%")
	require.Equal(t, Holds, g.Word(), "%+v", g.Findings)
	require.Equal(t, []string{"latency.p99>10%: epoll answered nobody in either run"}, g.LeftOut)
	require.Equal(t, Undecided, gateOf(t, before, after, "latency.p99>10% where server=epoll").Word())
	require.Equal(t, Refuted, gateOf(t, before, after, "unserved==0").Word())
}

// Runs that ask different things, or on different machines, are not held against each other; the number of blocks and
// a prediction change no figure.
func TestAnotherPlanIsNotComparable(t *testing.T) {
	before, _ := pair(t, 10, func(*result.Trial) {})
	again := func(text string) result.Run {
		w := newWorld(t, text, 2)
		w.truth = sound
		return w.run(10)
	}
	for _, c := range []struct{ text, bound, says string }{
		{three + "load: {connections: 8}\n", "latency.p99>10%", "load.connections is 64, then 8"},
		{three + "config: {workers: 4}\n", "lost>5%", "config.workers is not set, then 4"},
		{three + "placement: same\n", "latency.p99>10%", "placement is split, then same"},
		{three + "load: {duration: 2s}\n", "lost>5%", "load.duration is 1s, then 2s"},
		{"servers: [goroutine, deadline]\nblocks: 10\n", "latency.p99>10%", "epoll: it is not in the second run"},
		{"servers: [goroutine, epoll, deadline, pool]\nblocks: 10\n", "latency.p99>10%", "pool: it is not in the first run"},
	} {
		g := gateOf(t, before, again(c.text), c.bound)
		require.Equal(t, Undecided, g.Word(), c.text)
		require.Contains(t, g.Findings[0].Sentence, c.says)
	}
	x, err := Compare(before, again(three+"load: {connections: 8}\n"), nil)
	require.NoError(t, err)
	require.Contains(t, fmt.Sprint(x.Warnings), "the experiment was changed between the runs: load.connections is 64, then 8")
	x, err = Compare(before, again(three+"placement: same\n"), []string{"cpu_per_request"})
	require.NoError(t, err)
	require.Contains(t, x.Changes[0].Sentence, "costs are not compared across placements")
	same := again("servers: [goroutine, epoll, deadline]\nblocks: 9\nteaches: another sentence\npredict: [{claim: c, metric: lost, of: {server: epoll}, expect: == 0}]\n")
	x, err = Compare(before, same, nil)
	require.NoError(t, err)
	require.Empty(t, x.Warnings)
	require.Equal(t, Holds, gateOf(t, before, same, "latency.p99>10%").Word())
	require.Equal(t, Holds, gateOf(t, before, again(three+"load: {duration: 2s}\n"), "latency.p99>10%").Word())
	elsewhere := again(three)
	before.Manifest.Host.CPUModel, elsewhere.Manifest.Host.CPUModel = "one", "another"
	require.Equal(t, Undecided, gateOf(t, before, elsewhere, "latency.p99>10%").Word())
	require.Equal(t, Holds, gateOf(t, before, elsewhere, "lost>5%").Word())
}

// Values are held to bounds with their whole intervals, and counts in every trial.
func TestBoundsOnValues(t *testing.T) {
	for _, c := range []struct {
		bound string
		spoil func(*result.Trial)
		want  Word
		says  string
	}{
		{"latency.p99<200ms", nil, Holds, "less than 200 ms, as asked"},
		{"latency.p99 < 2ms", nil, Refuted, "not less than 2 ms"},
		{"latency.p99<4.05ms", nil, Undecided, "would tell"},
		{"unserved==0", nil, Holds, "0 in each of"},
		{"unserved==0", func(t *result.Trial) { t.Metrics["unserved"] = float64(t.Block / 9) }, Refuted, "in 2 of them"},
		{"rss_peak<1GiB", nil, Holds, "less than 1 GiB"},
		{"rss_peak<60MiB", func(t *result.Trial) {
			if t.Block < 3 {
				t.Metrics["rss_peak"] = 100 << 20
			}
		}, Undecided, ""},
		{"achieved_rate>=1k/s", nil, Holds, ""},
		{"reads_per_request<3", nil, Undecided, "it has no reads per request"},
		{"cpu_per_request<5us", func(t *result.Trial) { t.Metrics["cpu_per_request"] = 0 }, Undecided, "no measurement"},
		{"latency.p99<200ms", func(t *result.Trial) { t.Metrics["lost"] = 3 }, Undecided, "no measure of the rest"},
		{"errors.reset==0", nil, Holds, ""},
		{"answered>=99%", func(t *result.Trial) { t.Metrics["answered"] = 3 }, Undecided, "given as 3, which is no measurement"},
		{"answered>=99%", func(t *result.Trial) { t.Metrics["answered"] = 1 }, Holds, "at least 99 %"},
		{"answered>99%", func(t *result.Trial) { t.Metrics["answered"] = 0.9 }, Refuted, "not more than 99 %"},
		{"latency.p99<1ms where server=epoll", func(t *result.Trial) {
			if t.Cell.Server() == "epoll" {
				t.Metrics["latency.p99"] = 1e5
			}
		}, Holds, ""},
	} {
		w := newWorld(t, three, 1)
		w.truth = sound
		w.spoil = func(trial *result.Trial, _ plan.Cell) {
			if c.spoil != nil {
				c.spoil(trial)
			}
		}
		g, err := w.judge(10).Gate(bounds(t, c.bound))
		require.NoError(t, err)
		require.Equal(t, c.want, g.Word(), "%s: %+v", c.bound, g.Findings)
		require.Contains(t, g.Findings[0].Sentence+g.Findings[0].Needs, c.says)
	}
}

// A prediction of the file's own is a bound too.
func TestARefutedPredictionIsABrokenBound(t *testing.T) {
	for expect, want := range map[string]Word{"> 2ms": Holds, "< 2ms": Refuted, "> 4ms": Undecided} {
		w := newWorld(t, three+"predict: [{claim: It is so., metric: latency.p99, of: {server: epoll}, expect: \""+expect+"\"}]\n", 1)
		w.truth = sound
		g, err := w.judge(10).Gate(bounds(t, "refuted"))
		require.NoError(t, err)
		require.Equal(t, want, g.Word(), expect)
	}
	w := newWorld(t, three, 1)
	for text, want := range map[string]string{
		"refuted": "has no prediction", "latency.p99>5%": "is of another run", "latency.p99<1ms where server=pool": "about no cell",
	} {
		_, err := w.judge(3).Gate(bounds(t, text))
		require.ErrorContains(t, err, want)
	}
	_, err := Analysis{}.Gate(nil)
	require.Error(t, err)
}

// What reaches into requests that nobody answered may be more than it says, and is marked; a bound on it is not held.
func TestAGateOnWhatMayBeMore(t *testing.T) {
	before, after := pair(t, 10, func(*result.Trial) {})
	x, err := Compare(before, after, nil)
	require.NoError(t, err)
	for i := range x.b.cells {
		s := x.b.cells[i].Metrics["latency.p99"]
		s.AtLeast, s.Most = true, math.Inf(1)
		x.b.cells[i].Metrics["latency.p99"] = s
	}
	for _, text := range []string{"latency.p99>50%", "latency.p99<1s"} {
		g, err := x.Gate(bounds(t, text))
		require.NoError(t, err)
		require.Equal(t, Undecided, g.Word())
		require.Contains(t, g.Findings[0].Sentence, "at least")
		require.Contains(t, g.Findings[0].Needs, "never answered")
	}
}

// Connections that did not fail are none that failed, in every trial that does not say otherwise.
func TestNoConnectionThatFailedIsAFigure(t *testing.T) {
	for resets, want := range map[int]Word{0: Holds, 10: Refuted} {
		w := newWorld(t, three+"predict: [{claim: No connection is reset., metric: errors.reset, of: {server: epoll}, expect: == 0}]\n", 1)
		w.truth = sound
		w.spoil = func(trial *result.Trial, _ plan.Cell) {
			if trial.Block < resets {
				trial.Metrics["errors.reset"] = 3
			}
		}
		a := w.judge(10)
		require.Equal(t, want, a.Predictions[0].Word, a.Predictions[0].Sentence)
	}
	w := newWorld(t, three, 1)
	w.truth = sound
	w.spoil = func(trial *result.Trial, _ plan.Cell) {
		if trial.Block == 0 {
			trial.Metrics["errors.reset"] = 3
		}
	}
	for _, c := range w.judge(10).Cells {
		require.Zero(t, c.Metrics["errors.reset"].Center, "one trial in ten is not the middle of them")
	}
}
