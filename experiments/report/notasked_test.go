package report

import (
	"html"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// The trials of one server are removed, as they are from a plan that cannot ask it. Every format gives the reason.
func TestEveryFormatSaysWhyACellWasNotAsked(t *testing.T) {
	const why = "the command is not told wait: 10ms; put {wait} in it"
	in := quick(t)
	gone := in.Analysis.Cells[len(in.Analysis.Cells)-1].ID.Server()
	var kept []result.Trial
	seen := map[string]bool{}
	for _, trial := range in.Run.Trials {
		if trial.Cell.Server() != gone {
			kept = append(kept, trial)
		} else if key := trial.Cell.Key(); !seen[key] {
			seen[key] = true
			in.Run.Manifest.Unasked = append(in.Run.Manifest.Unasked, result.Unasked{Cell: trial.Cell, Why: why})
		}
	}
	in.Run.Trials = kept
	var err error
	in.Analysis, err = verdict.Judge(in.Run)
	require.NoError(t, err)
	for _, format := range []string{"text", "html", "md", "csv", "bench", "json"} {
		text := written(t, format, in)
		text = strings.Join(strings.Fields(html.UnescapeString(regexp.MustCompile(`<[^>]*>`).ReplaceAllString(text, " "))), " ")
		require.Contains(t, text, why, format)
	}
	text := written(t, "text", in)
	require.Contains(t, text, "– not asked")
	require.NotContains(t, text, "no valid trial")
}
