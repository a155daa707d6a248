package exercise

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
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
	require.EqualError(t, err, "exercise: no task 0; there are 12 (socketbench exercise)")
	_, err = Find("sticky-line")
	require.EqualError(t, err, `exercise: no task "sticky-line"; did you mean "sticky-lines"? (socketbench exercise)`)
	_, err = first.Skeleton("cobol")
	require.EqualError(t, err, `exercise: no program in "cobol" to begin with; there is one in python and in go`)
}

func TestProgress(t *testing.T) {
	file := filepath.Join(t.TempDir(), "class.json")
	require.NoError(t, CanKeep(file))
	require.NoFileExists(t, file)
	require.NoError(t, Keep(file, "Ada", Grade{Task: "silent", Advice: "look here"}))
	require.NoError(t, Keep(file, "Ada", Grade{Task: "silent", Passed: true}))
	require.NoError(t, Keep(file, "Ada", Grade{Task: "silent", Advice: "and here"}))
	var class sync.WaitGroup
	for i := range 20 { // all at once
		class.Go(func() {
			assert.NoError(t, Keep(file, fmt.Sprintf("student %d", i), Grade{Task: "reset", Passed: true}))
		})
	}
	class.Wait()
	p, err := ReadProgress(file)
	require.NoError(t, err)
	require.Equal(t, 3, p.Students["Ada"]["silent"].Attempts)
	require.Equal(t, "and here", p.Students["Ada"]["silent"].Last)
	require.False(t, p.Students["Ada"]["silent"].Passed.IsZero(), "who has passed once has passed")
	require.Len(t, p.Students, 21)

	left, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, left, 1, "nothing is left beside the file")
}

// A file that is something else stays what it is, and one that cannot be written is known before an attempt is graded.
func TestProgressIsRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "mine.json")
	for _, text := range []string{`{"name": "something else"}`, "not JSON", `{"format": "socketbench exercises 1"}`} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
		want := "exercise: " + file + " holds something else than progress; name another file with --progress"
		require.EqualError(t, CanKeep(file), want)
		require.ErrorContains(t, Keep(file, "Ada", Grade{Task: "silent"}), "holds something else")
		kept, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, text, string(kept))
		require.NoFileExists(t, file+".new")
	}
	require.ErrorContains(t, CanKeep(filepath.Join(t.TempDir(), "nowhere", "file")), "cannot be kept")
	require.ErrorContains(t, CanKeep(t.TempDir()), "cannot be read")
}

// An empty file, or one that an editor has put a mark before, is read; one that is cut off is named as what it is.
func TestProgressOfOtherTools(t *testing.T) {
	file := filepath.Join(t.TempDir(), "class.json")
	require.NoError(t, os.WriteFile(file, nil, 0o644))
	require.NoError(t, Keep(file, "Ada", Grade{Task: "silent", Passed: true}))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(file, append([]byte("\xef\xbb\xbf"), text...), 0o644))
	require.NoError(t, Keep(file, "Ada", Grade{Task: "silent"}))
	p, err := ReadProgress(file)
	require.NoError(t, err)
	require.Equal(t, 2, p.Students["Ada"]["silent"].Attempts)
	half := text[:len(text)-10]
	require.NoError(t, os.WriteFile(file, half, 0o644))
	require.ErrorContains(t, CanKeep(file), "class.json is cut off or was edited")
	kept, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Equal(t, string(half), string(kept))
}
