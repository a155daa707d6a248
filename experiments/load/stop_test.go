package load_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
)

func TestStopNeedsClientsThatTell(t *testing.T) {
	for _, o := range []load.Options{
		{Stop: true, Arrivals: load.Poisson, Rate: 100},
		{Stop: true, SlowReader: 1},
		{Stop: true, Reset: 1},
	} {
		o.Address = "tcp://127.0.0.1:1"
		require.ErrorContains(t, o.Check(), "stop asks what a server does with what it had read")
	}
}
