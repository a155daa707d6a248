package experiments

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
	"socketbench/experiments/metric"
	"socketbench/patterns/child"
)

// A neighbour on the server's CPU is seen, and the CPU time of the server itself is not taken for one. Whatever else the
// machine does, the neighbour keeps that CPU busy, so that what the server did not use was used by others.
func TestANeighbourOnTheServersCPUIsSeen(t *testing.T) {
	placement, err := host.NewPlacement(host.Split)
	if err != nil {
		t.Skipf("needs two CPUs that can be chosen: %v", err)
	}
	neighbour, err := child.Start(child.Options{Verb: "compute", Stderr: os.Stderr})
	require.NoError(t, err)
	defer neighbour.End(time.Minute)
	require.NoError(t, neighbour.Send(placement.Server))
	var ready bool
	require.NoError(t, neighbour.Receive(&ready))

	p := small(t, "goroutine")
	p.Trials = p.Trials[:1]
	for i := range p.Cells {
		p.Cells[i].Placement, p.Cells[i].Load.Duration = placement.Name, 500*time.Millisecond
	}
	r, err := run(t, p, nil)
	require.NoError(t, err)
	trial := r.Trials[0]
	others, told := trial.Raw["disturbance.server_cpus"]
	require.True(t, told, "%v %v", trial.Raw, trial.Reasons)
	n := float64(len(placement.Server))
	require.InDelta(t, 1, others+trial.Metrics[metric.ServerCPU]/n, .15, "of %v CPUs", n)
	require.Greater(t, others, .3)
	require.NotEmpty(t, trial.Disturbed)
	require.Greater(t, trial.Raw["disturbance.beyond_usual"], 1.0)
	for _, name := range []string{"disturbance.generator_cpus", "disturbance.generator_pause", "server_steal_ns", "generator_steal_ns"} {
		require.Contains(t, trial.Raw, name)
	}
	if _, err := os.Stat("/proc/self/schedstat"); err == nil {
		require.Contains(t, trial.Raw, "disturbance.generator_wait")
		require.Positive(t, trial.Raw["server_wait_ns"], "the server waits for its CPU")
	}
}
