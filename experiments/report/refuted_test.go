package report

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
)

// What attacks found stands beside the verdict in every format that has verdicts.
func TestWhatAttacksFoundIsBesideTheVerdict(t *testing.T) {
	in := quick(t)
	f := in.Analysis.Families[0]
	c := &f.Comparisons[0]
	const says = "survives 1 of 2; turns when server and generator share their CPUs"
	c.Survives = says
	in.Analysis.Predictions[0].Survives = says
	p := in.Analysis.Predictions[0]
	tried := []result.Tried{
		{Change: "seed", Says: "with another seed", Outcome: "same"},
		{Change: "placement", Says: "when server and generator share their CPUs", Outcome: "turns", Now: "They do not differ."},
		{Change: "arrivals", Outcome: "not askable", Why: "in a closed loop requests have no schedule"},
	}
	in.Run.Refuted = result.Refuted{Verdicts: []result.Attacked{
		{Metric: f.Metric, Of: c.Of, Against: c.Of.With(f.Baseline), Word: string(c.Word), Tried: tried, Says: says},
		{Metric: p.Metric, Of: p.Of, Against: p.Against, Expect: p.Expect, Word: string(p.Word), Tried: tried[:1], Says: "survives 1 of 1"},
	}}
	for _, format := range []string{"text", "html", "md", "json"} {
		var b strings.Builder
		require.NoError(t, Write(format, &b, in))
		text := strings.Join(strings.Fields(b.String()), " ")
		require.Contains(t, text, says, format)
		require.Contains(t, text, "in a closed loop requests have no schedule", format)
		if format != "json" {
			require.Contains(t, text, "Attacked: survives 1 of 2;", format)
		}
	}
	var b strings.Builder
	require.NoError(t, WriteAttacked(&b, in))
	text := strings.Join(strings.Fields(b.String()), " ")
	require.Contains(t, text, "verdict seed placement ")
	require.Contains(t, text, "Not askable: arrivals: in a closed loop requests have no schedule.")

	// What no attack has reached is counted, and is in no row. The attacks that are missing are a line for each pair.
	in.Run.Refuted.Verdicts = append(in.Run.Refuted.Verdicts, result.Attacked{Metric: f.Metric, Of: c.Of, Against: c.Of.With("later"), Word: string(c.Word),
		Tried: []result.Tried{{Change: "seed", Outcome: "not reached"}, {Change: "size", Outcome: "not reached"}}})
	for _, change := range []string{"seed", "size"} {
		in.Run.Refuted.Attacks = append(in.Run.Refuted.Attacks, result.Attack{Of: c.Of, Against: c.Of.With("later"), Change: change})
	}
	b.Reset()
	require.NoError(t, WriteAttacked(&b, in))
	before, after, _ := strings.Cut(b.String(), "2 attacks not reached\n")
	require.Contains(t, strings.Join(strings.Fields(before), " "), "Not attacked yet: 1 further verdict.")
	require.NotContains(t, before, "later")
	require.Equal(t, 1, strings.Count(after, "later: seed, size\n"), after)

	// A run that was not attacked has nothing of it.
	b.Reset()
	in = quick(t)
	require.NoError(t, Write("text", &b, in))
	require.NotContains(t, b.String(), "overturn")
}
