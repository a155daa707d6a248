package load_test

import (
	"encoding/json"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// A percentile is that of all values put together, whichever engine of whichever process recorded them in whichever
// trial; it is never made of percentiles. The trials differ by a hundred, so that the median of theirs is far away.
func TestAPercentileInTheVerdictIsThatOfAllValues(t *testing.T) {
	const engines, processes, trials, each = 2, 2, 3, 2500
	random := rand.New(rand.NewPCG(4, 2))
	all := map[string][]int64{}
	recorded := func(scale float64) map[string][]int64 {
		times := map[string][]int64{}
		for i, family := range []string{"latency", "service", "connect", "first_reply", "send_lag"} {
			for k := range each {
				v := int64(scale * (10_000 + 100_000*float64(i+1)*random.ExpFloat64()))
				if family == "service" { // no request is answered before it is due
					v = times["latency"][k] / 2
				}
				times[family] = append(times[family], v)
			}
			all[family] = append(all[family], times[family]...)
		}
		return times
	}

	dir := filepath.Join(t.TempDir(), "run")
	w, err := result.Create(dir, result.Manifest{Spec: "name: n\nquestion: q\nservers: [goroutine]\nblocks: 3\n"})
	require.NoError(t, err)
	for block := range trials {
		parts := make([]*load.Result, processes)
		for p := range parts {
			var of []map[string][]int64
			for range engines {
				of = append(of, recorded([]float64{1, 100, 1}[block]))
			}
			told, err := json.Marshal(load.Recorded(of...))
			require.NoError(t, err)
			require.NoError(t, json.Unmarshal(told, &parts[p]))
		}
		r := load.Added(parts...)
		trial := &result.Trial{Cell: result.Cell{"server": "goroutine"}, Label: "A", Block: block, Order: block, Valid: true, Metrics: r.Metrics}
		require.NoError(t, w.Keep(trial, r, time.UnixMilli(1)))
		require.NoError(t, w.Append(trial))
	}
	require.NoError(t, w.Close())

	run, err := result.Load(dir)
	require.NoError(t, err)
	a, err := verdict.Judge(run)
	require.NoError(t, err)
	require.Len(t, a.Cells, 1)
	seen := 0
	for _, m := range metric.All {
		values, q := all[m.Family()], m.Quantile()
		if q == 0 || values == nil {
			continue
		}
		seen++
		slices.Sort(values)
		want := values[int(q*float64(len(values))+0.5)-1]
		got := a.Cells[0].Metrics[m.Name]
		require.InEpsilon(t, want, got.Center, 0.001, m.Name)
		require.False(t, got.TooFew, m.Name)
		var ofTrials []float64
		for _, trial := range run.Trials {
			ofTrials = append(ofTrials, trial.Metrics[m.Name])
		}
		slices.Sort(ofTrials)
		require.Greater(t, got.Center, 1.2*ofTrials[1], "%s is told from the median of the trials'", m.Name)
	}
	require.Equal(t, 15, seen, "p50, p90, p99 and p99.9 of two kinds, p50 and p99 of two, and three of the last")
}
