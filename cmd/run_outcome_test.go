package cmd

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// A lost reply is a failure of the server that owed it, and a lost datagram is none: nobody has promised that it arrives.
func TestALostDatagramIsNoFailure(t *testing.T) {
	run := result.Run{Trials: []result.Trial{{Cell: result.Cell{"server": "udp"}, Valid: true, Metrics: map[string]float64{metric.Lost: 5}}}}
	var analysis verdict.Analysis
	all := func(string) bool { return true }
	require.ErrorContains(t, broken(run, analysis, all), "5 replies lost in block 1")
	analysis.Experiment.Transport = "udp"
	require.NoError(t, broken(run, analysis, all))
	run.Trials[0].Metrics[metric.Duplicate] = 1
	require.ErrorContains(t, broken(run, analysis, all), "that nobody asked for")
}
