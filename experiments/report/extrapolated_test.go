package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/verdict"
)

// A memory that nobody has measured is marked as extrapolated wherever it stands.
func TestExtrapolatedMemoryIsMarked(t *testing.T) {
	in := quick(t)
	in.Analysis.Experiment.Beyond = 50_000
	x := verdict.Extrapolated{Idle: 50_000, Crowds: []int{1000, 2000, 4000}, Bytes: 800 << 20, Low: 790 << 20, High: 810 << 20, PerClient: 16 << 10,
		Sentence: "goroutine: about 800 MiB with 50,000 idle clients, extrapolated by a line over 1,000, 2,000 and 4,000 of them."}
	met := []verdict.Met{{Finding: verdict.Finding{Bound: "rss_peak < 1GiB", Word: verdict.Holds, Sentence: x.Sentence}, Metric: "rss_peak", Figure: "800 MiB extrapolated"}}
	in.Analysis.Required = []verdict.Required{{Server: "goroutine", Word: verdict.Holds, Each: met, Memory: &x},
		{Server: "epoll", Word: verdict.Undecided, Each: met, Memory: &verdict.Extrapolated{Idle: 50_000, Why: "it has no trial", Sentence: "epoll: it cannot be extrapolated."}}}
	for _, format := range []string{"text", "html", "md"} {
		text := strings.Join(strings.Fields(written(t, format, in)), " ")
		require.Contains(t, text, "800 MiB extrapolated", format)
		require.Contains(t, text, x.Sentence, format)
		require.Contains(t, text, "Extrapolated: nobody has measured that memory", format)
	}
	var doc struct {
		Required []struct {
			Extrapolated struct {
				Idle   int
				Crowds []int
				Value  *float64
				High   *float64
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, "json", in)), &doc))
	require.Equal(t, 50_000, doc.Required[0].Extrapolated.Idle)
	require.Equal(t, x.High, *doc.Required[0].Extrapolated.High)
	require.Nil(t, doc.Required[1].Extrapolated.Value)
	require.Empty(t, doc.Required[1].Extrapolated.Crowds)

	var b strings.Builder
	require.NoError(t, WriteAnswer(&b, in, []string{"4,000 idle clients instead of 50,000"}))
	flat := strings.Join(strings.Fields(b.String()), " ")
	require.Contains(t, flat, "The memory alone (rss_peak) is about 50,000 idle clients: it is extrapolated.")
	require.Contains(t, flat, x.Sentence)
}
