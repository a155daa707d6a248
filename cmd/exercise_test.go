package cmd

import (
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/exercise"
)

// marked is what exercise says of a program. On a busy machine the usual budget may decide too few rules.
func marked(t *testing.T, task, program string) (code int, g exercise.Grade) {
	code, out, errs := command("exercise", task, program, "--json", "--budget", "5m")
	require.NotEqual(t, exitUsage, code, errs)
	require.NoError(t, json.Unmarshal([]byte(out), &g), out)
	return code, g
}

// The designs of this program that a course ends with pass every task.
func TestDesignsPassEveryExercise(t *testing.T) {
	for _, task := range exercise.Tasks() {
		design := "goroutine"
		if task.Transport == "udp" {
			design = "udp"
		}
		code, g := marked(t, task.Name, design)
		if underRaceDetector() && code == exitUnsure { // a thousand clients are too many for it, so that one rule is not asked
			require.Contains(t, g.Why, "1 of ")
			require.Contains(t, g.Why, "left out of quick runs")
			continue
		}
		require.Equal(t, exitDone, code, "%s: %v %s %s", task.Name, g.Broken, g.Advice, g.Why)
	}
}

func TestExerciseSays(t *testing.T) {
	code, out, _ := command("exercise")
	require.Equal(t, exitDone, code)
	require.Len(t, strings.Split(strings.TrimSpace(out), "\n"), len(exercise.Tasks()))
	code, out, _ = command("exercise", "silent")
	require.Equal(t, exitDone, code)
	for _, part := range []string{"Task 7, silent", "(many/beside-a-silent-one)", "Hint: ", "socketbench code sequential goroutine", "--skeleton python > mine.py"} {
		require.Contains(t, out, part)
	}
	file := filepath.Join(t.TempDir(), "mine.json")
	code, out, errs := command("exercise", "2", "sequential", "--progress", file, "--student", "Ada", "--budget", "1m")
	require.Equal(t, exitDone, code, out+errs)
	require.Contains(t, out, "Passed: task 2, disconnect. It keeps all 2 rules.\nNext: socketbench exercise 3, reset")
	kept, err := exercise.ReadProgress(file)
	require.NoError(t, err)
	require.Equal(t, 1, kept.Students["Ada"]["disconnect"].Attempts)
	code, out, _ = command("exercise", "at-once", "sequential", "--budget", "1m")
	require.Equal(t, exitNo, code)
	require.Contains(t, out, "It serves one client after another")
	require.Contains(t, out, "breaks: two clients are served at once (many/two).")
}

// Wrong calls are one sentence.
func TestExerciseRefuses(t *testing.T) {
	other := filepath.Join(t.TempDir(), "other")
	require.NoError(t, os.WriteFile(other, []byte("my homework"), 0o644))
	for _, c := range []struct {
		args string
		code int
		says string
	}{
		{"exercise 77", exitUsage, "exercise: no task 77; there are"},
		{"exercise silnt", exitUsage, `did you mean "silent"?`},
		{"exercise --json", exitUsage, "exercise: no task named"},
		{"exercise 1 --json", exitUsage, "exercise: no server named"},
		{"exercise 1 --skeleton fortran", exitUsage, "there is one in python and in go"},
		{"exercise 1 goroutine --skeleton go", exitUsage, "leave the server out"},
		{"exercise 1 goroutine --progress " + other, exitUsage, "holds something else than progress"},
		{"exercise 1 goroutine --progress /no/such/place/class.json", exitUsage, "the progress cannot be kept"},
		{"exercise 1 goroutine --student Ada", exitUsage, "give that file, too"},
		{"exercise 1 mine", exitUsage, "no server"},
		{"exercise 1 udp", exitUsage, "task second-client is about tcp, and udp serves udp"},
		{"exercise datagrams goroutine", exitUsage, "task datagrams is about udp, and goroutine serves tcp"},
		{"exercise clean-stop tcp://127.0.0.1:1", exitUsage, "cannot be told to stop; give the 'COMMAND {port}'"},
		{"exercise 1 tcp://127.0.0.1:1", exitNo, "connection refused; start the server first"},
	} {
		code, out, errs := command(strings.Fields(c.args)...)
		require.Equal(t, c.code, code, c.args)
		require.Empty(t, out, c.args)
		require.Contains(t, errs, c.says, c.args)
		require.Equal(t, 1, strings.Count(strings.TrimSpace(errs), "\n")+1, errs)
	}
	text, err := os.ReadFile(other)
	require.NoError(t, err)
	require.Equal(t, "my homework", string(text))

	code, out, errs := command("exercise", "1", "python3 mine.py")
	require.Equal(t, exitUsage, code)
	require.Empty(t, out)
	require.Contains(t, errs, `"python3 mine.py" has no {port}; say where the port goes`)

	code, out, errs = command("exercise", "pieces", "goroutine", "--budget", "1ms")
	require.Equal(t, exitUnsure, code)
	require.Empty(t, out)
	require.Contains(t, errs, "; --budget 4ms gives more time")

	// A program that is not there or never listens is one sentence, and no rule was asked.
	code, g := marked(t, "1", "no-such-program {port}")
	require.Equal(t, exitNo, code)
	require.True(t, strings.HasPrefix(g.Advice, `The server does not start: command "no-such-program`), g.Advice)
	require.Empty(t, g.Broken)
	code, g = marked(t, "1", "exec sleep 100 # {port}")
	require.Equal(t, exitNo, code)
	require.Contains(t, g.Advice, "did not listen")
	code, out, errs = command("exercise", "1", "no-such-program {port}")
	require.Equal(t, exitNo, code)
	require.Empty(t, errs)
	require.NotContains(t, out, "The first rule")
	_, out, _ = command("exercise", "1", "no-such-program {port}", "--junit")
	require.Contains(t, out, `tests="5" failures="0" skipped="0" errors="5"`)
}

// A grade that cannot be kept is shown, and names that are no UTF-8 stay two names.
func TestAGradeIsShownAndKept(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "class.json")
	for _, student := range []string{"A\xff", "A\xfe"} {
		code, _, errs := command("exercise", "1", "goroutine", "--progress", file, "--student", student, "--budget", "1m")
		require.Equal(t, exitDone, code, errs)
	}
	p, err := exercise.ReadProgress(file)
	require.NoError(t, err)
	require.Equal(t, []string{`A\xfe`, `A\xff`}, slices.Sorted(maps.Keys(p.Students)))
	require.NoError(t, os.WriteFile(file+".new", nil, 0o600)) // left by an attempt that was killed
	code, out, errs := command("exercise", "1", "goroutine", "--progress", file, "--student", "Ada", "--budget", "1m")
	require.Equal(t, exitUsage, code)
	require.Contains(t, out, "Passed: task 1")
	require.Contains(t, errs, "remove that file if none is")
}
