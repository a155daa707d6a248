package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/report/chart"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// A chart of the knee marks the highest load that a design carried, in the unit of the file.
func TestKneeIsMarkedInTheUnitOfTheLoad(t *testing.T) {
	for _, c := range []struct{ vary, reference, axis, carried string }{
		{"load.rate: [1000, 2000, 3000]", "", "offered rate, requests/s", "The highest rate that each design carried: goroutine 2,000/s."},
		{"load.utilization: [0.5, 0.9, 1.2]", "The capacity, 100 %, is what goroutine carries here.", "offered rate, share of the capacity", "The highest rate that each design carried: goroutine 90 %."},
	} {
		e, err := spec.Parse("x.yaml", []byte("name: x\nquestion: q\nservers: [goroutine]\nvary: {"+c.vary+"}\n"), registry())
		require.NoError(t, err)
		var cells []verdict.Cell
		for i, v := range e.Vary[0].Values {
			cells = append(cells, verdict.Cell{ID: result.Cell{"server": "goroutine", e.Vary[0].Field: v}, Metrics: map[string]verdict.Summary{
				metric.OfferedRate:  {Center: 1000 * float64(i+1)},
				metric.AchievedRate: {Center: min(2000, 1000*float64(i+1))},
				metric.LatencyP99:   {Center: 1e6 * float64(i+1)},
			}})
		}
		found := knees(newGrid(cells, registry()), Input{Analysis: verdict.Analysis{Experiment: e}})
		require.Len(t, found, 1)
		lines := found[0].Chart.(chart.Lines)
		require.Equal(t, c.axis, lines.XTitle)
		require.Equal(t, c.carried, found[0].Table.Note)
		require.Contains(t, found[0].Explanation, c.reference)
		for i, p := range lines.Series[0].Points {
			require.Equal(t, i == 1, p.Ring, "point %d", i)
		}
	}
}
