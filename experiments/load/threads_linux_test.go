package load

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEnginesTakeTurnsAtTheCPUs(t *testing.T) {
	cpus := func(o Options) (list []int) {
		o.CPUs = []int{4, 6}
		for i := range o.threads() {
			e := &epollEngine{workload: &workload{o: o}, thread: i, threads: o.threads()}
			list = append(list, e.cpu())
		}
		return list
	}
	closed := Options{Connections: 16}.WithDefaults()
	require.Equal(t, []int{4, 6}, cpus(closed))
	require.Equal(t, []int{6, 4}, cpus(closed.Split(1, 4)))
	open := Options{Connections: 16, Arrivals: Poisson, Rate: 2000}.WithDefaults()
	for part, want := range []int{4, 6, 4, 6} {
		require.Equal(t, []int{want}, cpus(open.Split(part, 4)), part)
	}
}
