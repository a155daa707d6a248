package cmd

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/catalog"
	"socketbench/experiments/result"
	"socketbench/experiments/scenes"
	"socketbench/servers"
)

// A name that a command would take for something else is refused before anything starts.
func TestEntriesOfAnAuthorAreNamed(t *testing.T) {
	made := func(servers.Config) servers.Server { return nil }
	for name, why := range map[string]string{"goroutine": "a server of this name", "": "begins with a letter", "all": "every server",
		"x{port}": "letters, digits", "a b": "letters, digits", "tcp://x": "letters, digits", "-x": "begins with", "a\x1b[31m": "letters, digits",
		catalog.Names()[0]: "an experiment of this name", scenes.Names()[0]: "a scene of this name"} {
		var out, errs bytes.Buffer
		require.Equal(t, exitUsage, Main([]string{"list", "servers"}, nil, &out, &errs, servers.Entry{Name: name, New: made}), name)
		require.Contains(t, errs.String(), why, name)
		require.Equal(t, 1, strings.Count(errs.String(), "\n"), errs.String())
		require.NotContains(t, errs.String(), "\x1b")
		require.Empty(t, out.String())
	}
	var out, errs bytes.Buffer
	require.Equal(t, exitUsage, Main([]string{"list"}, nil, &out, &errs, servers.Entry{Name: "mine", New: made}, servers.Entry{Name: "mine", New: made}))
	require.Equal(t, exitUsage, Main([]string{"list"}, nil, &out, &errs, servers.Entry{Name: "mine"}))
	require.Contains(t, errs.String(), "New is nil")
	require.Equal(t, exitDone, Main([]string{"list", "servers"}, nil, &out, &errs, servers.Entry{Name: "mine", New: made}), errs.String())
}

// A name that a command would not be found by is refused in one line, before anything starts.
func TestNamesOfCommandsAreRefused(t *testing.T) {
	for _, c := range []struct{ args, want string }{
		{"run goroutine --name goroutine=./x_{port}", "there is a server of this name; choose another name"},
		{"run --name latency=./x_{port}", "there is an experiment of this name"},
		{"watch --name silent=./x_{port}", "there is a scene of this name"},
		{"check --name all=./x_{port} all", "all means every server"},
		{"run --name a{b}=./x_{port}", "letters, digits"},
		{"run --name =./x_{port}", "letters, digits"},
		{"run --name a.yaml=./x_{port}", "is a file"},
		{"run --name ./x_{port}", "write NAME='COMMAND {port}'"},
		{"run --name mine=./x mine", `"./x" has no {port}`},
		{"run --name mine=a{port} --name mine=b{port} mine", "mine is given twice, first as 'a{port}'"},
		{"run goroutine --name mine=./x_{port}", "run: --name: no server of this call is called mine; add mine to the call, or leave the name out"},
		{"watch silent goroutine --name mine=./x_{port}", "watch: --name: no server of this call is called mine"},
		{"check goroutine --name mine=./x_{port}", "check: --name: no server of this call is called mine"},
		{"run mien --name mine=./x_{port}", `did you mean "mine"?`},
		{"run --servers mien --name mine=./x_{port}", `did you mean "mine"?`},
		{"check mien --name mine=./x_{port}", "no server of this call is called mine"},
		{"watch mien --name mine=./x_{port}", `did you mean "mine"?`},
		{"run --resume x --name mine=./x_{port}", "leave the rest out"},
		{"check python-loop --framing line", "check: python-loop cannot be told framing: line"},
		{"check python-struct --framing line", `check: "python-struct" speaks only the framing length; leave --framing out`},
		{"watch five-clients mine --name mine=./x_{port}", "the command is not told wait: 300ms; put {wait} in it"},
	} {
		code, stdout, stderr := command(strings.Fields(c.args)...)
		require.Equal(t, exitUsage, code, c.args+stderr)
		require.Empty(t, stdout)
		require.Contains(t, stderr, c.want, c.args)
		require.Equal(t, 1, strings.Count(stderr, "\n"), stderr)
	}
}

// upperCommand is a command that runs a server of this test binary.
func upperCommand(t *testing.T, design string) string {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	return "exec " + self + " serve " + design + " --listen tcp://127.0.0.1:{port}"
}

const namedFile = `
name: mine
question: Is a name as good as its command?
servers: [goroutine, old, new]
commands: {old: "exec false {port}"}
baseline: old
placement: shared
load: {connections: 2, think: 1ms, warmup: 10ms, duration: 100ms}
blocks: 2
predict:
  - {claim: The new one answers., metric: answered, of: {server: new}, expect: "> 50%"}
`

// A name goes through the whole job: file and flag, the trials, every format, a resume and a comparison.
func TestNamedCommandsAreMeasured(t *testing.T) {
	if underRaceDetector() {
		return // what goes on at the same time in a run is the same in TestRunEndToEnd
	}
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux: who listens on a port is read from /proc")
	}
	dir := t.TempDir()
	file := filepath.Join(dir, "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte(namedFile), 0o600))
	before, after, changed := filepath.Join(dir, "before"), filepath.Join(dir, "after"), upperCommand(t, "pool")
	given := []string{"--name", "old=" + upperCommand(t, "goroutine"), "--name", "new=" + upperCommand(t, "goroutine")}

	code, stdout, stderr := command(append([]string{"run", file, "--dry-run"}, given...)...)
	require.Equal(t, exitDone, code, stderr)
	require.Regexp(t, `(?m)^  new +exec .* serve goroutine `, stdout)
	require.Contains(t, stderr, "mine: old is run by the command of --name, and not by 'exec false {port}'")

	code, stdout, stderr = command(append([]string{"run", file, "--out", before}, given...)...)
	require.NotEqual(t, exitUsage, code, stderr)
	require.Contains(t, strings.Join(strings.Fields(stdout), " "), "new is run by 'exec ", "the table's legend")
	run, err := result.Load(before)
	require.NoError(t, err)
	require.Len(t, run.Final(), 8)
	for _, trial := range run.Trials {
		require.Contains(t, []string{"goroutine", "old", "new"}, trial.Cell.Server())
		require.Positive(t, trial.Metrics["completed"], "%+v", trial)
	}
	require.Equal(t, []string{"socketbench", "run", file, "--name", "new=" + upperCommand(t, "goroutine")}, run.Manifest.Command[:5], "it can be repeated")
	for name, want := range map[string]string{
		"results.csv": "\nmine,new,exec ", "bench.txt": "\n# new is run by 'exec ", "report.md": "new is run by 'exec ", "report.html": "new is run by &#39;exec ",
	} {
		text, err := os.ReadFile(filepath.Join(before, name))
		require.NoError(t, err)
		require.Contains(t, string(text), want, name)
	}
	_, stdout, _ = command("report", before, "--format", "json")
	var report struct{ Commands map[string]string }
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	require.Equal(t, map[string]string{"old": upperCommand(t, "goroutine"), "new": upperCommand(t, "goroutine")}, report.Commands)

	code, _, stderr = command("run", "--resume", before)
	require.NotEqual(t, exitUsage, code, stderr)
	require.Contains(t, stderr, "nothing left to measure: 8 trials are stored")
	require.NoError(t, os.Truncate(filepath.Join(before, "trials.jsonl"), 0))
	code, _, stderr = command("run", "--resume", before)
	require.NotEqual(t, exitUsage, code, stderr)
	require.Contains(t, stderr, "mine: 8 trials, about", "a resume knows the commands")

	given[3] = "new=" + changed
	code, _, stderr = command(append([]string{"run", file, "--servers", "goroutine,new", "--out", after}, given[2:]...)...)
	require.NotEqual(t, exitUsage, code, stderr)
	code, stdout, stderr = command("compare", before, after)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "warning: the command of new differs: 'exec ")
	require.NotContains(t, stdout, "the command of goroutine")
}

func TestNamedCommandsAreCheckedAndWatched(t *testing.T) {
	t.Parallel()
	named := "mine=" + upperCommand(t, "goroutine")
	code, stdout, stderr := command("check", "mine", "--name", named, "--only", "^bytes/hello$")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, "mine keeps 1 of the 1 rules")
	require.Contains(t, stdout, "mine is run by 'exec ")
	_, stdout, _ = command("check", "mine", "--name", named, "--only", "^bytes/hello$", "--json")
	var report struct{ Name, Command string }
	require.NoError(t, json.Unmarshal([]byte(stdout), &report))
	require.Equal(t, "mine", report.Name)
	require.Equal(t, upperCommand(t, "goroutine"), report.Command)
	_, stdout, _ = command("check", "mine", "--name", named, "--only", "^bytes/hello$", "--junit")
	require.Contains(t, stdout, `name="socketbench check mine; it is run by `)

	code, stdout, stderr = command("watch", "silent", "goroutine", "--name", named, "mine")
	require.Equal(t, exitDone, code, stderr)
	require.Regexp(t, `(?m)^mine .*exec `, stdout, "the panel's title, and the command beside it")
	require.Contains(t, stdout, "mine: answered ")
	code, stdout, stderr = command("watch", "mine", "--name", named, "--json")
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, `"server":"mine","command":"exec `)
}

// What --print writes is the experiment as every flag has changed it, names of commands too.
func TestAPrintedFileHasTheNamesOfTheCall(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.yaml")
	require.NoError(t, os.WriteFile(file, []byte(namedFile), 0o600))
	given := []string{"run", file, "--print", "--name", "new=./new {port}"}
	code, stdout, stderr := command(given...)
	require.Equal(t, exitDone, code, stderr)
	require.Contains(t, stdout, `commands: {new: "./new {port}", old: "exec false {port}"}`)
	printed := filepath.Join(t.TempDir(), "printed.yaml")
	require.NoError(t, os.WriteFile(printed, []byte(stdout), 0o600))
	code, again, stderr := command("run", printed, "--print")
	require.Equal(t, exitDone, code, stderr)
	require.Equal(t, stdout, again)
	code, stdout, _ = command(append(given, "--blocks", "5")...)
	require.Equal(t, exitDone, code)
	require.Contains(t, stdout, "\nblocks: 5\n")
}
