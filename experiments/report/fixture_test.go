package report

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// quick is a part of a real run of the experiment of that name. One trial was declared invalid, and only the first block
// has histograms and samples.
func quick(t testing.TB) Input {
	run, err := result.Load("testdata/quick")
	require.NoError(t, err)
	run.Dir = "testdata/quick"
	analysis, err := verdict.Judge(run)
	require.NoError(t, err)
	return Input{Run: run, Analysis: analysis, Registry: registry(), WithoutCode: true}
}

// small is a part of that run as a run of its own: two designs beside eight silent clients, without sampled requests.
func small(t testing.TB) Input {
	in := quick(t)
	in.Run.Trials = slices.DeleteFunc(in.Run.Trials, func(t result.Trial) bool {
		v, _ := verdict.Number(t.Cell["load.mute"])
		return v != 8 || t.Cell.Server() != "goroutine" && t.Cell.Server() != "epoll"
	})
	for i := range in.Run.Trials {
		in.Run.Trials[i].Samples = ""
	}
	in.Run.Manifest.Blocks = 0 // those of the whole run have more trials
	in.Run.Manifest.Spec = `name: quick
question: Who gets an answer when clients that say nothing stand in front, and what does an answer cost?
baseline: goroutine
blocks: 3
primary: cpu_per_request
load: {connections: 16, requests: 10, size: 64, warmup: 200ms, duration: 800ms}
servers: [goroutine, epoll]
charts: [spectrum, cost]
vary:
  load.mute: [8]
predict:
  - claim: A goroutine per connection does not notice eight silent clients.
    metric: unserved
    of: {server: goroutine, load.mute: 8}
    expect: "== 0"
    refuted: Connections are not independent of each other.
  - claim: An event loop costs less than half of a goroutine per connection.
    metric: cpu_per_request
    of: {server: epoll, load.mute: 8}
    against: {server: goroutine, load.mute: 8}
    expect: "< 0.5x"
`
	var err error
	in.Analysis, err = verdict.Judge(in.Run)
	require.NoError(t, err)
	return in
}

// registry has the designs of the fixture on every platform, in the order of the real one.
func registry() servers.Registry {
	return servers.Registry{
		{Name: "sequential", Idea: "one connection at a time, from accept to close", Family: "blocking", New: servers.NewSequential, Traits: servers.Traits{MaxConns: 1}},
		{Name: "goroutine", Idea: "a goroutine for every connection", Family: "goroutines", New: servers.NewGoroutine},
		{Name: "pool", Idea: "connections queue for a fixed number of workers", Family: "pools", New: servers.NewPool, Traits: servers.Traits{ConnPerWorker: true}},
		{Name: "deadline", Idea: "one goroutine visits every connection in turn, under a short deadline", Family: "polling", New: servers.NewDeadline},
		{Name: "epoll", Idea: "one goroutine waits for all connections at once, level-triggered", Family: "readiness", New: servers.NewGoroutine},
	}
}
