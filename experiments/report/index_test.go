package report

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

func judged(r result.Run) (verdict.Analysis, error) { return verdict.Judge(r, registry()) }

// pastRuns makes a directory of whole and damaged runs.
func pastRuns(t *testing.T) string {
	dir := t.TempDir()
	real, err := filepath.Abs("testdata/quick")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(real, filepath.Join(dir, "good")))
	manifest, err := os.ReadFile("testdata/quick/manifest.json")
	require.NoError(t, err)
	trials, err := os.ReadFile("testdata/quick/trials.jsonl")
	require.NoError(t, err)
	for name, files := range map[string][2]string{
		"half":    {`{"schema": 1, "experi`, ""},
		"newer":   {`{"schema": 99}`, ""},
		"nothing": {`{}`, ""},
		"begun":   {string(manifest), ""},
		"torn":    {string(manifest), string(trials) + `{"cell": {"server`},
		"invalid": {string(manifest), strings.ReplaceAll(string(trials), `"valid":true`, `"valid":false`)},
		"bare":    {string(manifest), string(trials)}, // its histograms are gone
		"garbled": {string(manifest), "what is this\n" + string(trials)},
	} {
		require.NoError(t, os.Mkdir(filepath.Join(dir, name), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "manifest.json"), []byte(files[0]), 0o644))
		if files[1] != "" {
			require.NoError(t, os.WriteFile(filepath.Join(dir, name, "trials.jsonl"), []byte(files[1]), 0o644))
		}
	}
	require.NoError(t, os.Symlink(filepath.Join(real, "histograms"), filepath.Join(dir, "torn", "histograms")))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "good.txt"), nil, 0o644))
	require.NoError(t, os.Mkdir(filepath.Join(dir, "something-else"), 0o755))
	return dir
}

func TestIndex(t *testing.T) {
	_, err := List(t.TempDir(), judged)
	require.ErrorContains(t, err, "socketbench run makes some")
	_, err = List(filepath.Join(t.TempDir(), "none"), judged)
	require.ErrorContains(t, err, "socketbench run makes results")

	dir := pastRuns(t)
	require.False(t, IsRun(dir))
	require.True(t, IsRun(filepath.Join(dir, "good")))
	list, err := List(dir, judged)
	require.NoError(t, err)
	bad := map[string]bool{}
	for _, p := range list {
		bad[filepath.Base(p.Dir)] = p.Err != nil
	}
	require.Equal(t, map[string]bool{"good": false, "begun": false, "torn": false, "invalid": false,
		"half": true, "newer": true, "nothing": true, "garbled": false, "bare": false}, bad)
	for _, format := range []string{"text", "md", "html"} {
		var b bytes.Buffer
		require.NoError(t, WriteIndex(format, &b, list, 200, dir))
		for _, says := range []string{"quick", "6 predictions", "newer socketbench", "manifest.json", "Nothing was measured", "trials are invalid", "cut off while it was written", "has lost its histograms", "Line 1 of trials.jsonl cannot be read"} {
			require.Contains(t, b.String(), says, format)
		}
	}
	require.ErrorContains(t, WriteIndex("csv", new(bytes.Buffer), list, 80, dir), "one run's directory")
}

// An index links to existing reports, relative to its own directory.
func TestIndexLinks(t *testing.T) {
	in := quick(t)
	dir := t.TempDir()
	in.Run.Dir = filepath.Join(dir, "a run")
	require.NoError(t, os.Mkdir(in.Run.Dir, 0o755))
	list := []Past{{Dir: in.Run.Dir, Run: in.Run, Analysis: in.Analysis}}
	var b bytes.Buffer
	require.NoError(t, WriteIndex("html", &b, list, 0, dir))
	require.NotContains(t, b.String(), "report.html")
	require.NoError(t, Save(in))
	require.NoError(t, WriteIndex("html", &b, list, 0, dir))
	require.Contains(t, b.String(), `href="a%20run/report.html"`)
	require.NoError(t, WriteIndex("html", &b, list, 0, filepath.Join(dir, "elsewhere")))
	require.Contains(t, b.String(), `href="../a%20run/report.html"`)
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
