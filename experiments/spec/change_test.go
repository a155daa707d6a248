package spec

import (
	"errors"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

const plain = "name: x\nquestion: q\nservers: [goroutine, pool]\n"

func mustChange(t require.TestingT, text string) Change {
	c, err := ParseChange(text)
	require.NoError(t, err)
	return c
}

// What a change makes is what the file would be, had it been edited by hand; and what is wrong with one is wrong with the other.
func TestAChangeIsAnEdit(t *testing.T) {
	written := map[kind][]string{
		count: {"0", "1", "2", "64", "-1", "010", "70000", "2k", "2K", "many"}, rate: {"0", "1", "2.5", "10k", "3M", "1e4"}, share: {"0.5", "50%", "1", "33.3%", "0", "-0.5", "1.51", "151%", "2k", "half"},
		size: {"1", "64", "4KiB", "0", "64KB"}, duration: {"0s", "60ms", "1.5s", "400", "2h"}, truth: {"true", "false", "no"},
		text: {"goroutine", "pool", "latency.p99", "Is it?"},
	}
	rapid.Check(t, func(r *rapid.T) {
		f := rapid.SampledFrom(fields).Filter(func(f field) bool { return f.kind <= text && !strings.HasPrefix(f.path, "conversation.") }).Draw(r, "field")
		from := append(f.words, written[f.kind]...)
		values := rapid.SliceOfN(rapid.SampledFrom(from), 1, 3).Draw(r, "values")
		if f.once {
			values = values[:1]
		}
		line := "vary: {" + f.path + ": [" + strings.Join(values, ", ") + "]}\n"
		if len(values) == 1 {
			line = values[0] + "\n"
			path := strings.Split(f.path, ".")
			for i := len(path) - 1; i > 0; i-- {
				line = "{" + path[i] + ": " + strings.TrimSuffix(line, "\n") + "}\n"
			}
			line = path[0] + ": " + line
		}
		file := line
		for other := range strings.Lines(plain) {
			if !strings.HasPrefix(other, f.path+":") {
				file += other
			}
		}
		want, bad := Parse("x.yaml", []byte(file), registry())
		got, err := Parse("x.yaml", []byte(plain), registry(), mustChange(r, f.path+"="+strings.Join(values, ",")))
		require.Equal(r, bad == nil, err == nil, "%s: %v, and by a change: %v", file, bad, err)
		require.Equal(r, want, got, file)
	})
}

// A file that has the field already is changed, not added to.
func TestAChangeReplaces(t *testing.T) {
	text := plain + "load: {size: 128, rate: 10}\nvary: {load.idle: [0, 10], load.size: [1, 2]}\n"
	parse := func(changes ...string) Experiment {
		t.Helper()
		var set []Change
		for _, c := range changes {
			set = append(set, mustChange(t, c))
		}
		e, err := Parse("x.yaml", []byte(text), registry(), set...)
		require.NoError(t, err)
		return e
	}
	e := parse("load.idle=50", "load.size=4KiB,64")
	require.Equal(t, 50, e.Load.Idle)
	require.Equal(t, Factors{{"load.size", []any{4096, 64}}}, e.Vary)
	require.Equal(t, "poisson", parse("load.size=1").Load.Arrivals)
	require.Equal(t, "poisson", parse("load.rate=1,2").Load.Arrivals, "what follows from other fields follows from those that are set")
	require.Equal(t, []string{"pool", "epoll"}, parse("servers=pool, epoll").Servers)
	require.Equal(t, "PING\r\n", string(parse(`conversation.say=PING\r\n`, "conversation.reply_bytes=7").Load.Conversation.Say))
}

func TestWrongChangesNameTheFlagAndTheRemedy(t *testing.T) {
	for text, want := range map[string]string{
		"load.idel=3":           `--set load.idel=3: no field "load.idel"; did you mean "load.idle"?; socketbench help experiment lists them`,
		"load.idle=010":         "--set load.idle=010: 010 is not in plain decimal digits; write 10 if that is meant; load.idle wants a whole number from 0 to 60000",
		"load.idle=1,1":         "--set load.idle=1,1: 1 stands twice in vary.load.idle",
		"load.arrivals=poisson": "--set load.arrivals=poisson: arrivals poisson follow a schedule and need a rate above 0, such as 4000; or choose closed",
		"load.utilization=0":    "--set load.utilization=0: 0 is out of range; load.utilization wants a share from 0.001 to 1.5, such as 0.5 or 50%",
		"utilization_of=poll":   `--set utilization_of=poll: utilization_of "poll" is none of the servers`,
		"predict=x":             "--set predict=x: predict has parts of its own, which only a file can say; begin one with socketbench run NAME --print",
		"blocks=3,4":            `--set blocks=3,4: 3,4 is no number in plain decimal digits; blocks wants a whole number from 1 to 1000`,
		`conversation.say=\q`:   `is no text as in double quotes`,
	} {
		_, err := Parse("x.yaml", []byte(plain), registry(), mustChange(t, text))
		require.ErrorContains(t, err, want)
		var at *Error
		require.False(t, errors.As(err, &at), "it is no fault of the file")
	}
	_, err := Parse("x.yaml", []byte(plain), registry(), mustChange(t, "load.idle=1"), mustChange(t, "blocks=3"), mustChange(t, "load.idle=2,3"))
	require.EqualError(t, err, "--set load.idle=2,3: load.idle is set already, by --set load.idle=1; leave one of them out")
	_, err = Parse("x.yaml", []byte(plain+"baseline: pool\n"), registry(), mustChange(t, "servers=epoll"))
	require.EqualError(t, err, `--set servers=epoll: baseline "pool" is none of the servers; allowed: epoll`)
	// The change that has made a problem is named, whichever field the problem is about.
	_, err = Parse("x.yaml", []byte(plain+"load: {rate: 4000, arrivals: poisson}\n"), registry(), mustChange(t, "load.idle=3"), mustChange(t, "load.rate=0"))
	require.EqualError(t, err, "--set load.rate=0: arrivals poisson follow a schedule and need a rate above 0, such as 4000; or choose closed")
	_, err = Parse("x.yaml", []byte(plain+"load: {arrivals: poisson}\n"), registry(), mustChange(t, "load.idle=3"))
	require.ErrorContains(t, err, "x.yaml:4:18: arrivals poisson follow a schedule", "it is a fault of the file")
	_, err = ParseChange("load.idle")
	require.EqualError(t, err, `"load.idle" sets no field; write FIELD=VALUE, such as load.idle=50`)
}

// A rate and a utilization say the same: a change to the one takes the place of the other, and what the two contradict is
// the fault of the flag.
func TestAUtilizationReplacesARate(t *testing.T) {
	const rated = plain + "load: {rate: 4000}\n"
	const shared = plain + "load: {arrivals: poisson}\nvary: {load.utilization: [0.5, 0.9]}\npredict: [{claim: c, metric: served, of: {server: pool, load.utilization: 0.9}, expect: '> 1'}]\n"
	e, err := Parse("x.yaml", []byte(rated), registry(), mustChange(t, "load.utilization=50%"))
	require.NoError(t, err)
	require.Zero(t, e.Load.Rate)
	require.Equal(t, 0.5, e.Shares.Rate)
	require.Equal(t, "poisson", e.Load.Arrivals)
	e, err = Parse("x.yaml", []byte(shared), registry(), mustChange(t, "load.rate=1k,2k"))
	require.NoError(t, err)
	require.Equal(t, Factors{{"load.rate", []any{1000, 2000}}}, e.Vary)
	require.False(t, e.Shares.Any())
	require.Contains(t, e.Predict[0].NotAsked, "load.utilization is not varied in this experiment")

	for change, want := range map[string]string{
		"load.arrivals=closed":       "--set load.arrivals=closed: utilization is the rate of an open loop, and arrivals are closed",
		"load.think_utilization=0.5": "--set load.think_utilization=0.5: think_utilization is the pause of a closed loop, and arrivals poisson follow a schedule",
		"load.utilization=1.6,0.1":   "--set load.utilization=1.6,0.1: 1.6 is out of range",
	} {
		_, err := Parse("x.yaml", []byte(shared), registry(), mustChange(t, change))
		require.ErrorContains(t, err, want)
	}
	_, err = Parse("x.yaml", []byte(plain), registry(), mustChange(t, "load.rate=4k"), mustChange(t, "load.utilization=0.5"))
	require.EqualError(t, err, "--set load.rate=4k: load.utilization and load.rate say the same thing in two units; leave one of them out")
}

// A prediction about a cell that a change removes stays, and says why it is not asked; so it does when it is read again.
func TestAPredictionWithoutItsCellIsNotAsked(t *testing.T) {
	text := plain + "vary: {load.idle: [0, 10]}\npredict: [{claim: c, metric: served, of: {server: pool, load.idle: 10}, expect: '> 1'}]\n"
	for change, want := range map[string]string{
		"load.idle=0,20":  "load.idle 10 is not in this experiment; one of 0, 20",
		"load.idle=20":    "load.idle is not varied in this experiment; list its values under vary, or leave it out here",
		"load.idle=10":    "",
		"load.idle=10,20": "",
		"load.size=1,2":   "which cell? say also load.size: one of 1, 2",
	} {
		e, err := Parse("x.yaml", []byte(text), registry(), mustChange(t, change))
		require.NoError(t, err, change)
		require.Len(t, e.Predict, 1)
		require.Equal(t, want, e.Predict[0].NotAsked, change)
		again, err := Parse("again.yaml", e.YAML(), registry())
		require.NoError(t, err, string(e.YAML()))
		require.Equal(t, e, again)
	}
}
