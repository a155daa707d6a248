package report

import (
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// quick is a real run of the experiment of that name, cut down: one trial was declared invalid, and
// only the first block kept its histograms and samples.
func quick(t testing.TB) Input {
	run, err := result.Load("testdata/quick")
	require.NoError(t, err)
	run.Dir = "testdata/quick"
	analysis, err := verdict.Judge(run, registry())
	require.NoError(t, err)
	return Input{Run: run, Analysis: analysis, Registry: registry(), WithoutCode: true}
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
