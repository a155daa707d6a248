package findings

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// A run whose verdicts were attacked is kept with what the attacks found, and the page says so beside each of them: beside a
// prediction, beside a comparison, and where a word turned between two classes.
func TestAVerdictThatWasAttackedCarriesItsLine(t *testing.T) {
	const pays, pool = "survives 6 of 7; turns with another seed", "survives all 7"
	run, err := result.Load("../report/testdata/quick")
	require.NoError(t, err)
	a, err := verdict.Judge(run)
	require.NoError(t, err)
	p := a.Predictions[4]
	f := a.Families[slices.IndexFunc(a.Families, func(f verdict.Family) bool { return f.Metric == metric.CPUPerRequest })]
	c := f.Comparisons[1]
	run.Refuted = result.Refuted{Verdicts: []result.Attacked{
		{Metric: p.Metric, Expect: p.Expect, Of: p.Of, Against: p.Against, Says: pays},
		{Metric: f.Metric, Of: c.Of, Against: c.Of.With(f.Baseline), Says: pool},
	}}
	a, err = verdict.Judge(run)
	require.NoError(t, err)
	kept := again(t, New(run, a, nil))
	require.Equal(t, pays, kept.analysis.Predictions[4].Survives)

	classes := []Class{{"plain", "a quiet machine", []Summary{kept}}}
	page := Page(classes, nil, servers.All())
	require.Contains(t, page, "attacked: "+pays)
	require.Contains(t, page, "- `plain`: CPU per request of `"+c.Server+"` against `goroutine`, "+verdict.Condition(f.Condition)+": ")
	require.Equal(t, 1, strings.Count(page, "attacked: "+pool+"."), "a comparison that was not attacked has no line")

	other := again(t, quick(t))
	kept.analysis.Families[0].Comparisons[1].Word, other.analysis.Families[0].Comparisons[1].Word = verdict.Faster, verdict.Slower
	list := turns([]Class{{"plain", "", []Summary{kept}}, {"slow", "", []Summary{other}}}, nil)
	require.Len(t, list, 1)
	require.Contains(t, list[0].String(), "attacked: "+pool+"; `slow`: costlier")
}
