package exercise

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/course"
	"socketbench/servers"
	"socketbench/servers/foreign"
	"socketbench/servers/servertest"
)

// Every task has all of its parts, and each of them exists.
func TestEveryTaskIsWhole(t *testing.T) {
	var rules []string
	for _, c := range servertest.Cases() {
		rules = append(rules, c.Name)
	}
	registry := slices.Concat(servers.All(), foreign.Entries())
	for i, task := range Tasks() {
		t.Run(task.Name, func(t *testing.T) {
			require.Equal(t, i+1, task.Number)
			require.NotEmpty(t, task.Task)
			require.NotEmpty(t, task.Hint)
			require.Subset(t, rules, task.Rules)
			require.Len(t, task.Read, 2)
			for _, name := range task.Read {
				_, err := registry.Lookup(name)
				require.NoError(t, err)
			}
			sentences := map[string]bool{}
			for _, m := range task.Mistakes {
				sentences[m.Says] = true
				if m.Rule != "" {
					require.Contains(t, task.Rules, m.Rule)
				}
			}
			require.GreaterOrEqual(t, len(sentences), 3)
			for _, language := range Languages {
				text, err := task.Skeleton(language)
				require.NoError(t, err)
				require.Contains(t, text, task.Name)
			}
		})
	}
}

// The exercises of the course's lessons are tasks of the ladder.
func TestLessonsNameTasks(t *testing.T) {
	for _, l := range course.Lessons() {
		if l.Exercise != "" {
			_, err := Find(l.Exercise)
			require.NoError(t, err, l.Name)
		}
	}
}

func TestFind(t *testing.T) {
	first, err := Find("1")
	require.NoError(t, err)
	require.Equal(t, "second-client", first.Name)
	_, err = Find("0")
	require.EqualError(t, err, "exercise: no task 0; there are 11 (socketbench exercise)")
	_, err = Find("sticky-line")
	require.EqualError(t, err, `exercise: no task "sticky-line"; did you mean "sticky-lines"? (socketbench exercise)`)
	_, err = first.Skeleton("cobol")
	require.EqualError(t, err, `exercise: no program in "cobol" to begin with; there is one in python and in go`)
}

func TestProgress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.json")
	p, err := ReadProgress(file)
	require.NoError(t, err)
	p.Note(Grade{Task: "silent", Advice: "look here"})
	p.Note(Grade{Task: "silent", Passed: true})
	p.Note(Grade{Task: "silent", Advice: "and here"})
	require.NoError(t, p.Write(file))
	again, err := ReadProgress(file)
	require.NoError(t, err)
	require.Equal(t, 3, again.Tasks["silent"].Attempts)
	require.False(t, again.Tasks["silent"].Passed.IsZero(), "who has passed once has passed")

	for _, text := range []string{`{"name": "something else"}`, "not JSON"} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		_, err = ReadProgress(file)
		require.EqualError(t, err, "exercise: "+file+" holds something else than progress; name another file with --progress")
	}
	require.ErrorContains(t, p.Write(filepath.Join(file, "below")), "cannot be kept")
}
