package load

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEnginesShareTheCPUs(t *testing.T) {
	own := func(cpus, engines int) (all [][]int) {
		list := make([]int, cpus)
		for i := range list {
			list[i] = 2 * i
		}
		for i := range engines {
			e := &epollEngine{workload: &workload{o: Options{CPUs: list}}, thread: i, threads: engines}
			all = append(all, e.own())
		}
		return all
	}
	require.Equal(t, [][]int{{0}, {2}, {4}}, own(3, 3))
	require.Equal(t, [][]int{{0, 4}, {2}}, own(3, 2))
	require.Equal(t, [][]int{{0, 2, 4}}, own(3, 1))
}
