package report

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/verdict"
)

// limited is quick with servers at saturation, in every block and in one of three, and with a generator at its limit.
func limited(t testing.TB) Input {
	in := quick(t)
	for i := range in.Run.Trials {
		one := &in.Run.Trials[i]
		mute, _ := verdict.Number(one.Cell["load.mute"])
		switch server := one.Cell.Server(); {
		case server == "sequential" && mute == 0, server == "goroutine" && mute == 0 && one.Block == 0:
			one.ServerLimited = true
		case server == "epoll" && mute == 8:
			one.LowerBound = true
		}
	}
	var err error
	in.Analysis, err = verdict.Judge(in.Run)
	require.NoError(t, err)
	return in
}

// Whatever format is read, it says on how many CPUs the servers ran and what limited them.
func TestEveryFormatSaysTheConditions(t *testing.T) {
	in := limited(t)
	says := func(format string, all ...string) {
		text := strings.Join(strings.Fields(written(t, format, in)), " ")
		for _, s := range all {
			require.Contains(t, text, s, format)
		}
	}
	words := []string{
		"CPU per request against goroutine, alone, on 1 server CPU: sequential (",
		"; sequential at saturation in 3 of 3 blocks, goroutine at saturation in 1 of 3 blocks.",
		"CPU per request against goroutine, on 1 server CPU",
		"Replies per second against goroutine, on 1 server CPU",
		"] †", "] †1/3", " † ",
		"† at saturation: the server's CPUs were full. A server that finds several requests at each wake-up spends less on each than at part load. †1/3: in 1 of 3 blocks.",
		"† one of the two, or both, at saturation",
		"? ≥ ", "The generator limited epoll: with a faster generator the figure would be better, and it is unknown by how much.",
		", on 1 server CPU (95 %",
		"goroutine was at saturation in 1 of 3 blocks, and epoll in none: the footing is unequal",
	}
	says("text", words...)
	says("md", words...)
	says("csv", "value,why,server_cpus,at_saturation,generator_limited quick,", "quick,sequential,0,A,0,4,true,served,count,16,,1,true,false ", ",,1,false,true ")
	says("bench", "server-cpus: 1", "# Quick/server=sequential/load.mute=0: at saturation in 3 of 3 blocks",
		"# Quick/server=goroutine/load.mute=0: at saturation in 1 of 3 blocks", "# Quick/server=epoll/load.mute=8: limited by the generator in 3 of 3 blocks")
	says("html", append(words[:4:4], "class=\"chart", "on 1 server CPU (95 %")...)

	var out reportJSON
	require.NoError(t, json.Unmarshal([]byte(written(t, "json", in)), &out))
	for _, c := range out.Cells {
		require.Equal(t, 1.0, *c.CPUs)
		if c.Cell.Server() == "sequential" && c.Cell["load.mute"] == 0.0 {
			require.Equal(t, limitsJSON{Blocks: 3, Saturated: 3}, c.Limits)
		}
	}
	c := out.Comparisons[0]
	require.Equal(t, "on 1 server CPU", c.On)
	last := out.Predictions[len(out.Predictions)-1]
	require.Equal(t, "on 1 server CPU", last.On)
	require.Equal(t, []string{"goroutine at saturation in 1 of 3 blocks"}, last.Marks)
}

// Times of a design that left clients of a closed loop waiting are lower bounds in every format, and the sign is explained.
func TestTimesBesideClientsThatWait(t *testing.T) {
	in := quick(t)
	for _, one := range in.Run.Trials {
		if one.Cell.Server() == "pool" && one.Metrics["served"] > 0 {
			one.Metrics["served"], one.Metrics["unserved"], one.Metrics["unanswered"], one.Metrics["missing"] = 8, 8, 8, 100_000
		}
	}
	var err error
	in.Analysis, err = verdict.Judge(in.Run)
	require.NoError(t, err)
	for _, format := range []string{"text", "md", "html"} {
		text := strings.Join(strings.Fields(written(t, format, in)), " ")
		require.Contains(t, text, "≥ at least: some requests or clients still waited for a reply", format)
		require.Regexp(t, `pool.{1,400}◐.{1,400}≥ \d`, text, format)
	}
	for _, f := range in.Analysis.Families {
		for _, c := range f.Comparisons {
			if c.Server == "pool" && strings.HasPrefix(f.Metric, "latency.") {
				require.NotEqual(t, verdict.Faster, c.Word, "%s: %s", f.Metric, c.Sentence)
			}
		}
	}
}
