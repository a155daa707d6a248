package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/servers"
)

// found makes the directory of a run of latency in which its baseline carried 100,000 requests/s.
func found(t *testing.T, e spec.Experiment) string {
	dir := filepath.Join(t.TempDir(), "before")
	w, err := result.Create(dir, result.Manifest{Experiment: e.Name, Spec: string(e.YAML()), Seed: 3,
		Capacities: []result.Capacity{{Cell: result.Cell{"server": e.Reference()}, Connections: e.Load.Connections, Rate: 100_000}},
		Loads:      []result.Frozen{{Condition: result.Cell{}, Utilization: e.Shares.Rate, Rate: e.Shares.Rate * 100_000}}})
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return dir
}

func latency(t *testing.T) spec.Experiment {
	e, err := spec.Parse("l.yaml", []byte("name: latency\nquestion: q\nservers: [goroutine, epoll]\nload: {utilization: 0.5, connections: 32}\n"), servers.All())
	require.NoError(t, err)
	return e
}

func TestRatesOfAnEarlierRunAreOffered(t *testing.T) {
	e := latency(t)
	dir := found(t, e)
	file := filepath.Join(t.TempDir(), "l.yaml")
	require.NoError(t, os.WriteFile(file, e.YAML(), 0o600))
	fresh, text := planned(t, file)
	require.Contains(t, text, "load.utilization       0.5 of what goroutine carries here, found before block 0 (file)\n")
	frozen, text := planned(t, file, "--rates", dir)
	require.NotEqual(t, fresh, frozen, "the hash covers the rates")
	require.Contains(t, text, "goroutine carries 100,000/s here with 32 connections; utilization 0.5 is 50,000/s.\n")
	again, _ := planned(t, file, "--rates", dir, "--set", "load.warmup=200ms")
	require.NotEqual(t, frozen, again, "how long is measured may differ")

	for flag, want := range map[string]string{
		"load.connections=64":   "load.connections is 32 there, and 64 here",
		"load.utilization=0.7":  "load.utilization is 0.5 there, and 0.7 here",
		"load.mute=0,1":         "that run has no condition load.mute=0",
		"utilization_of=epoll":  "they are shares of what goroutine carries, and here of what epoll carries",
		"config.wait=5ms":       "config.wait is not set there, and 5ms here",
		"load.arrivals=unknown": `"unknown" is no arrivals`,
	} {
		code, _, stderr := command("run", file, "--dry-run", "--rates", dir, "--set", flag)
		require.Equal(t, exitUsage, code)
		require.Contains(t, stderr, want)
	}
	other := latency(t)
	other.Shares, other.Load.Rate = spec.Shares{}, 4000
	code, _, stderr := command("run", file, "--dry-run", "--rates", found(t, other))
	require.Equal(t, exitUsage, code, stderr)
	code, _, stderr = command("run", file, "--dry-run", "--rates", filepath.Join(dir, "nowhere"))
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "run: --rates: ")
}

// A run that is resumed goes on at its rates: they are read from its manifest.
func TestAResumedRunKeepsItsRates(t *testing.T) {
	dir := found(t, latency(t))
	code, stdout, stderr := command("run", "--resume", dir, "--dry-run")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "utilization 0.5 is 50,000/s")
}
