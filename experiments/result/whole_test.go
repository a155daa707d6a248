package result

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWholeIsReadBack(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "new", "dir")
	require.False(t, IsWhole(dir))
	_, err := LoadWhole(dir)
	require.ErrorContains(t, err, "has no run.json")

	w := Whole{Schema: Schema, Command: []string{"socketbench", "run", "all"}, Seed: 1<<63 + 1, Profiles: []string{"cpu"},
		Parts: []Part{{Dir: "a", Experiment: "a", Question: "What?", Spec: "name: a\n"}, {Dir: "a-2", Experiment: "a", Spec: "name: a\n"}}}
	require.NoError(t, CreateWhole(dir, w))
	require.True(t, IsWhole(dir))
	got, err := LoadWhole(dir)
	require.NoError(t, err)
	require.Equal(t, w, got)
	require.ErrorContains(t, CreateWhole(dir, w), "continue it with --resume")

	held, err := LockWhole(dir)
	require.NoError(t, err)
	_, err = LockWhole(dir)
	require.ErrorContains(t, err, "another process measures into")
	_, err = LoadWhole(dir)
	require.NoError(t, err, "who only reads is not kept out")
	require.NoError(t, held.Close())
	held, err = LockWhole(dir)
	require.NoError(t, err)
	require.NoError(t, held.Close())
}

// Directories elsewhere, or one for two experiments, would mix results.
func TestWholeRefuses(t *testing.T) {
	for text, want := range map[string]string{
		`{"schema": 1, "experiments": [{"dir": "../a"}]}`:            `"../a" is no directory of its own`,
		`{"schema": 1, "experiments": [{"dir": "."}]}`:               `"." is no directory of its own`,
		`{"schema": 1, "experiments": [{"dir": "a"}, {"dir": "a"}]}`: `"a" is no directory of its own`,
		`{"schema": 1}`:   "names no experiment, so that it is of another program",
		`{"schema": 99}`:  "newer socketbench",
		`{"sch`:           "run.json is cut off, so that nobody knows which experiments are missing; --resume continues each directory",
		"\x00\x00":        "is empty",
		`[1]`:             "is of another program",
		`{"schema": "1"}`: "cannot be read (a string stands in schema)",
	} {
		dir := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(dir, wholeFile), []byte(text), 0o600))
		_, err := LoadWhole(dir)
		require.ErrorContains(t, err, want)
	}
}
