package report

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// How much more load a design takes is in every format that tells figures, as a table and as a sentence.
func TestHeadroomIsInEveryReport(t *testing.T) {
	in := quick(t)
	cell := in.Analysis.Cells[0].ID.With("goroutine")
	h := verdict.Headroom{Met: 2.6, Plays: 2, Failed: 3.2, Fails: "'latency.p99 < 200ms' fails first, with 340 ms", Short: verdict.Short{Of: "cpu", Clause: "the server's CPU, 97 % busy"},
		Search:   result.Headroom{Cell: cell, Rate: 1000, Most: 16, Pushes: []result.Push{{Times: 2.6, Rate: 2600, Metrics: map[string]float64{"latency.p99": 20e6}}}},
		Sentence: "goroutine meets all up to 2.6 times the load asked (2,600/s); at 3.2 times (3,200/s) 'latency.p99 < 200ms' fails first, with 340 ms."}
	met := []verdict.Met{{Finding: verdict.Finding{Bound: "latency.p99 < 200ms", Word: verdict.Holds}, Metric: "latency.p99", Figure: "20 ms"}}
	in.Analysis.Required = []verdict.Required{
		{Server: "goroutine", Word: verdict.Holds, Each: met, Headroom: &h},
		{Server: "epoll", Word: verdict.Refuted, Each: met},
	}
	flat := func(s string) string {
		return strings.Join(strings.Fields(strings.NewReplacer("&#39;", "'", "&lt;", "<").Replace(s)), " ")
	}
	for _, format := range []string{"text", "html", "md"} {
		text := flat(written(t, format, in))
		require.Contains(t, text, h.Sentence, format)
		require.Contains(t, text, "2.6 times", format)
		require.Contains(t, text, "headroom", format)
	}
	var b strings.Builder
	require.NoError(t, WriteAnswer(&b, in, nil))
	require.Contains(t, flat(b.String()), h.Sentence)

	var doc struct {
		Required []struct {
			Headroom *struct {
				Times   float64
				FailsAt float64 `json:"fails_at"`
				Short   string  `json:"short_of"`
				AtLeast bool    `json:"at_least"`
				Trials  []struct{ Rate float64 }
			}
		}
	}
	require.NoError(t, json.Unmarshal([]byte(written(t, "json", in)), &doc))
	require.Equal(t, 2.6, doc.Required[0].Headroom.Times)
	require.Equal(t, 3.2, doc.Required[0].Headroom.FailsAt)
	require.Equal(t, "cpu", doc.Required[0].Headroom.Short)
	require.False(t, doc.Required[0].Headroom.AtLeast)
	require.Equal(t, 2600.0, doc.Required[0].Headroom.Trials[0].Rate)
	require.Nil(t, doc.Required[1].Headroom)

	rows, err := csv.NewReader(strings.NewReader(written(t, "csv", in))).ReadAll()
	require.NoError(t, err)
	column := func(name string) int {
		for i, c := range rows[0] {
			if c == name {
				return i
			}
		}
		t.Fatal(name)
		return 0
	}
	found := 0
	for _, row := range rows[1:] {
		if row[column("metric")] == "headroom" {
			found++
			require.Equal(t, "goroutine", row[column("server")])
			require.Equal(t, "2.6", row[column("value")])
			require.Equal(t, h.Sentence, row[column("why")])
		}
	}
	require.Equal(t, 1, found)

	in.Analysis.Required[0].Headroom = nil // it was not searched
	require.NotContains(t, written(t, "text", in), "headroom")
}
