package host

import (
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/servers"
)

// A server that was moved after it was started does not run where its trial says that it does.
func TestOutsideSeesAServerThatWasMoved(t *testing.T) {
	p, err := NewPlacement(Split)
	if err != nil {
		t.Skipf("needs two CPUs that can be chosen: %v", err)
	}
	s := start(t, Options{Job: Job{Server: servers.All()[0].Name}, CPUs: p.Server})
	defer s.End()
	usage, err := ReadUsage(s.PID)
	require.NoError(t, err)
	require.Empty(t, Outside(usage.PIDs, p.Server))
	require.Empty(t, Outside(usage.PIDs, nil), "nothing was promised")
	var everywhere unix.CPUSet
	for _, cpu := range append(p.Server[:len(p.Server):len(p.Server)], p.Client...) {
		everywhere.Set(cpu)
	}
	require.NoError(t, unix.SchedSetaffinity(s.PID, &everywhere))
	require.Regexp(t, `process \d+ may run on CPU \d+, and was given \[`, Outside(usage.PIDs, p.Server))
}
