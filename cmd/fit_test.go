package cmd

import (
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/reason"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// What is wrong with a call of fit is said in one line that names the flag which the user typed.
func TestFitNamesItsOwnFlags(t *testing.T) {
	t.Chdir(t.TempDir())
	for _, c := range []struct{ args, want string }{
		{"", "--rate 1k --p99 200ms"},
		{"--rate 1k --p99 200", "--p99 200: "},
		{"--rate 1k --p99 9ms_where_server=epoll", "a value stands alone"},
		{"--rate 1k --p99 0ms", "nothing can meet it"},
		{"--rate 1k --p99 1ms --memory 1GB", "--memory 1GB: "},
		{"--rate 0 --p99 1ms", "--rate 0: "},
		{"--rate 1x --p99 1ms", "--rate 1x: "},
		{"--rate 1k --p99 1ms --idle many", "--idle many: "},
		{"--rate 1k --p99 1ms --active 0", "--active 0: "},
		{"--rate 1k --p99 1ms --size 64KiB --backend wait=1ms", "--size 64KiB: "},
		{"--rate 1k --p99 1ms --backend slots=20", "--backend slots=20: say how long"},
		{"--rate 1k --p99 1ms --backend slots=20,wait=10", "--backend slots=20,wait=10: "},
		{"--rate 1k --p99 1ms --backend slots=2,slots=3,wait=1ms", "slots stands twice"},
		{"--rate 1k --p99 1ms --backend threads=2", "write slots=20,wait=10ms"},
		{"--rate 1k --p99 1ms --duration 1", "--duration 1: "},
		{"--rate 1k --p99 1ms latency", "fit takes servers"},
		{"--rate 1k --p99 1ms gorutine", `did you mean "goroutine"?`},
	} {
		words := strings.Fields(c.args)
		for i := range words {
			words[i] = strings.ReplaceAll(words[i], "_", " ")
		}
		code, stdout, stderr := command(append([]string{"fit"}, words...)...)
		require.Equal(t, exitUsage, code, c.args)
		require.Empty(t, stdout, c.args)
		require.Contains(t, stderr, c.want, c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
		require.NotContains(t, stderr, "--set", c.args)
	}
	left, err := os.ReadDir(".")
	require.NoError(t, err)
	require.Empty(t, left)
}

// Without servers fit asks a design of each family, and none that could not hold the load while another of its family can.
func TestFitAsksADesignOfEachFamily(t *testing.T) {
	a := &app{registry: servers.All()}
	seen := map[string]bool{}
	list, cannot := a.oneOfEachFamily(100, true)
	for _, name := range list {
		e, err := a.lookup(name)
		require.NoError(t, err)
		require.False(t, seen[e.Family], e.Family)
		seen[e.Family] = true
	}
	require.Contains(t, list, "goroutine")
	require.True(t, seen["pools"] && seen["blocking"])
	require.Empty(t, cannot)

	const crowd = 20_000 // more than any design of the family blocking serves
	list, cannot = a.oneOfEachFamily(crowd, true)
	require.Len(t, cannot, 1)
	require.Equal(t, "blocking", cannot[0].Family)
	require.NotContains(t, list, cannot[0].Name)
	_, _, stderr := command("fit", "--idle", "20k", "--rate", "1k", "--p99", "1s", "--dry-run")
	require.Contains(t, stderr, cannot[0].Name+" is left out, because it serves ")
	_, _, stderr = command("fit", "--idle", "20k", "--rate", "1k", "--p99", "1s", "--dry-run", cannot[0].Name)
	require.NotContains(t, stderr, "is left out")
}

// A run of fit, however short, ends in an answer that speaks of every design, and keeps what repeats it.
func TestFitAnswers(t *testing.T) {
	var dir, stdout, stderr string
	var code int
	const unfit = "trials are invalid" // where others use both CPUs, the generator may have no turn in any of these short windows
	for range 3 {
		dir = filepath.Join(t.TempDir(), "r")
		code, stdout, stderr = command("fit", "--active", "2", "--rate", "100", "--backend", "slots=20,wait=1ms", "--p99", "10s", "--memory", "8GiB",
			"--blocks", "2", "--duration", "100ms", "--seed", "7", "--out", dir, "goroutine", "epoll")
		if !strings.Contains(stdout, unfit) {
			break
		}
	}
	require.Contains(t, []int{exitDone, exitNo}, code, stderr) // on a busy machine a server may have no valid trial
	require.Contains(t, stderr, "The backend carries 20,000/s: 20 slots of 1ms each. 100/s need 0.1 of them on average.")
	for _, want := range []string{"goroutine", "epoll", "latency.p99", "rss_peak", "the whole report: socketbench report "} {
		require.Contains(t, stdout, want)
	}
	if strings.Contains(stdout, unfit) {
		require.Contains(t, stdout, "It cannot be told whether goroutine and epoll would.")
	} else {
		require.Contains(t, stdout, "runs short of first")
		require.Regexp(t, "meets? all", stdout)
	}
	run, err := result.Load(dir)
	require.NoError(t, err)
	line := strings.Join(run.Manifest.Command, " ")
	require.True(t, strings.HasPrefix(line, "socketbench fit --active 2 "), line)
	require.True(t, strings.HasSuffix(line, " goroutine epoll --seed 7"), line)
}

// What fit prints is an experiment file with the numbers and the requirements.
func TestFitPrintsItsExperiment(t *testing.T) {
	code, stdout, stderr := command("fit", "--idle", "2k", "--rate", "1k", "--p99", "200ms", "--backend", "slots=20,wait=10ms", "--print")
	require.Equal(t, exitDone, code, stderr)
	e, err := spec.Parse("fit.yaml", []byte(stdout), servers.All())
	require.NoError(t, err)
	require.Equal(t, []string{"latency.p99 < 200ms", "unserved == 0", "answered >= 99%"}, e.Require)
	require.Equal(t, 2000, e.Load.Idle)
	require.Equal(t, 20, e.Config.Protocol.Work.Slots)
	require.Empty(t, e.Predict, "they are about other numbers")
}

// A crowd that does not fit here is cut down, and the answer says that it is about the smaller one.
func TestFitSaysThatTheCrowdWasCutDown(t *testing.T) {
	var out strings.Builder
	a := &app{stdout: &out, stderr: io.Discard, registry: servers.All()}
	dir := filepath.Join(t.TempDir(), "r")
	code, _, stderr := command("fit", "--active", "1", "--rate", "50", "--p99", "10s", "--blocks", "1", "--duration", "50ms", "--out", dir, "goroutine")
	require.Contains(t, []int{exitDone, exitNo}, code, stderr)
	run, err := result.Load(dir)
	require.NoError(t, err)
	analysis, err := verdict.Judge(run)
	require.NoError(t, err)
	require.NoError(t, a.answer(run, analysis, []string{"9 idle clients instead of 50,000"}))
	require.Contains(t, out.String(), "This is the answer for 9 idle clients instead of 50,000.")
}

// A design of this project that cannot be measured is part of the answer; the exit code is about servers of the user's own.
func TestFitFailsForServersOfTheUsersOwn(t *testing.T) {
	invalid := func(server string) result.Trial {
		return result.Trial{Cell: result.Cell{"server": server}, Reasons: reason.List{{Text: "the generator was late"}}}
	}
	analysis := verdict.Analysis{Experiment: spec.Experiment{Servers: []string{"goroutine", "mine"}, Commands: spec.Commands{"mine": "./mine {port}"}}}
	a := &app{registry: servers.All()}
	for _, c := range []struct {
		server string
		fails  bool
	}{{"goroutine", false}, {"mine", true}} {
		run := result.Run{Manifest: result.Manifest{Command: []string{"socketbench", "fit"}}, Trials: []result.Trial{invalid(c.server)}}
		fault := verdict.Fault{Cell: result.Cell{"server": c.server}, Blocks: []int{0}, Kind: "died", What: "died"}
		for _, faults := range [][]verdict.Fault{nil, {fault}} {
			analysis.Faults = faults
			require.Equal(t, c.fails, a.outcome(run, analysis, runFlags{}) != nil, c.server)
			run.Manifest.Command[1] = "run"
			require.Error(t, a.outcome(run, analysis, runFlags{}))
			run.Manifest.Command[1] = "fit"
		}
	}
}

// A call of fit that is continued ends in the short answer; a directory that exists is said in the words of fit.
func TestFitIsContinued(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	call := []string{"fit", "--active", "1", "--rate", "50", "--p99", "10s", "--blocks", "1", "--duration", "50ms", "--out", dir, "goroutine"}
	code, first, stderr := command(call...)
	require.Contains(t, []int{exitDone, exitNo}, code, stderr)
	code, _, stderr = command(call...)
	require.Equal(t, exitUsage, code)
	require.Equal(t, "fit: "+dir+" exists already; choose another with --out, or continue it with socketbench run --resume "+dir+"\n", stderr)
	_, again, _ := command("run", "--resume", dir)
	require.Equal(t, first, again)
}

// Where smaller crowds are measured in the first blocks alone, a plan says how many trials the others have.
func TestADryRunSaysThatBlocksDiffer(t *testing.T) {
	file := filepath.Join(t.TempDir(), "crowds.yaml")
	require.NoError(t, os.WriteFile(file, []byte(`name: crowds
question: How much memory does a crowd take?
servers: [goroutine]
vary: {load.idle: [100, 200, 400]}
load: {rate: 100}
blocks: 2
require: ['rss_peak < 1GiB']
extrapolate_idle: 5000
extrapolate_blocks: 1
`), 0o600))
	_, stdout, stderr := command("run", file, "--dry-run")
	require.Contains(t, stdout, "3 cells, 2 blocks of 2 to 4 trials", stderr)
}
