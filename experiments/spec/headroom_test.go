package spec

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Headroom is asked of the rate of an open loop, and of something that is required.
func TestHeadroomOfAFile(t *testing.T) {
	file := func(load, rest string) string {
		return "name: w\nquestion: q\nservers: [goroutine]\nload: " + load + "\n" + rest + "\nheadroom: true\n"
	}
	const required = "require: ['latency.p99 < 1s']"
	e, err := Parse("w.yaml", []byte(file("{rate: 100}", required)), nil)
	require.NoError(t, err)
	require.True(t, e.Headroom)
	again, err := Parse("w.yaml", e.YAML(), nil)
	require.NoError(t, err)
	require.Equal(t, e, again)
	for _, c := range []struct{ load, rest, want string }{
		{"{rate: 100}", "", "nothing is required"},
		{"{connections: 4}", required, "the clients of a closed loop have none"},
		{"{arrivals: burst, rate: 100, burst: {peak: 1000, width: 100ms}}", required, "bursts have two"},
		{"{connections: 4}", "vary: {load.rate: [100, 200]}\n" + required, ""},
		{"{connections: 4}", "vary: {load.utilization: [0.5]}\n" + required, ""},
		{"{rate: 100, connections: 4}", "vary: {load.arrivals: [poisson, constant]}\n" + required, ""},
	} {
		_, err := Parse("w.yaml", []byte(file(c.load, c.rest)), nil)
		if c.want == "" {
			require.NoError(t, err, c.load)
			continue
		}
		require.ErrorContains(t, err, c.want)
		require.Equal(t, 1, strings.Count(err.Error(), "headroom is")+strings.Count(err.Error(), "headroom multiplies"), err)
		require.Regexp(t, `^w.yaml:[678]:`, err.Error())
	}
	e.Placement = apart
	require.ErrorContains(t, e.Check(nil), "leave it or --fleet out")
}
