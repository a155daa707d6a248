package report

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/reason"
	"socketbench/experiments/verdict"
)

// A trial that was run again is listed with its reason in every format, and counts once in each.
func TestATrialThatWasRunAgainCountsOnce(t *testing.T) {
	in := small(t)
	lines := strings.Count(written(t, "bench", in), "Benchmark")
	rows := func() (counting, all int) {
		table, err := csv.NewReader(strings.NewReader(written(t, "csv", in))).ReadAll()
		require.NoError(t, err)
		for _, row := range table[1:] {
			for i, column := range table[0] {
				if column == "valid" && row[i] == "true" {
					counting++
				}
			}
		}
		return counting, len(table) - 1
	}
	counting, all := rows()

	first := &in.Run.Trials[1]
	again := *first
	again.Again = true
	first.Replaced, first.Disturbed = true, "others used 40 % of the server's CPUs"
	first.Reasons.Warn(reason.Disturbed, "disturbed: %s", first.Disturbed)
	in.Run.Trials = append(in.Run.Trials, again)
	var err error
	in.Analysis, err = verdict.Judge(in.Run)
	require.NoError(t, err)

	for format, caption := range map[string]string{"text": "run again at the end of their block", "md": "run again at the end of their block",
		"html": "run again at the end of their block", "json": `"repeated": [`} {
		said := strings.Join(strings.Fields(written(t, format, in)), " ")
		require.Contains(t, said, caption, format)
		require.Contains(t, said, "disturbed: others used 40 %", format)
	}
	var told struct{ Repeated, Warnings, Invalid []struct{ Block int } }
	require.NoError(t, json.Unmarshal([]byte(written(t, "json", in)), &told))
	require.Len(t, told.Repeated, 1)
	require.Equal(t, lines, strings.Count(written(t, "bench", in), "Benchmark"))
	now, more := rows()
	require.Equal(t, counting, now)
	require.Greater(t, more, all)
}
