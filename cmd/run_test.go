package cmd

import (
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"charm.land/lipgloss/v2"
	"github.com/stretchr/testify/require"

	"socketbench/experiments"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
)

// Each wrong call is answered by one line that names the remedy, before anything is written.
func TestRunRefuses(t *testing.T) {
	there := t.TempDir()
	file := filepath.Join(there, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	for _, c := range []struct {
		args []string
		want string
	}{
		{[]string{"quik"}, `did you mean "quick"?`},
		{[]string{"gorutine"}, `did you mean "goroutine"?`},
		{[]string{"./mine"}, "a command with {port}"},
		{[]string{"missing.yaml"}, "no such file"},
		{[]string{"--servers", "pol"}, `servers: no server "pol"; did you mean "poll"? (socketbench list servers)`},
		{[]string{"--out", there}, "exists already, and is no run that could be continued; choose another with --out"},
		{[]string{"--out", file}, "exists already, and is no run that could be continued; choose another with --out"},
		{[]string{"--out", filepath.Join(file, "below")}, "choose another place with --out"},
		{[]string{"--resume", there}, "is not a results directory"},
		{[]string{"--resume", there, "quick"}, "leave the rest out"},
		{[]string{"--resume", there, "--blocks", "3"}, "leave the rest out"},
		{[]string{"--placement", "elsewhere"}, "split"},
		{[]string{"--placement", "apart"}, "needs the agents of other machines (--fleet)"},
		{[]string{"--set", "placement=split,apart"}, "apart is the placement of a whole run"},
		{[]string{"--duration", "soon"}, "duration"},
		{[]string{"--blocks", "-1"}, "below zero"},
		{[]string{"--profile", "heap"}, "there are cpu and trace"},
	} {
		t.Run(strings.Join(c.args, " "), func(t *testing.T) {
			code, stdout, stderr := command(append([]string{"run"}, c.args...)...)
			require.Equal(t, exitUsage, code, stderr)
			require.Empty(t, stdout)
			require.Contains(t, stderr, c.want)
			require.Equal(t, 1, strings.Count(strings.TrimRight(stderr, "\n"), "\n")+1, stderr)
		})
	}
	entries, err := os.ReadDir(there)
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing was written")
}

func TestDryRunPrintsThePlanAndStops(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "out")
	args := []string{"run", "--dry-run", "--seed", "7", "--blocks", "2", "--out", dir}
	code, first, _ := command(args...)
	require.Equal(t, exitDone, code)
	require.Contains(t, first, "seed 7")
	require.Contains(t, first, "2 blocks")
	require.Contains(t, first, "sequential load.mute=8")
	_, again, _ := command(args...)
	require.Equal(t, first, again)
	require.NoDirExists(t, dir)

	_, foreign, _ := command("run", "--dry-run", "goroutine", "./mine {port}", "--profile", "cpu")
	require.Contains(t, foreign, "no profile of ./mine {port}")

	_, mixed, _ := command("run", "--dry-run", "goroutine", "./mine {port}", "quick", "--seed", "1")
	require.Contains(t, mixed, "./mine {port} load.mute=0")
	require.NotContains(t, mixed, "sequential")
}

// The whole job, short: two servers are measured, and what is stored can be read, resumed and repeated.
func TestRunEndToEnd(t *testing.T) {
	var dir, stdout, stderr string
	var code int
	for range 3 { // where others use both CPUs, the generator may have no turn in any of these short windows
		dir = filepath.Join(t.TempDir(), "out")
		code, stdout, stderr = command("run", "sequential", "goroutine", "--blocks", "2", "--duration", "100ms", "--out", dir)
		if !strings.Contains(stderr, "none of its trials can be used") {
			break
		}
	}
	measured(t, code, stderr)
	require.Contains(t, stdout, "goroutine")
	require.Equal(t, 1, strings.Count(stderr, "\n 7/14 "), stderr) // not counting that it was measured again
	for _, name := range []string{"manifest.json", "trials.jsonl", "report.html", "report.md", "results.csv", "bench.txt"} {
		require.FileExists(t, filepath.Join(dir, name))
	}
	r, err := result.Load(dir)
	require.NoError(t, err)
	require.Len(t, r.Final(), 14)
	require.Contains(t, strings.Join(r.Manifest.Command, " "), "socketbench run sequential goroutine --seed")

	// Nothing is missing, so that resuming measures nothing.
	before, err := os.ReadFile(filepath.Join(dir, "trials.jsonl"))
	require.NoError(t, err)
	code, _, stderr = command("run", "--resume", dir)
	measured(t, code, stderr)
	after, err := os.ReadFile(filepath.Join(dir, "trials.jsonl"))
	require.NoError(t, err)
	require.Equal(t, string(before), string(after))

	// Take the last trial away: it alone is measured again.
	lines := slices.DeleteFunc(strings.SplitAfter(string(before), "\n"), func(line string) bool { return strings.Contains(line, `"order":13,`) })
	require.NoError(t, os.WriteFile(filepath.Join(dir, "trials.jsonl"), []byte(strings.Join(lines, "")), 0o600))
	code, _, stderr = command("run", "--resume", dir)
	measured(t, code, stderr)
	require.Contains(t, stderr, "1 trial of 14 to measure")
	r, err = result.Load(dir)
	require.NoError(t, err)
	require.Len(t, r.Final(), 14)

	// A directory whose plan is not what its experiment and seed make is refused.
	m := r.Manifest
	m.Seed++
	b, err := json.Marshal(m)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "manifest.json"), b, 0o600))
	code, _, stderr = command("run", "--resume", dir)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "holds another plan")
}

func TestForeignServerIsMeasured(t *testing.T) {
	if underRaceDetector() {
		return // what goes on at the same time in a run is the same in TestRunEndToEnd
	}
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux: who listens on a port is read from /proc")
	}
	python := `python3 -c '
import socket, threading
s = socket.create_server(("127.0.0.1", {port}), backlog=128)
def talk(c):
    while b := c.recv(65536):
        c.sendall(b.upper())
    c.close()
while True:
    threading.Thread(target=talk, args=(s.accept()[0],), daemon=True).start()
'`
	dir := filepath.Join(t.TempDir(), "out")
	code, _, stderr := command("run", python, "goroutine", "--blocks", "1", "--duration", "100ms", "--out", dir)
	measured(t, code, stderr)
	r, err := result.Load(dir)
	require.NoError(t, err)
	for _, trial := range r.Trials {
		require.True(t, trial.Valid || trial.Reasons.Has(reason.Pause), trial.Reasons)
		require.Positive(t, trial.Metrics["served"])
		require.Contains(t, trial.Metrics, "rss_peak")
		_, goroutines := trial.Metrics["goroutines_peak"]
		_, reads := trial.Metrics["reads_per_request"]
		require.Equal(t, trial.Cell.Server() == "goroutine", goroutines)
		require.Equal(t, trial.Cell.Server() == "goroutine" && trial.Metrics["completed"] > 0, reads)
	}
}

func TestPictureOfARun(t *testing.T) {
	d := liveRun{begun: experiments.Started{
		Trial:  plan.Trial{Block: 1},
		Cell:   plan.Cell{ID: result.Cell{"server": "pool", "load.mute": 8}},
		Number: 20, Of: 48, Blocks: 3, Left: 30 * time.Second,
	}, at: time.Now()}
	d.begun.Cell.Load.Connections = 16
	text := strings.Join(d.picture(100), "\n")
	require.Contains(t, text, "block 2 of 3, trial 20 of 48")
	require.Contains(t, text, "pool load.mute=8")
	require.Contains(t, text, "starting")
	d.now.Elapsed, d.now.Completed, d.now.Rate, d.now.Served, d.now.P99 = time.Second, 5, 1234, 9, time.Millisecond
	text = strings.Join(d.picture(100), "\n")
	require.Contains(t, text, "1234/s")
	require.Contains(t, text, "p99 1ms")
	require.Contains(t, text, "9 of 16 served")
	require.NotContains(t, text, "again")
	d.begun.Again = true
	require.Contains(t, strings.Join(d.picture(100), "\n"), "again: block 2 of 3, trial 20 of 48")
	line := trialLine(experiments.Finished{Started: d.begun}, nil)
	require.Contains(t, line, "again: 20/48 block 2/3  pool load.mute=8")
}

func TestTrialsThatAreKept(t *testing.T) {
	many, one := plan.Plan{Trials: make([]plan.Trial, 16)}, plan.Plan{Trials: make([]plan.Trial, 1)}
	run := result.Run{Trials: []result.Trial{{Order: 0, Replaced: true}, {Order: 0, Again: true}}}
	require.Equal(t, "1 of 16 trials is kept", kept(run, many))
	require.Equal(t, "1 of 1 trial is kept", kept(run, one))
	run.Trials = append(run.Trials, result.Trial{Order: 1})
	require.Equal(t, "2 of 16 trials are kept", kept(run, many))
}

// Long names leave room for the figures, and stay apart, in the display too.
func TestLabelsOfADisplay(t *testing.T) {
	long := "python3 upper.py {port} " + strings.Repeat("a", 150)
	servers := []string{long + "1", long + "2", "你好 {port}", "a {port} \x1b", `a {port} \x1b`}
	list := newLabels(servers, 40)
	shown := map[string]bool{}
	for _, server := range servers {
		label := list.cell(result.Cell{"server": server})
		require.LessOrEqual(t, lipgloss.Width(label), 40)
		require.False(t, shown[label], label)
		shown[label] = true
	}
	require.True(t, strings.HasPrefix(list[long+"1"], "python3 upper.py {po…"), list[long+"1"])
	require.True(t, strings.HasSuffix(list[long+"2"], "a2"))
	require.Equal(t, long+"1", newLabels(servers[:2], 0)[long+"1"], "a log has the whole name")
	e := experiments.Finished{Started: experiments.Started{Cell: plan.Cell{ID: result.Cell{"server": long + "2"}}}}
	require.Contains(t, trialLine(e, list), list[long+"2"])
}

// A server that was never measured is no success.
func TestRunOfWhatDoesNotStart(t *testing.T) {
	var out, errs strings.Builder
	code := Main([]string{"run", "no-such-program-anywhere {port}", "--blocks", "1", "--duration", "50ms", "--out", filepath.Join(t.TempDir(), "r")}, nil, &out, &errs)
	require.Equal(t, exitNo, code, errs.String())
	require.Contains(t, errs.String(), "what no-such-program-anywhere {port} carries cannot be measured, because it did not start: ")
	require.Contains(t, errs.String(), "its last words:", "what the shell said")
	require.Contains(t, errs.String(), "not found")
	require.NotContains(t, errs.String(), "generator or the machine")

	// Where nothing is measured before the first block, such a server is a result.
	errs.Reset()
	code = Main([]string{"run", "no-such-program-anywhere {port}", "--set", "load.think=1ms", "--blocks", "1", "--duration", "50ms", "--out", filepath.Join(t.TempDir(), "r")}, nil, &out, &errs)
	require.Equal(t, exitNo, code, errs.String())
	require.Contains(t, errs.String(), "no-such-program-anywhere {port} alone did not start: ")
	require.Contains(t, out.String(), "its last words:", "what the shell said")
	require.Contains(t, out.String(), "not found")
	require.NotContains(t, out.String(), "generator or the machine")
}

// What ended before its time has no share of overhead: what was given up would count as such.
func TestEndOfARun(t *testing.T) {
	e := experiments.Ended{Run: result.Run{Trials: make([]result.Trial, 9)}, Measured: 9, Wall: 4500 * time.Millisecond, Overhead: 0.48}
	e.Decision = "ended by an error"
	require.Equal(t, "9 trials are measured, after 4.5s; ended by an error", endLine(e))
	e.Complete, e.Decision = true, "the plan was carried out to its end"
	require.Equal(t, "9 trials in 4.5s, of which 48 % was neither warm-up nor window; the plan was carried out to its end", endLine(e))
	e.Again = 2
	require.Contains(t, endLine(e), "9 trials and 2 again in 4.5s")
	e.Measured, e.Again = 1, 0
	require.Contains(t, endLine(e), "1 trial more, 9 in all, in 4.5s")
	e.Measured = 0
	require.Equal(t, "nothing left to measure: 9 trials are stored; the plan was carried out to its end", endLine(e))
}
