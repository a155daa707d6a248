package load

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAnOpenLoopHasNoMoreEnginesThanItsRateNeeds(t *testing.T) {
	four := []int{0, 1, 2, 3}
	for _, c := range []struct {
		why  string
		o    Options
		want int
	}{
		{"a closed loop is as fast as its CPUs", Options{Connections: 16}, 4},
		{"one for each connection at most", Options{Connections: 3}, 3},
		{"little to send", Options{Connections: 16, Arrivals: Poisson, Rate: 2000}, 1},
		{"what one is hardly busy with", Options{Connections: 16, Arrivals: Constant, Rate: engineRate}, 1},
		{"a little more", Options{Connections: 16, Arrivals: Constant, Rate: engineRate + 1}, 2},
		{"more than all are asked for", Options{Connections: 16, Arrivals: Poisson, Rate: 1e6}, 4},
		{"few that are large", Options{Connections: 16, Arrivals: Poisson, Rate: 2000, Size: 256 << 10}, 4},
		{"the peak of a burst counts", Options{Connections: 16, Arrivals: Bursts, Rate: 100, Burst: Burst{Peak: 15_000, Width: time.Second}}, 2},
		{"idle clients are silent", Options{Connections: 16, Arrivals: Poisson, Rate: 2000, Idle: 5000}, 1},
		{"some disturbers send as fast as they can", Options{Connections: 16, Arrivals: Poisson, Rate: 2000, Bulk: 2}, 4},
	} {
		c.o.CPUs = four
		require.Equal(t, c.want, c.o.WithDefaults().threads(), c.why)
	}
	// The rate is that of the whole run, of which each of eight agents sends its share.
	whole := Options{Connections: 32, Arrivals: Poisson, Rate: 8 * engineRate, CPUs: four}.WithDefaults()
	require.Equal(t, 4, whole.threads())
	require.Equal(t, 1, whole.Split(3, 8).threads())
	require.Equal(t, 2, whole.Split(0, 4).threads())
}
