package spec

import (
	"testing"

	"github.com/stretchr/testify/require"
)

const service = `name: s
question: q
servers: [goroutine]
load: {connections: 4, rate: 100, idle: 50000}
require: ['latency.p99 < 200ms', 'rss_peak < 1GiB', 'unserved == 0 where server=goroutine', 'rss_peak < 2GiB where server=goroutine']
`

// A crowd that was cut down becomes three; the memory is about the one that was wanted, and all else about the largest.
func TestACrowdThatWasCutDownIsExtrapolated(t *testing.T) {
	e, err := Parse("s.yaml", []byte(service), registry())
	require.NoError(t, err)
	cut, words, err := e.Fit(Limits{Descriptors: 4020})
	require.NoError(t, err)
	require.Len(t, words, 1)
	three := cut.Extrapolated(e)
	require.NoError(t, three.Check(registry()))
	require.Equal(t, Factors{{"load.idle", []any{1000, 2000, 4000}}}, three.Vary)
	require.Equal(t, 50000, three.Beyond)
	require.Equal(t, 1, three.Smaller)
	require.True(t, three.Measured(1000, 0) && three.Measured(4000, 1) && !three.Measured(2000, 1))
	require.True(t, cut.Measured(4000, 1))
	require.Equal(t, []string{"latency.p99 < 200ms where load.idle=4000", "rss_peak < 1GiB", "unserved == 0 where server=goroutine, load.idle=4000",
		"rss_peak < 2GiB where server=goroutine"}, three.Require)
	again, err := Parse("s.yaml", three.YAML(), registry())
	require.NoError(t, err)
	require.Equal(t, three, again)
	for i, beyond := range []bool{false, true, false, true} {
		r, err := ParseRequirement(three.Require[i])
		require.NoError(t, err)
		require.Equal(t, beyond, three.Extrapolates(r), r.Text)
	}

	require.Equal(t, e, e.Extrapolated(e), "it was not cut down")
	active := e
	active.Load.Connections = 50000
	both, _, err := active.Fit(Limits{Descriptors: 4020})
	require.NoError(t, err)
	require.Less(t, both.Load.Connections, 50000)
	require.Equal(t, both, both.Extrapolated(active), "memory of clients that ask is not that of idle ones")
	few, _, err := e.Fit(Limits{Descriptors: 100})
	require.NoError(t, err)
	require.Equal(t, few, few.Extrapolated(e), "a small crowd says nothing of a large one")
}

func TestWhatCannotBeExtrapolated(t *testing.T) {
	const head = "name: s\nquestion: q\nservers: [goroutine]\nload: {rate: 100}\n"
	file := func(vary, required string) string {
		return head + "vary: " + vary + "\nrequire: " + required + "\nextrapolate_idle: 50000\n"
	}
	_, err := Parse("s.yaml", []byte(head+"extrapolate_blocks: 1\n"), registry())
	require.ErrorContains(t, err, "extrapolate_blocks is about what extrapolate_idle measures")
	for _, c := range []struct{ vary, required, want string }{
		{"{load.idle: [1, 2, 3]}", "[rss_peak < 1GiB]", ""},
		{"{load.idle: [1, 2]}", "[rss_peak < 1GiB]", "needs 3 crowds at least"},
		{"{load.mute: [1, 2, 3]}", "[rss_peak < 1GiB]", "needs 3 crowds at least"},
		{"{load.idle: [1, 2, 3]}", "[]", "nothing is"},
		{"{load.idle: [1, 2, 50000]}", "[rss_peak < 1GiB]", "no more than the 50000 idle clients"},
	} {
		_, err := Parse("s.yaml", []byte(file(c.vary, c.required)), registry())
		if c.want == "" {
			require.NoError(t, err)
			continue
		}
		require.ErrorContains(t, err, c.want)
	}
}
