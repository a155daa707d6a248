package experiments

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
)

// A trial stores the pace of its CPUs at both of its ends. Two CPUs that are both busy may not have sent a line to each other.
func TestATrialHasThePaceOfItsCPUs(t *testing.T) {
	p := small(t, "goroutine")
	p.Trials = p.Trials[:1]
	r, err := run(t, p, nil)
	require.NoError(t, err)
	placed, err := host.NewPlacement(host.Shared)
	require.NoError(t, err)
	for _, cpu := range placed.Paced() {
		require.Positive(t, r.Trials[0].Raw[fmt.Sprintf("pace_before_ns.cpu%d", cpu)])
		require.Positive(t, r.Trials[0].Raw[fmt.Sprintf("pace_after_ns.cpu%d", cpu)])
	}
	require.Contains(t, r.Trials[0].Raw, "disturbance.arithmetic")
	require.NotContains(t, r.Trials[0].Raw, paceWaited)
}
