package agent

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/host"
	"socketbench/experiments/load"
)

// However many agents play a part of a load, none reads at the moment of another, nor of the one that serves.
func TestEachAgentReadsAtAMomentOfItsOwn(t *testing.T) {
	const within = int64(readSpread)
	require.Zero(t, (&trial{server: &host.Server{}}).turn(within), "the one that serves, alone or beside others")
	for _, n := range []int{1, 2, 8, 64} {
		turns := []int64{0, within}
		for i := range n {
			turns = append(turns, (&trial{part: load.Options{Connections: 64}.Split(i, n).Part.Shard}).turn(within))
		}
		slices.Sort(turns)
		apart := within
		for i, at := range turns[1:] {
			apart = min(apart, at-turns[i])
		}
		require.Equal(t, within/int64(n+1), apart, "%d agents", n)
		require.Equal(t, []int64{0, within}, []int64{turns[0], turns[n+1]})
	}
}
