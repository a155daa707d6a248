package report

import (
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/catalog"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// Every choice names a condition and a metric that its experiment in the catalogue measures.
func TestChoicesAreAsked(t *testing.T) {
	require.Len(t, Choices, 6)
	for _, c := range Choices {
		e, err := catalog.Get(c.Experiment, servers.All())
		require.NoError(t, err)
		found := false
		for condition := range e.Conditions {
			found = found || matches(result.Cell(condition), c.At)
		}
		require.True(t, found, "%s has no condition %v", c.Experiment, c.At)
		_, ok := metric.Find(c.Metric)
		require.True(t, ok, c.Metric)
	}
}

func TestChoiceSaysWhatIsBeyondDoubt(t *testing.T) {
	in := quick(t)
	c := Choice{When: "Silent", Experiment: "quick", At: result.Cell{"load.mute": 8}, Metric: "cpu_per_request"}
	plain := Machine{"plain", map[string]verdict.Analysis{"quick": in.Analysis}}
	line, err := chosen(c, []Machine{plain, {"other", nil}, plain}, in.Registry)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(line, "- **Silent:** `"), line)
	require.Contains(t, line, "Left clients without an answer: `sequential` and `pool`")
	require.True(t, strings.HasSuffix(line, "(`socketbench run quick`, beside 8 silent clients, on 1 server CPU)"), "an equal answer is not repeated: %s", line)

	// On another machine another design comes out, and the line says so.
	other := in.Analysis
	other.Families = slices.Clone(other.Families)
	for i, f := range other.Families {
		if f.Metric == c.Metric && matches(f.Condition, c.At) {
			f.Comparisons = slices.Clone(f.Comparisons)
			for k := range f.Comparisons {
				if f.Comparisons[k].Server == "epoll" {
					f.Comparisons[k] = verdict.Comparison{Server: "epoll", Of: f.Comparisons[k].Of, Ratio: 0.5, Low: 0.4, High: 0.6, Word: verdict.Faster}
				}
			}
			other.Families[i] = f
		}
	}
	line, err = chosen(c, []Machine{plain, {"slow", map[string]verdict.Analysis{"quick": other}}}, in.Registry)
	require.NoError(t, err)
	require.Contains(t, line, " On `slow`: `epoll`, with 0.500x the CPU per request of `goroutine` (95 % interval 0.400x – 0.600x).")

	c.At = result.Cell{"load.mute": 99}
	_, err = chosen(c, []Machine{plain}, in.Registry)
	require.ErrorContains(t, err, "run it whole")
	c.Experiment = "churn"
	_, err = chosen(c, []Machine{plain}, in.Registry)
	require.EqualError(t, err, "report: no run of churn was kept of plain; socketbench run churn makes one")
}

func TestRegionsAreReplaced(t *testing.T) {
	for _, old := range []string{"", "old\n"} {
		text, err := inRegion("a\n<!-- x -->\n"+old+"<!-- /x -->\nb", "x", func(string) string { return "new" })
		require.NoError(t, err)
		require.Equal(t, "a\n<!-- x -->\nnew\n<!-- /x -->\nb", text)
	}
	_, err := inRegion("a", "x", nil)
	require.ErrorContains(t, err, "put both on lines of their own")
}

// An interval without an upper end is written with ≥.
func TestOpenInterval(t *testing.T) {
	require.Equal(t, "377 ms – 427 ms", interval("ns", 377e6, 427e6))
	require.Equal(t, "≥ 377 ms", interval("ns", 377e6, math.Inf(1)))
}
