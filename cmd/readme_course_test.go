package cmd

import (
	"bytes"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/course"
	"socketbench/servers/address"
)

// courseRows are the rows of the README's table of the course, each as the commands in it.
func courseRows(t *testing.T) (rows [][]string) {
	t.Helper()
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, table, ok := strings.Cut(string(text), "| you saw |")
	require.True(t, ok)
	table, _, _ = strings.Cut(table, "\n\n")
	for _, line := range strings.Split(table, "\n")[2:] {
		var row []string
		for _, m := range regexp.MustCompile("`(?:socketbench )?([^`]+)`").FindAllStringSubmatch(line, -1) {
			row = append(row, m[1])
		}
		rows = append(rows, row)
	}
	return rows
}

// Every lesson of the course is a row of the README's table, with the lesson's commands, exercise and test; and no row is
// about something else.
func TestReadmeHasTheCourse(t *testing.T) {
	rows := courseRows(t)
	for _, l := range course.Lessons() {
		wanted := append(slices.Clone(l.Commands), "exercise "+l.Exercise, l.Test)
		require.True(t, slices.ContainsFunc(rows, func(row []string) bool { return containsAll(row, wanted) }), "no row has all of lesson %s: %q", l.Name, wanted)
	}
	require.Len(t, rows, len(course.Lessons()))
}

func containsAll(row, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(w string) bool { return !slices.Contains(row, w) })
}

// The servers that the table starts answer the clients that it starts in the other terminal. The addresses are of the test's
// own; TestReadmeCommands runs what starts no server.
func TestReadmeServersAnswer(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a run without -short, because it transfers a file")
	}
	dir, err := address.Folder()
	require.NoError(t, err)
	defer os.RemoveAll(dir)
	in, out := filepath.Join(dir, "IN"), filepath.Join(dir, "OUT")
	file := bytes.Repeat([]byte("a file of the course\n"), 10_000)
	require.NoError(t, os.WriteFile(in, file, 0o600))
	talks := 0
	for _, row := range courseRows(t) {
		serve, talk := callOf(row, "serve"), callOf(row, "talk")
		require.Equal(t, serve == nil, talk == nil, "a server and its client are in one row: %q", row)
		if serve == nil {
			continue
		}
		t.Run(strings.Join(talk, " "), func(t *testing.T) {
			at := "tcp://127.0.0.1:0"
			if serve[1] == "udp" {
				at = "udp://127.0.0.1:0"
			}
			if i := slices.Index(serve, "--listen"); i >= 0 {
				require.Equal(t, serve[i+1], talk[1], "they meet at one address")
				at, serve = "unix://"+filepath.Join(dir, "s"), serve[:i]
			}
			where, _ := served(t, append(serve[1:], "--listen", at)...)
			talk[1] = where
			for i, word := range talk {
				talk[i] = map[string]string{"IN": in, "OUT": out}[word]
				if talk[i] == "" {
					talk[i] = word
				}
			}
			var stdout, stderr bytes.Buffer
			code := Main(talk, strings.NewReader("hello\n"), &stdout, &stderr)
			require.Equal(t, exitDone, code, stderr.String())
			if !slices.Contains(talk, "--file") {
				require.Contains(t, stdout.String(), "HELLO")
				return
			}
			back, err := os.ReadFile(out)
			require.NoError(t, err)
			require.True(t, bytes.Equal(bytes.ToUpper(file), back))
		})
		talks++
	}
	require.GreaterOrEqual(t, talks, 4)
}

// callOf returns the words of the command in a row that begins with verb; nil if there is none.
func callOf(row []string, verb string) []string {
	for _, call := range row {
		if words := strings.Fields(call); words[0] == verb {
			return words
		}
	}
	return nil
}

// The four commands of the README's section on exercises, one after the other, in a directory of the student's own.
func TestReadmeExercise(t *testing.T) {
	text, err := os.ReadFile("../README.md")
	require.NoError(t, err)
	_, section, ok := strings.Cut(string(text), "### Exercises\n")
	require.True(t, ok)
	section, _, _ = strings.Cut(section, "\n### ")
	needsPython(t)
	mine := filepath.Join(t.TempDir(), "mine.py")
	calls := regexp.MustCompile(`(?m)^\$ socketbench (.*)$`).FindAllStringSubmatch(section, -1)
	require.Len(t, calls, 4)
	for _, call := range calls {
		words := shellWords(call[1])
		last := &words[len(words)-1]
		graded := strings.Contains(*last, "{port}")
		*last = strings.ReplaceAll(*last, "mine.py", mine)
		if graded { // on a busy machine the usual budget may decide too few rules
			words = append(words, "--budget", "1m")
		}
		code, out, errs := command(words...)
		if strings.Contains(call[1], "> mine.py") {
			require.NoError(t, os.WriteFile(mine, []byte(out), 0o600))
		}
		if !graded {
			require.Equal(t, exitDone, code, errs)
			continue
		}
		require.Equal(t, exitNo, code, errs)
		require.Contains(t, out, "Not yet: task 1, second-client.")
	}
}
