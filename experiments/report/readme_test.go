package report

import (
	"errors"
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/catalog"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
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
	g := newGrid(in.Analysis.Cells, in.Registry)
	line, err := choose(Choice{When: "Silent", Experiment: "quick", At: result.Cell{"load.mute": 8}, Metric: "cpu_per_request"}, in.Analysis, g)
	require.NoError(t, err)
	require.True(t, strings.HasPrefix(line, "- **Silent:** `"), line)
	require.Contains(t, line, "Left clients without an answer: `sequential` and `pool`")
	require.Contains(t, line, "(`socketbench run quick`, beside 8 silent clients)")

	_, err = choose(Choice{Experiment: "quick", At: result.Cell{"load.mute": 99}, Metric: "cpu_per_request"}, in.Analysis, g)
	require.ErrorContains(t, err, "run it whole")
}

func TestRegionsAreReplaced(t *testing.T) {
	for _, old := range []string{"", "old\n"} {
		text, err := inRegion("a\n<!-- x -->\n"+old+"<!-- /x -->\nb", "x", func(string) string { return "new" })
		require.NoError(t, err)
		require.Equal(t, "a\n<!-- x -->\nnew\n<!-- /x -->\nb", text)
	}
	_, err := inRegion("a", "x", nil)
	require.ErrorContains(t, err, "put both on lines of their own")
	_, err = newest([]Past{{Err: errors.New("torn")}}, "quick")
	require.EqualError(t, err, "report: no run of quick; socketbench run quick makes one")
}

// An interval without an upper end is written with ≥.
func TestOpenInterval(t *testing.T) {
	require.Equal(t, "377 ms – 427 ms", interval("ns", 377e6, 427e6))
	require.Equal(t, "≥ 377 ms", interval("ns", 377e6, math.Inf(1)))
}
