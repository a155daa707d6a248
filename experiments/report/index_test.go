package report

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

func judged(r result.Run) (verdict.Analysis, error) { return verdict.Judge(r, registry()) }

func TestIndex(t *testing.T) {
	dir := t.TempDir()
	_, err := List(dir, judged)
	require.ErrorContains(t, err, "socketbench run makes some")
	_, err = List(filepath.Join(dir, "none"), judged)
	require.ErrorContains(t, err, "socketbench run makes results")

	real, err := filepath.Abs("testdata/quick")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(real, filepath.Join(dir, "good")))
	for name, manifest := range map[string]string{"half": `{"schema": 1, "experi`, "newer": `{"schema": 99}`} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "manifest.json"), []byte(manifest), 0o644))
	}
	require.NoError(t, os.Mkdir(filepath.Join(dir, "something-else"), 0o755))
	require.False(t, IsRun(dir))
	require.True(t, IsRun(filepath.Join(dir, "good")))

	list, err := List(dir, judged)
	require.NoError(t, err)
	require.Len(t, list, 3)
	require.NoError(t, list[0].Err, "the newest first")
	require.Error(t, list[1].Err)
	require.Error(t, list[2].Err)
	for _, format := range []string{"text", "md"} {
		var b bytes.Buffer
		require.NoError(t, WriteIndex(format, &b, list, 80))
		for _, says := range []string{"quick", "6 predictions", "newer socketbench", "manifest.json"} {
			require.Contains(t, b.String(), says)
		}
	}
	require.ErrorContains(t, WriteIndex("csv", new(bytes.Buffer), list, 80), "one run's directory")
}

func TestSave(t *testing.T) {
	in := quick(t)
	in.Run.Dir = t.TempDir()
	require.NoError(t, Save(in))
	for _, f := range Formats {
		if f.File != "" {
			info, err := os.Stat(filepath.Join(in.Run.Dir, f.File))
			require.NoError(t, err)
			require.Positive(t, info.Size())
		}
	}
	left, err := filepath.Glob(filepath.Join(in.Run.Dir, "*.*.*"))
	require.NoError(t, err)
	require.Empty(t, left, "no half-written file stays")
	in.Run.Dir = filepath.Join(in.Run.Dir, "gone")
	require.ErrorContains(t, Save(in), "-o FILE")
}
