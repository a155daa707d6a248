package cmd

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/unit"
	"socketbench/servers"
)

// tiny writes experiment files of four short trials each and returns their paths.
func tiny(t *testing.T, names ...string) (files []string) {
	dir := t.TempDir()
	for _, name := range names {
		text := fmt.Sprintf(`name: %s
question: Does %s run?
servers: [goroutine]
placement: shared
blocks: 2
load: {connections: 2, requests: 10, think: 1ms, warmup: 10ms, duration: 60ms}
predict:
  - claim: Every client of %s is served.
    metric: unserved
    of: {server: goroutine}
    expect: "== 0"
`, name, name, name)
		file := filepath.Join(dir, name+".yaml")
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		files = append(files, file)
	}
	return files
}

// trialsIn is the text of the trials in a results directory, "" where there is none.
func trialsIn(t *testing.T, dir string) string {
	b, err := os.ReadFile(filepath.Join(dir, "trials.jsonl"))
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return string(b)
}

// A run of several experiments that was killed in its second one is continued there: the first is not measured again, of
// the second only what is missing, and the third with the seed of the others.
func TestKilledRunOfSeveralIsResumed(t *testing.T) {
	t.Parallel()
	if runtime.GOOS == "windows" {
		t.Skip("needs the signals of Unix")
	}
	files := tiny(t, "first", "second", "third")
	dir := filepath.Join(t.TempDir(), "out")
	c := exec.Command(os.Args[0], append([]string{"run", "--out", dir, "--seed", "7"}, files...)...)
	c.Env = append(os.Environ(), asMain+"=1", killedAt+"=experiment 2 of 3: second|1/4 ") // when its first trial has ended
	require.NoError(t, c.Start())
	watchdog := time.AfterFunc(2*time.Minute, func() { c.Process.Kill() })
	defer watchdog.Stop()
	c.Wait()
	first, err := result.Load(filepath.Join(dir, "first"))
	require.NoError(t, err)
	require.Len(t, first.Final(), 4)
	begun := trialsIn(t, filepath.Join(dir, "second"))
	require.NotEmpty(t, begun)
	require.NoDirExists(t, filepath.Join(dir, "third"))
	page, err := os.ReadFile(filepath.Join(dir, "index.html"))
	require.NoError(t, err)
	require.Contains(t, string(page), "1 of 3 were measured to the end, 2 not begun.")

	before := trialsIn(t, filepath.Join(dir, "first"))
	code, stdout, stderr := command("run", "--resume", dir)
	measured(t, code, stderr)
	require.Regexp(t, `^2 experiments, about \S+; up to \S+ on a restless machine`, stderr, "what is finished takes no time")
	require.Equal(t, before, trialsIn(t, filepath.Join(dir, "first")))
	require.True(t, strings.HasPrefix(trialsIn(t, filepath.Join(dir, "second")), begun[:strings.LastIndex(begun, "\n")+1]), "a trial was measured again")
	judged := 0 // experiments: where the machine stood still in each window of one, nothing of it can be
	for _, name := range []string{"first", "second", "third"} {
		r, err := result.Load(filepath.Join(dir, name))
		require.NoError(t, err)
		require.Len(t, r.Final(), 4)
		require.False(t, r.Manifest.Finished.IsZero())
		require.EqualValues(t, 7, r.Manifest.Seed)
		require.Contains(t, strings.Join(r.Manifest.Command, " "), "first.yaml")
		page, err = os.ReadFile(filepath.Join(dir, "index.html"))
		require.NoError(t, err)
		require.Contains(t, string(page), "Does "+name+" run?")
		require.Contains(t, string(page), `href="`+name+`/report.html"`)
		if slices.ContainsFunc(r.Final(), func(t result.Trial) bool { return t.Valid }) {
			judged++
			require.Contains(t, string(page), "Every client of "+name+" is served.")
		}
	}
	require.Contains(t, string(page), "All of them were measured to the end.")
	require.Contains(t, stdout, "3 experiments of one run. All of them were measured to the end.")
	if judged > 0 {
		require.Contains(t, strings.Join(strings.Fields(stdout), " "), "to the end. "+unit.Many(judged, "prediction")+": ")
	}

	// The same command, without a seed of its own, finds everything done.
	after := trialsIn(t, filepath.Join(dir, "third"))
	code, stdout, stderr = command(append([]string{"run", "--out", dir}, files...)...)
	measured(t, code, stderr)
	require.Contains(t, stdout, "All of them were measured to the end.")
	require.NotContains(t, stderr, "about")
	require.Equal(t, after, trialsIn(t, filepath.Join(dir, "third")))

	// A trial that was lost since is measured again, it alone, and what cannot be read is named with what to do.
	trials := filepath.Join(dir, "third", "trials.jsonl")
	kept := after[:strings.LastIndex(strings.TrimSuffix(after, "\n"), "\n")+1]
	require.NoError(t, os.WriteFile(trials, []byte(after[:len(after)-20]), 0o600))
	code, stdout, stderr = command("run", "--resume", dir)
	measured(t, code, stderr)
	require.Contains(t, stdout, "All of them were measured to the end.")
	require.True(t, strings.HasPrefix(trialsIn(t, filepath.Join(dir, "third")), kept), "another trial was measured again")
	third, err := result.Load(filepath.Join(dir, "third"))
	require.NoError(t, err)
	require.Len(t, third.Final(), 4)
	manifest := filepath.Join(dir, "second", "manifest.json")
	text, err := os.ReadFile(manifest)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(manifest, text[:len(text)/2], 0o600))
	code, _, stderr = command("run", "--resume", dir)
	require.Equal(t, exitUsage, code, stderr)
	require.Contains(t, stderr, "is cut off")
	require.Contains(t, stderr, "move "+filepath.Join(dir, "second")+" away, and --resume "+dir+" measures that experiment from its beginning")
	require.NoError(t, os.WriteFile(manifest, text, 0o600))

	// Another command is not mixed into it.
	for want, args := range map[string][]string{
		"a run with the seed 7":               {files[0], files[1], files[2], "--seed", "8"},
		"a run with 3 experiments":            {files[0], files[1]},
		"a run with the experiment first":     {files[1], files[0], files[2]},
		"a run with other settings of first":  {files[0], files[1], files[2], "--blocks", "3"},
		"continue that with --resume " + dir:  {files[0], files[1]},
		"can be combined only with --profile": {"--resume", dir},
	} {
		if args[0] == "--resume" {
			args = append(args, "quick")
		}
		code, _, stderr = command(append(append([]string{"run"}, args...), "--out", dir)...)
		require.Equal(t, exitUsage, code, stderr)
		require.Contains(t, stderr, want)
	}
}

// A server that does not start in one experiment does not keep the next from being measured, and the exit code tells.
func TestRunOfSeveralGoesOn(t *testing.T) {
	t.Parallel()
	files := tiny(t, "good")
	bad := filepath.Join(t.TempDir(), "bad.yaml")
	require.NoError(t, os.WriteFile(bad, []byte(`name: bad
question: Does it start?
servers: ['no-such-program-anywhere {port}']
placement: shared
blocks: 1
load: {connections: 1, warmup: 10ms, duration: 50ms}
`), 0o600))
	dir := filepath.Join(t.TempDir(), "out")
	code, stdout, stderr := command("run", bad, files[0], "--out", dir)
	require.Equal(t, exitNo, code, stderr)
	require.Contains(t, stderr, "no-such-program-anywhere")
	page := stdout[strings.LastIndex(stdout, "bad: Does it start?"):]
	require.Contains(t, page, "did not start")
	require.Contains(t, page, "good: Does good run?")
	require.Contains(t, page, "2 experiments of one run.")

	code, again, _ := command("run", "--resume", dir)
	require.Equal(t, exitNo, code, "what failed has failed, though it is not measured again")
	require.Contains(t, again, "did not start")
}

func TestDryRunOfSeveralSaysHowLongAllTake(t *testing.T) {
	files := tiny(t, "one", "two")
	code, stdout, stderr := command("run", "--dry-run", files[0], files[1])
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "2 experiments: about ")
}

// An experiment that was never begun is begun with the rates that the command was told to offer.
func TestResumedRunOfSeveralKeepsItsRates(t *testing.T) {
	e := latency(t)
	file := filepath.Join(t.TempDir(), "l.yaml")
	require.NoError(t, os.WriteFile(file, e.YAML(), 0o600))
	a := &app{registry: servers.All(), stderr: io.Discard}
	dir := filepath.Join(t.TempDir(), "out")
	files := append(tiny(t, "one"), file)
	o, err := a.asked(files, runFlags{out: dir, rates: found(t, e), seed: 7, seeded: true})
	require.NoError(t, err)
	require.NoError(t, result.CreateWhole(dir, o.whole))
	again, err := a.resumed(nil, runFlags{resume: dir})
	require.NoError(t, err)
	for i, q := range again.asks {
		require.Equal(t, o.asks[i].plan.Hash, q.plan.Hash)
	}
	require.Equal(t, 50_000.0, again.asks[1].plan.Loads[0].Rate)
	_, err = a.asked(files, runFlags{out: dir, seed: 7, seeded: true})
	require.ErrorContains(t, err, "holds a run with other rates of latency")
}
