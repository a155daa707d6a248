package guess_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/catalog"
	"socketbench/experiments/guess"
	"socketbench/experiments/metric"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// predicted is the question of one prediction.
func predicted(t *testing.T, name, expect string, ratio bool) (guess.Prediction, spec.Expectation) {
	e, err := spec.ParseExpect(expect, metric.Of(name).Unit, ratio)
	require.NoError(t, err)
	p := spec.Prediction{Metric: name, Of: map[string]any{"server": "epoll", "load.mute": 1}, Expected: e}
	if ratio {
		p.Against = map[string]any{"server": "epoll", "load.mute": 0}
	}
	list := guess.Predictions(spec.Experiment{Predict: []spec.Prediction{{NotAsked: "it is not run"}, p}})
	require.Len(t, list, 1)
	require.Equal(t, 1, list[0].Index)
	return list[0], e
}

// The choices cut the values at the bounds of the prediction, and the truth is the choice that holds the whole interval.
func TestWhatIsPredictedCanBeGuessed(t *testing.T) {
	for _, c := range []struct {
		metric, expect string
		ratio          bool
		keys           string
		expected       guess.Answer
		low, high      float64
		truth          guess.Answer
	}{
		{metric.CPUPerRequest, "> 1.2x", true, "1 1.2x or less, 2 above 1.2x", 2, 1.5, 1.7, 2},
		{metric.CPUPerRequest, "> 1.2x", true, "1 1.2x or less, 2 above 1.2x", 2, 1.0, 1.1, 1},
		{metric.CPUPerRequest, "> 1.2x", true, "1 1.2x or less, 2 above 1.2x", 2, 1.1, 1.3, 0},
		{metric.CPUPerRequest, "< 2x", true, "1 below 2x, 2 2x or more", 1, 2.1, 2.2, 2},
		{metric.LatencyP50, ">= 5ms", false, "1 below 5 ms, 2 5 ms or more", 2, 1e6, 2e6, 1},
		{metric.LatencyP50, "<= 5ms", false, "1 5 ms or less, 2 above 5 ms", 1, 1e6, 2e6, 1},
		{metric.LatencyP50, "~ 1x ±10%", true, "1 below 0.909x, 2 from 0.909x to 1.1x, 3 above 1.1x", 2, 0.98, 1.02, 2},
		{metric.LatencyP50, "~ 1x ±10%", true, "1 below 0.909x, 2 from 0.909x to 1.1x, 3 above 1.1x", 2, 1.2, 1.3, 3},
		{metric.LatencyP50, "~ 1x ±10%", true, "1 below 0.909x, 2 from 0.909x to 1.1x, 3 above 1.1x", 2, 0.5, 0.6, 1},
		{metric.Served, "== 0", false, "1 0, 2 above 0", 1, 16, 16, 2},
		{metric.Served, "== 16", false, "1 below 16, 2 16, 3 above 16", 2, 15, 15, 1},
	} {
		q, e := predicted(t, c.metric, c.expect, c.ratio)
		require.Equal(t, c.keys, q.Keys())
		require.Equal(t, c.expected, q.Expected, c.expect)
		outcome := verdict.Prediction{Word: verdict.OutcomeOf(e, c.low, c.high), Low: c.low, High: c.high, Value: (c.low + c.high) / 2, Sentence: "It is so."}
		require.Equal(t, guess.Truth{Answer: c.truth, Why: "It is so."}, q.Truth(outcome), "%s at %v to %v", c.expect, c.low, c.high)
		require.Zero(t, q.Truth(verdict.Prediction{Word: verdict.NotAsked}).Answer)
	}
	q, _ := predicted(t, metric.CPUPerRequest, "> 1.2x", true)
	require.Equal(t, "CPU per request of epoll (beside 1 silent client), divided by that of epoll (alone): how much?", q.Name)
	q, _ = predicted(t, metric.Served, "== 0", false)
	require.Equal(t, "Connections served of epoll (beside 1 silent client): how many?", q.Name)
}

// Every prediction of the catalogue becomes a question with two or three choices, of which one is predicted.
func TestTheCatalogueCanBeGuessed(t *testing.T) {
	registry := servers.Registry(slices.Concat(servers.All(), foreign.Entries()))
	for _, name := range catalog.Names() {
		e, err := catalog.Get(name, registry)
		require.NoError(t, err)
		for _, q := range guess.Predictions(e) {
			require.GreaterOrEqual(t, len(q.Choices), 2, q.Name)
			require.LessOrEqual(t, len(q.Choices), guess.Choices, q.Name)
			require.NotZero(t, q.Expected, q.Name)
			require.NotContains(t, strings.ToLower(q.Name), "nan")
		}
	}
}
