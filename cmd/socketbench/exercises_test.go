//go:build !race

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/semaphore"

	"socketbench/experiments/exercise"
	"socketbench/servers/foreign"
)

// What students hand in is judged by the whole program, in processes of its own. The race detector sees nothing there, so
// that these tests are left out of its runs.

// asProgram is the environment variable that makes this binary the program, and what the program starts as well.
const asProgram = "SOCKETBENCH_TEST_PROGRAM"

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
	}
	os.Setenv(asProgram, "1")
	os.Exit(m.Run())
}

// program runs a command line, and returns what it printed and how it ended: see the exit codes in README.
func program(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, errs bytes.Buffer
	c := exec.Command(os.Args[0], args...)
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); c.ProcessState == nil {
		require.NoError(t, err)
	}
	return c.ProcessState.ExitCode(), out.String(), errs.String()
}

const passed, failed = 0, 1 // exit codes

// marked is what exercise says of a program. On a busy machine the usual budget may decide too few rules.
func marked(t *testing.T, task, server string) (code int, g exercise.Grade) {
	t.Helper()
	code, out, errs := program(t, "exercise", task, server, "--json", "--budget", "5m")
	require.NoError(t, json.Unmarshal([]byte(out), &g), out+errs)
	return code, g
}

// seen is what the rules that an attempt breaks have seen.
func seen(g exercise.Grade) string {
	var b strings.Builder
	for _, r := range g.Report.Results {
		if r.Failure != nil {
			fmt.Fprintf(&b, "\n%s: %v", r.Case, r.Failure)
		}
	}
	return b.String()
}

// Each task is failed by its skeleton, passed by its solution, and each typical mistake gets the sentence that its first
// line expects.
func TestExercises(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a run without -short, because it starts some fifty programs")
	}
	path, err := exec.Command("python3", "-c", "import sys; print(sys.executable)").Output()
	if err != nil {
		t.Skip("needs python3 (Debian: python3)")
	}
	// What is called python3 may be a script that looks for a version first, and packages that are installed are looked for as
	// well: each takes longer than Python does to start.
	python := []string{strings.TrimSpace(string(path)), "-S"}
	room := semaphore.NewWeighted(3) // each is started several times, and most of the time waits
	said := map[string]map[string]bool{}
	const tasks = "../../experiments/exercise/"
	for _, task := range exercise.Tasks() {
		said[task.Name] = map[string]bool{}
		programs, err := filepath.Glob(tasks + "testdata/" + task.Name + "/*.py")
		require.NoError(t, err)
		for _, file := range append(programs, tasks+"_skeletons/"+task.Name+".py") {
			name := strings.TrimSuffix(filepath.Base(file), ".py")
			text, err := os.ReadFile(file)
			require.NoError(t, err)
			wanted, wrong := strings.CutPrefix(string(text), "# says: ")
			wanted, _, _ = strings.Cut(wanted, "\n")
			if wrong {
				said[task.Name][wanted] = true
			}
			t.Run(task.Name+"/"+name, func(t *testing.T) {
				t.Parallel()
				require.NoError(t, room.Acquire(t.Context(), 1))
				defer room.Release(1)
				code, g := marked(t, task.Name, foreign.ShellLine(append(python[:2:2], file)...)+" {port}")
				switch {
				case name == "solution":
					require.Equal(t, passed, code, "%s %v %s %s", g.Why, g.Broken, g.Advice, seen(g))
					require.True(t, g.Passed)
				case wrong:
					require.Equal(t, failed, code)
					require.True(t, strings.HasPrefix(g.Advice, wanted), "%s\n%v %s", g.Advice, g.Broken, seen(g))
				default:
					require.Equal(t, failed, code)
					require.NotEmpty(t, g.Advice)
				}
			})
		}
		require.GreaterOrEqual(t, len(said[task.Name]), 3, "%s has three typical mistakes", task.Name)
	}
}

// The skeletons in Go can be built, and fail.
func TestExerciseSkeletonsInGo(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a run without -short, because it builds a program for every task")
	}
	room := semaphore.NewWeighted(2)
	for _, task := range exercise.Tasks() {
		t.Run(task.Name, func(t *testing.T) {
			t.Parallel()
			require.NoError(t, room.Acquire(t.Context(), 1))
			defer room.Release(1)
			code, text, errs := program(t, "exercise", task.Name, "--skeleton", "go")
			require.Equal(t, passed, code, errs)
			source, binary := filepath.Join(t.TempDir(), "mine.go"), filepath.Join(t.TempDir(), "mine")
			require.NoError(t, os.WriteFile(source, []byte(text), 0o644))
			said, err := exec.Command("go", "build", "-o", binary, source).CombinedOutput()
			require.NoError(t, err, string(said))
			code, g := marked(t, task.Name, binary+" {port}")
			require.Equal(t, failed, code)
			require.NotEmpty(t, g.Advice)
		})
	}
}
