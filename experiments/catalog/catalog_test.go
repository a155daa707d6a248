package catalog

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments"
	"socketbench/experiments/plan"
	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// Every built-in experiment asks something, predicts something that could fail, and says what a
// refutation would mean.
func TestEveryExperimentIsOne(t *testing.T) {
	require.NotEmpty(t, Names())
	for _, name := range Names() {
		t.Run(name, func(t *testing.T) {
			e, err := Get(name, registry)
			require.NoError(t, err)
			require.Equal(t, name, e.Name)
			require.NotEmpty(t, e.Teaches)
			require.GreaterOrEqual(t, len(e.Predict), 2)
			for _, p := range e.Predict {
				require.NotEmpty(t, p.Refuted, p.Claim)
			}
			again, err := spec.Parse("again.yaml", e.YAML(), nil)
			require.NoError(t, err, string(e.YAML()))
			require.Equal(t, e, again, "what a manifest keeps is the same experiment")
		})
	}
}

// A user runs the whole catalogue in less time than a lesson takes.
func TestTheWholeCatalogueTakesAtMost45Minutes(t *testing.T) {
	var total time.Duration
	for name, e := range all(t) {
		p, err := plan.New(e, 1, registry)
		require.NoError(t, err)
		most := experiments.Estimate(p, registry)
		t.Logf("%-18s %3d cells, %2d blocks, %2d searches: %5.1f s", name, len(p.Cells), e.MaxBlocks, len(p.Searches), most.Seconds())
		total += most
	}
	t.Logf("together %v", total.Round(time.Second))
	require.Less(t, total, 43*time.Minute, "with two minutes in reserve for trials that are run again")
}

// A design that no experiment measures is one that nobody can choose for a reason.
func TestEveryDesignIsMeasured(t *testing.T) {
	measured := map[string]bool{}
	for _, e := range all(t) {
		for _, s := range e.Servers {
			measured[s] = true
		}
	}
	for _, s := range servers.All() {
		require.True(t, measured[s.Name] || s.NewPacket != nil, s.Name)
	}
}

// absolute are the loads that are given in numbers and not as shares of what this machine carries, each with the reason
// why its number is right on a machine of any speed.
var absolute = map[string]string{
	"backlog load.think":        "it makes a session last, compared with which an answer takes no time",
	"datagrams load.rate":       "what a reader answers is bounded by the time that it waits for each",
	"head-of-line load.think":   "the silence of a client is compared with the millisecond that a sweep waits",
	"service load.rate":         "it is a share of what the database serves, which is slots and a wait",
	"starvation load.think":     "it makes a session last, compared with which an answer takes no time",
	"sticky-packets load.think": "it leaves time between batches of one client",
	"transports load.rate":      "both transports must carry the same, and it is little",
}

// A number in the file is a load of the machine that the file was written on, unless there is a reason for it.
func TestLoadsAreSharesOfTheMachine(t *testing.T) {
	unused := maps.Clone(absolute)
	for name, e := range all(t) {
		e.Conditions(func(_ map[string]any, c spec.Experiment) bool {
			for path, given := range map[string]bool{
				"load.rate": c.Load.Rate > 0, "load.burst.peak": c.Load.Burst.Peak > 0, "load.think": c.Load.Think > 0,
			} {
				if given {
					require.Contains(t, absolute, name+" "+path)
					delete(unused, name+" "+path)
				}
			}
			return true
		})
	}
	require.Empty(t, unused)
}

// fixed are the predictions of a time, a rate or a size, each with the mechanism that fixes it.
var fixed = map[string]string{
	"drain goroutine drain < 40ms":                  "two waits of a handler",
	"drain epoll drain < 40ms":                      "two waits of a handler",
	"idle-mass goroutine rss_per_connection > 4KiB": "a stack and a buffer",
	"knee epoll latency.p99 < 10ms":                 "the target of the question, two hundred times the computing",
	"service goroutine latency.p99 < 30ms":          "six waits of a handler",
	"service epoll achieved_rate <= 200/s":          "one wait after another",
	"libraries gnet rss_peak > 64MiB":               "six megabytes for each slow reader, and a process",
	"libraries evio rss_peak < 64MiB":               "six megabytes for each slow reader, and a process",
	"slow-reader epoll rss_peak < 64MiB":            "a megabyte for each slow reader, and a process",
	"slow-reader netpoll rss_peak > 64MiB":          "a megabyte for each slow reader, and a process",
}

// What a request takes, how many a second are answered and how much memory that takes differs from machine to machine.
func TestPredictionsAreAboutMechanisms(t *testing.T) {
	unused := maps.Clone(fixed)
	for name, e := range all(t) {
		for _, p := range e.Predict {
			if p.Against != nil || !slices.Contains([]string{"ns", "bytes", "requests/s"}, spec.Unit(p.Metric)) {
				continue // a ratio, or a number of what is counted
			}
			what := name + " " + p.Of["server"].(string) + " " + p.Metric + " " + p.Expect
			require.Contains(t, fixed, what, p.Claim)
			delete(unused, what)
		}
	}
	require.Empty(t, unused)
}

var registry = slices.Concat(servers.All(), foreign.Entries())

// all are the experiments by their names.
func all(t *testing.T) map[string]spec.Experiment {
	list := map[string]spec.Experiment{}
	for _, name := range Names() {
		e, err := Get(name, registry)
		require.NoError(t, err)
		list[name] = e
	}
	return list
}

func TestUnknownNameSaysWhatThereIs(t *testing.T) {
	_, err := Get("quik", nil)
	require.EqualError(t, err, `catalog: no experiment "quik"; did you mean "quick"? (socketbench list experiments)`)
}
