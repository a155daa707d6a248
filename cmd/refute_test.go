package cmd

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/refute"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/servers"
)

// finished makes the directory of a run whose trials are made up: epoll takes half as long as goroutine.
func finished(t *testing.T, change func(*result.Manifest)) string {
	dir := filepath.Join(t.TempDir(), "run")
	const text = "name: two\nquestion: q\nservers: [goroutine, epoll]\nprimary: latency.p50\nplacement: shared\nblocks: 8\n" +
		"load: {connections: 2, warmup: 10ms, duration: 50ms}\n"
	e, err := spec.Parse("two.yaml", []byte(text), nil)
	require.NoError(t, err)
	m := result.Manifest{Experiment: "two", Spec: string(e.YAML()), Seed: 3, PlanHash: "p", Placement: "shared", Blocks: 8,
		Finished: time.Unix(1e9, 0), Host: result.Host{CPUs: 2}}
	change(&m)
	w, err := result.Create(dir, m)
	require.NoError(t, err)
	order := 0
	for block := range 8 {
		for i, server := range []string{"goroutine", "epoll", "goroutine"} {
			ns := map[string]float64{"goroutine": 2e5, "epoll": 1e5}[server] * (1 + 0.001*float64(block%3+i))
			label := []string{"A", "A", "B"}[i]
			require.NoError(t, w.Append(&result.Trial{Cell: result.Cell{"server": server}, Label: label, Block: block, Order: order, Valid: true,
				Metrics: map[string]float64{"latency.p50": ns}}))
			order++
		}
	}
	require.NoError(t, w.Close())
	return dir
}

// What cannot be attacked is said in one line, and nothing is written.
func TestRefuteRefuses(t *testing.T) {
	nowhere, empty := filepath.Join(t.TempDir(), "nowhere"), t.TempDir()
	whole := t.TempDir()
	require.NoError(t, result.CreateWhole(whole, result.Whole{Parts: []result.Part{{Dir: "a"}}}))
	run := finished(t, func(*result.Manifest) {})
	for _, c := range []struct {
		dir, budget, want string
	}{
		{nowhere, "10m", "is not a results directory"},
		{empty, "10m", "is not the directory of a run"},
		{whole, "10m", "holds a run of several experiments"},
		{finished(t, func(m *result.Manifest) { m.Agents = []result.Agent{{Name: "a"}} }), "10m", "was measured over several machines"},
		{finished(t, func(m *result.Manifest) { m.Finished = time.Time{} }), "10m", "did not end"},
		{finished(t, func(m *result.Manifest) { m.Spec = strings.ReplaceAll(m.Spec, "epoll", "elsewhere") }), "10m", "that this program does not have"},
		{run, "2s", "the next attack takes about"},
		{run, "10", "--budget 10: 10 is a number without a unit"},
		{run, "5ms", "no time to measure in"},
	} {
		code, stdout, stderr := command("refute", c.dir, "--budget", c.budget)
		require.Equal(t, exitUsage, code, c.want)
		require.Empty(t, stdout)
		require.Contains(t, stderr, c.want)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		require.NoDirExists(t, result.RefutedDir(c.dir))
	}
}

// One pair is measured again with one change, and every report of the run shows what came of it.
func TestRefutePlaysAnAttack(t *testing.T) {
	dir := finished(t, func(*result.Manifest) {})
	var out, errs bytes.Buffer
	a := &app{stdout: &out, registry: servers.All()}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	a.stderr = &cancelAt{w: &errs, line: "attack 2 of ", cancel: cancel}
	err := a.attack(ctx, dir, time.Hour)
	require.ErrorContains(t, err, "interrupted: what was measured is kept; continue with: socketbench refute ")
	require.ErrorAs(t, err, new(*doesNotHold))

	run, err := result.Load(dir)
	require.NoError(t, err)
	first := run.Refuted.Attacks[0]
	require.Equal(t, []string{"seed", "with another seed"}, []string{first.Change, first.Says})
	attack, err := result.Load(filepath.Join(result.RefutedDir(dir), first.Dir))
	require.NoError(t, err)
	require.GreaterOrEqual(t, len(attack.Final()), 3*refute.Blocks)
	require.EqualValues(t, 4, attack.Manifest.Seed)
	require.NotEqual(t, refute.NotReached, run.Refuted.Verdicts[0].Tried[0].Outcome)
	require.Equal(t, refute.NotReached, run.Refuted.Verdicts[0].Tried[1].Outcome)
	require.Contains(t, out.String(), "What was tried to overturn the verdicts")
	require.Contains(t, out.String(), "not reached")
	page, err := os.ReadFile(filepath.Join(dir, "report.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "What was tried to overturn the verdicts")
	code, stdout, _ := command("report", dir, "--format", "md")
	require.Equal(t, exitDone, code)
	require.Contains(t, stdout, "What was tried to overturn the verdicts")
}

// cancelAt cancels when a line is written.
type cancelAt struct {
	w      *bytes.Buffer
	line   string
	cancel func()
}

func (c *cancelAt) Write(b []byte) (int, error) {
	if bytes.Contains(b, []byte(c.line)) {
		c.cancel()
	}
	return c.w.Write(b)
}
