package spec

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
)

func TestRequirements(t *testing.T) {
	r, err := ParseRequirement("latency.p99<200ms where server=epoll, load.idle=2000")
	require.NoError(t, err)
	require.Equal(t, "latency.p99", r.Metric)
	require.Equal(t, 200e6, r.Expect.Value)
	require.Len(t, r.Where, 2)
	for text, want := range map[string]string{
		"latency.p98 < 1ms":     `no metric "latency.p98"`,
		"latency.p99 < 200":     "say the unit",
		"latency.p99 > 1ms":     "asks latency.p99 to be worse",
		"answered <= 99%":       "asks answered to be worse",
		"latency.p99":           "name a metric, an operator and a value",
		"offered_rate >= 0/s":   "nothing can break it",
		"unserved == 0 where x": "names no cell",
		"latency.p99 < 0ms":     "nothing can meet it",
		"answered > 100%":       "nothing can meet it",
		"answered >= 101%":      "nothing can meet it",
		"answered <= 100%":      "asks answered to be worse",
		"rss_peak < 1GB":        "no unit",
	} {
		_, err := ParseRequirement(text)
		require.ErrorContains(t, err, want, text)
		require.NotContains(t, err.Error(), "\n")
	}
}

// Requirements of a file have their place in its errors, and are about cells that there are.
func TestRequirementsOfAFile(t *testing.T) {
	file := func(requirement string) string {
		return "name: w\nquestion: q\nservers: [goroutine]\nvary: {load.idle: [0, 10]}\nload: {rate: 100}\nrequire: ['unserved == 0', '" + requirement + "']\n"
	}
	e, err := Parse("w.yaml", []byte(file("latency.p99 < 1ms where load.idle=10")), nil)
	require.NoError(t, err)
	require.Len(t, e.Require, 2)
	again, err := Parse("w.yaml", e.YAML(), nil)
	require.NoError(t, err)
	require.Equal(t, e, again)
	for requirement, want := range map[string]string{
		"latency.p99 < 1ms where load.idle=11":  "load.idle is 0, 10 in this experiment",
		"latency.p99 < 1ms where load.mute=1":   "load.mute is not varied",
		"latency.p99 < 1ms where server=gorout": "server is goroutine in this experiment",
		"latency.p99 < 1":                       "say the unit",
	} {
		_, err := Parse("w.yaml", []byte(file(requirement)), nil)
		require.ErrorContains(t, err, want)
		require.True(t, strings.HasPrefix(err.Error(), "w.yaml:6:"), err)
	}
}

// The generator may be late by a tenth of the shortest response time that is required, where nothing else is asked of
// response times.
func TestHowLateTheGeneratorMayBe(t *testing.T) {
	for _, c := range []struct {
		more string
		want time.Duration
	}{
		{"", 0},
		{"require: ['rss_peak < 1GiB', 'unserved == 0']\n", 0},
		{"require: ['latency.p99 < 30ms']\n", 3 * time.Millisecond},
		{"require: ['latency.p99 < 2s']\n", 20 * time.Millisecond},
		{"require: ['latency.p99 < 200ms', 'latency.p50 <= 50ms', 'service.p99 < 1ms']\n", 5 * time.Millisecond},
		{"require: ['latency.p99 < 200ms']\npredict: [{claim: c, metric: latency.p50, of: {server: goroutine}, expect: '< 1ms'}]\n", 0},
		{"require: ['latency.p99 < 200ms']\npredict: [{claim: c, metric: served, of: {server: goroutine}, expect: '== 4'}]\n", 20 * time.Millisecond},
	} {
		e, err := Parse("e.yaml", []byte("name: e\nquestion: q\nservers: [goroutine]\nload: {connections: 64}\n"+c.more), servers.All())
		require.NoError(t, err, c.more)
		require.Equal(t, c.want, e.Late(), c.more)
	}
}
