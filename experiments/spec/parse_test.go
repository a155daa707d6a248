package spec

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/servers"
	"socketbench/servers/upper"
)

var update = flag.Bool("update", false, "write the golden files")

// registry has what the corpus asks for: names, a design that needs TCP, one for datagrams.
func registry() (r servers.Registry) {
	for _, n := range []string{"sequential", "goroutine", "pool", "deadline", "epoll"} {
		r = append(r, servers.Entry{Name: n, New: func(servers.Config) servers.Server { return nil }})
	}
	r = append(r, servers.Entry{Name: "reuseport", New: r[0].New, Traits: servers.Traits{TCPOnly: true}})
	return append(r, servers.Entry{Name: "udp", NewPacket: func(servers.Config) servers.PacketServer { return nil }})
}

// Every malformed file is refused with its position and a remedy. The golden file is the list of what a
// person is told; read it when it changes.
func TestMalformed(t *testing.T) {
	files, err := filepath.Glob("testdata/malformed/*.yaml")
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(files), 60)
	var b strings.Builder
	for _, file := range files {
		src, err := os.ReadFile(file)
		require.NoError(t, err)
		e, err := Parse(filepath.Base(file), src, registry())
		require.Error(t, err, file)
		require.Equal(t, Experiment{}, e)
		var at *Error
		require.ErrorAs(t, err, &at, file)
		require.Positive(t, at.Line)
		require.Positive(t, at.Column)
		require.LessOrEqual(t, at.Line, strings.Count(string(src), "\n")+1, "the position is in the file")
		fmt.Fprintf(&b, "%v\n", err)
	}
	const golden = "testdata/malformed.golden"
	if *update {
		require.NoError(t, os.WriteFile(golden, []byte(b.String()), 0o644))
	}
	want, err := os.ReadFile(golden)
	require.NoError(t, err)
	require.Equal(t, string(want), b.String())
}

const whole = `
name: whole
question: >-
  Does everything
  that can be written arrive?
teaches: "a lot"
servers: [goroutine, './mine {port} --fast']
baseline: goroutine
transport: unix
placement: shared
gomaxprocs: 2
gogc: -1
blocks: 4
max_blocks: 9
precision: 10%
primary: latency.p99
charts: [knee, memory]
needs: {server_cpus: ">=2"}
load:
  arrivals: burst
  rate: 2k
  burst: {peak: 0.5M, width: 10ms, period: 1s}
  connections: 100
  size: 16KiB
  pipeline: 2
  no_delay: false
  warmup: 0s
  duration: 1.5s
  mute: 3
config: {framing: length, limit: 1MiB, wait: 5ms, slots: 3}
vary:
  load.rate: [2k, 10000, 2.5]
  config.wait: [0s, 5000us]
  load.no_delay: [true, false]
predict:
  - claim: yes, it does
    metric: latency.p99
    of: {server: goroutine, load.rate: 10k, config.wait: 5ms, load.no_delay: true}
    against: {load.rate: 2000}
    expect: "~ 1x +-10%"
    needs: {server_cpus: ">= 2"}
    refuted: it does not
`

func TestWhole(t *testing.T) {
	e, err := Parse("whole.yaml", []byte(whole), registry())
	require.NoError(t, err)
	require.Equal(t, "Does everything that can be written arrive?", e.Question)
	require.Equal(t, []string{"goroutine", "./mine {port} --fast"}, e.Servers)
	require.Equal(t, 2000.0, e.Load.Rate)
	require.Equal(t, 5e5, e.Load.Burst.Peak)
	require.Equal(t, 16384, e.Load.Size)
	require.False(t, *e.Load.NoDelay)
	require.Equal(t, 1500*time.Millisecond, e.Load.Duration)
	require.Equal(t, upper.Length, e.Config.Protocol.Framing)
	require.Equal(t, upper.Length, e.Load.Framing, "the generator speaks what the servers speak")
	require.Equal(t, Factors{
		{"load.rate", []any{2000, 10000, 2.5}},
		{"config.wait", []any{Span(0), Span(5 * time.Millisecond)}},
		{"load.no_delay", []any{true, false}},
	}, e.Vary)
	require.Equal(t, 2*3*2*2, e.Cells())
	require.Equal(t, map[string]any{"server": "goroutine", "load.rate": 2000, "config.wait": Span(5 * time.Millisecond), "load.no_delay": true},
		e.Predict[0].Against, "what against leaves out is as in of")

	again, err := Parse("again.yaml", e.YAML(), nil)
	require.NoError(t, err, string(e.YAML()))
	require.Equal(t, e, again)
}

func TestDefaults(t *testing.T) {
	e, err := Parse("short.yaml", []byte("name: short\nquestion: how late?\nservers: [epoll, pool]\n"), registry())
	require.NoError(t, err)
	require.Equal(t, "closed", e.Load.Arrivals)
	require.Equal(t, "epoll", e.Baseline)
	require.Equal(t, DefaultBlocks, e.MaxBlocks)
	e, err = Parse("rate.yaml", []byte("name: rate\nquestion: how late?\nservers: [epoll]\nvary: {load.rate: [1, 2]}\n"), registry())
	require.NoError(t, err)
	require.Equal(t, "poisson", e.Load.Arrivals, "a rate means an open loop")
}

func TestConditionsChangeTheLastFieldFastest(t *testing.T) {
	e, err := Parse("x.yaml", []byte("name: x\nquestion: q\nservers: [epoll]\nvary: {load.mute: [0, 1], config.wait: [1ms, 2ms]}\n"), registry())
	require.NoError(t, err)
	var got []string
	e.Conditions(func(condition map[string]any, c Experiment) bool {
		require.Equal(t, condition["load.mute"], c.Load.Mute)
		require.EqualValues(t, condition["config.wait"], c.Config.Protocol.Work.Wait)
		got = append(got, fmt.Sprintf("%v %v", condition["load.mute"], condition["config.wait"]))
		return true
	})
	require.Equal(t, []string{"0 1ms", "0 2ms", "1 1ms", "1 2ms"}, got)
}

func TestSetIsAFlag(t *testing.T) {
	e, err := Parse("x.yaml", []byte("name: x\nquestion: q\nservers: [epoll]\n"), registry())
	require.NoError(t, err)
	require.NoError(t, e.Set("load.duration", "2s"))
	require.Equal(t, 2*time.Second, e.Load.Duration)
	require.NoError(t, e.Set("load.size", "1KiB"))
	require.NoError(t, e.Set("blocks", "9"))
	require.ErrorContains(t, e.Check(registry()), "max_blocks 8 is less than blocks 9")
	require.ErrorContains(t, e.Set("load.duration", "2"), "number without a unit")
	require.ErrorContains(t, e.Set("placement", "spilt"), `did you mean "split"?`)
	require.ErrorContains(t, e.Set("load.conections", "2"), `did you mean "load.connections"?`)
}

func TestOtherServersKeepWhatCanBeAsked(t *testing.T) {
	e, err := Parse("x.yaml", []byte(`
name: x
question: q
servers: [epoll, pool]
predict:
  - {claim: a, metric: served, of: {server: epoll}, expect: "> 1"}
  - {claim: b, metric: latency.p50, of: {server: epoll}, against: {server: pool}, expect: "> 1x"}
`), registry())
	require.NoError(t, err)
	e = e.WithServers([]string{"goroutine", "epoll"})
	require.Equal(t, "epoll", e.Baseline)
	require.Len(t, e.Predict, 1)
	require.Equal(t, "a", e.Predict[0].Claim)
	require.NoError(t, e.Check(registry()))
}

// The table of fields and the structs of Go must tell the same story.
func TestEveryFieldHasAPlace(t *testing.T) {
	for _, f := range fields {
		if f.kind != factors && f.kind != claims {
			require.NotPanics(t, func() { f.target(new(Experiment)) }, f.path)
		}
		require.NotEmpty(t, f.about, f.path)
		require.Equal(t, f.once, f.label == "", "a varied field has words for reports: %s", f.path)
	}
	for _, missing := range unlisted() {
		t.Errorf("%s can be written in Go and not in a file: give it a line in fields", missing)
	}
}

func TestExpectations(t *testing.T) {
	for _, c := range []struct {
		text, unit string
		ratio      bool
		holds      []float64
		not        []float64
	}{
		{"> 5x", "ns", true, []float64{5.1}, []float64{5, 4}},
		{"< 0.9x", "ns", true, []float64{0.8}, []float64{0.9, 1}},
		{"== 0", "count", false, []float64{0}, []float64{1}},
		{">= 10ms", "ns", false, []float64{1e7}, []float64{9.9e6}},
		{"<= 200/s", "requests/s", false, []float64{200}, []float64{201}},
		{"~ 1x ±10%", "ns", true, []float64{1 / 1.09, 1.09}, []float64{0.9, 1.11}},
		{"~ 8 +-15%", "count", false, []float64{7, 9}, []float64{6.7, 9.3}},
		{"< 2KiB", "bytes", false, []float64{2047}, []float64{2048}},
	} {
		e, err := ParseExpect(c.text, c.unit, c.ratio)
		require.NoError(t, err, c.text)
		for _, v := range c.holds {
			require.True(t, e.Holds(v), "%s %v", c.text, v)
		}
		for _, v := range c.not {
			require.False(t, e.Holds(v), "%s %v", c.text, v)
		}
	}
}

func FuzzParse(f *testing.F) {
	files, _ := filepath.Glob("testdata/malformed/*.yaml")
	for _, file := range files {
		if src, err := os.ReadFile(file); err == nil {
			f.Add(src)
		}
	}
	f.Add([]byte(whole))
	r := registry()
	f.Fuzz(func(t *testing.T, src []byte) {
		e, err := Parse("f.yaml", src, r)
		if err != nil {
			var at *Error
			require.True(t, errors.As(err, &at))
			return
		}
		again, err := Parse("again.yaml", e.YAML(), r)
		require.NoError(t, err, string(e.YAML()))
		require.Equal(t, e, again)
	})
}

// A server that speaks first is a matter of the file as of the flag, and is written back as it was read.
func TestAConversationHasAGreeting(t *testing.T) {
	e, err := Parse("x.yaml", []byte("name: x\nquestion: why?\nservers: [goroutine, epoll]\n"+
		`conversation: {greeting_until: "220 ready\r\n", say: "NOOP\r\n", expect: "250 ok\r\n"}`+"\n"), registry())
	require.NoError(t, err)
	require.Equal(t, "220 ready\r\n", string(e.Load.Conversation.Greeting))
	again, err := Parse("again.yaml", e.YAML(), nil)
	require.NoError(t, err)
	require.Equal(t, e.Load.Conversation, again.Load.Conversation)
}
