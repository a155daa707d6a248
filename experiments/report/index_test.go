package report

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

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
	_, err := List(t.TempDir())
	require.ErrorContains(t, err, "socketbench run makes some")
	_, err = List(filepath.Join(t.TempDir(), "none"))
	require.ErrorContains(t, err, "socketbench run makes results")
	file := filepath.Join(t.TempDir(), "manifest.json")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = List(file)
	require.ErrorContains(t, err, "is a file; give the directory of a run, such as "+filepath.Dir(file))

	dir := pastRuns(t)
	require.False(t, IsRun(dir))
	require.True(t, IsRun(filepath.Join(dir, "good")))
	list, err := List(dir)
	require.NoError(t, err)
	bad := map[string]bool{}
	for _, p := range list.Runs {
		bad[filepath.Base(p.Dir)] = p.Err != nil
	}
	require.Equal(t, map[string]bool{"good": false, "begun": false, "torn": false, "invalid": false,
		"half": true, "newer": true, "nothing": true, "garbled": false, "bare": false}, bad)
	for _, format := range []string{"text", "md", "html"} {
		var b bytes.Buffer
		require.NoError(t, WriteIndex(format, &b, list, 200, nil, dir))
		for _, says := range []string{"quick", "24 predictions: ", "newer socketbench", "manifest.json", "none of its trials is in trials.jsonl any more", "trials are invalid", "cut off while it was written", "has lost its histograms", "Line 1 of trials.jsonl cannot be read"} {
			require.Contains(t, b.String(), says, format)
		}
	}
	require.ErrorContains(t, WriteIndex("csv", new(bytes.Buffer), list, 80, nil, dir), "one run's directory")
}

// An index links to existing reports, relative to its own directory.
func TestIndexLinks(t *testing.T) {
	in := quick(t)
	dir := t.TempDir()
	in.Run.Dir = filepath.Join(dir, "a run")
	require.NoError(t, os.Mkdir(in.Run.Dir, 0o755))
	list := Index{Runs: []Past{{Dir: in.Run.Dir, Run: in.Run, Analysis: in.Analysis}}}
	var b bytes.Buffer
	require.NoError(t, WriteIndex("html", &b, list, 0, nil, dir))
	require.NotContains(t, b.String(), "report.html")
	require.NoError(t, Save(in))
	require.NoError(t, WriteIndex("html", &b, list, 0, nil, dir))
	require.Contains(t, b.String(), `href="a%20run/report.html"`)
	require.NoError(t, WriteIndex("html", &b, list, 0, nil, filepath.Join(dir, "elsewhere")))
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

// The one page of several experiments has them in the order of the command, with those that are missing. What was
// refuted comes first.
func TestIndexOfOneCommand(t *testing.T) {
	dir := t.TempDir()
	real, err := filepath.Abs("testdata/quick")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(real, filepath.Join(dir, "quick")))
	require.NoError(t, result.CreateWhole(dir, result.Whole{Parts: []result.Part{
		{Dir: "latency", Experiment: "latency", Question: "How late?"}, {Dir: "quick", Experiment: "quick"}, {Dir: "churn", Experiment: "churn"}}}))
	x, err := List(dir)
	require.NoError(t, err)
	require.True(t, x.Whole)
	x.Runs[1].Analysis.Predictions[3].Word = verdict.Refuted
	x.Runs[1].Run.Manifest.Unasked = []result.Unasked{{Why: "pool refuses"}, {Why: "pool refuses"}}
	x.Runs[2].Err = errors.New("the baseline answers nobody")
	p := newIndexPage(x, dir)
	require.Equal(t, "3 experiments of one run", p.Head)
	require.Contains(t, strings.Join(p.Tally, " "), "1 of 3 were measured to the end, 2 not begun.")
	require.Contains(t, strings.Join(p.Tally, " "), "socketbench run --resume "+dir+" continues")
	x.Runs[1].Run.Manifest.Agents = []result.Agent{{Name: "server"}, {Name: "one"}}
	require.Contains(t, strings.Join(newIndexPage(x, dir).Tally, " "), "--resume "+dir+" --fleet FILE --serve-on server --load-on one continues")
	require.Contains(t, strings.Join(p.Tally, " "), "6 predictions:")
	require.Contains(t, strings.Join(p.Tally, " "), "Measuring took 59s.")
	require.Equal(t, []string{"Not measured yet."}, p.Rows[0].State)
	require.Equal(t, []string{"It was not measured: the baseline answers nobody"}, p.Rows[2].State)
	row := p.Rows[1]
	require.Equal(t, verdict.Refuted, row.Predictions[0].Word)
	require.Equal(t, []string{"pool refuses"}, row.NotAsked)
	require.Contains(t, row.Over, "48 trials in ")
	require.NotEmpty(t, row.Designs)
	for _, format := range []string{"text", "md", "html"} {
		var b bytes.Buffer
		require.NoError(t, WriteIndex(format, &b, x, 100, nil, dir))
		require.Less(t, strings.Index(b.String(), "How late?"), strings.Index(strings.ToLower(b.String()), "not asked: "), format)
	}
	above, err := List(filepath.Dir(dir))
	require.NoError(t, err)
	require.Len(t, above.Runs, 1, "the runs that a command made are runs of the directory above it too")
}

// A list of experiments that cannot be read keeps no report of them from being written, and the report says that there may be
// more. Where there is nothing else, it is the error.
func TestIndexBesideADamagedList(t *testing.T) {
	dir := t.TempDir()
	list := filepath.Join(dir, "run.json")
	require.NoError(t, os.WriteFile(list, []byte(`{"schema": 1, "exper`), 0o600))
	_, err := List(dir)
	require.ErrorContains(t, err, "run.json is cut off")
	real, err := filepath.Abs("testdata/quick")
	require.NoError(t, err)
	require.NoError(t, os.Symlink(real, filepath.Join(dir, "quick")))
	for text, says := range map[string]string{`{"schema": 1, "exper`: "is cut off", `[]`: "is of another program"} {
		require.NoError(t, os.WriteFile(list, []byte(text), 0o600))
		x, err := List(dir)
		require.NoError(t, err)
		require.False(t, x.Whole)
		require.Len(t, x.Runs, 1)
		for _, format := range []string{"text", "md", "html"} {
			var b bytes.Buffer
			require.NoError(t, WriteIndex(format, &b, x, 400, nil, dir))
			require.Contains(t, b.String(), "This may not be all: ", format)
			require.Contains(t, b.String(), says, format)
			require.NotContains(t, b.String(), "result: ", format)
		}
	}
}

// An experiment that has lost trials since it ended is not counted among those that were measured to the end.
func TestIndexOfLostTrials(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.CopyFS(filepath.Join(dir, "quick"), os.DirFS("testdata/quick")))
	require.NoError(t, result.CreateWhole(dir, result.Whole{Parts: []result.Part{{Dir: "quick", Experiment: "quick"}}}))
	tally := func() string {
		x, err := List(dir)
		require.NoError(t, err)
		return strings.Join(newIndexPage(x, dir).Tally, " ")
	}
	require.Contains(t, tally(), "All of them were measured to the end.")
	file := filepath.Join(dir, "quick", "trials.jsonl")
	b, err := os.ReadFile(file)
	require.NoError(t, err)
	whole := bytes.TrimSuffix(b, []byte("\n"))
	for what, left := range map[string][]byte{"a line is cut off": whole[:len(whole)-20], "a line is gone": whole[:bytes.LastIndexByte(whole, '\n')+1]} {
		require.NoError(t, os.WriteFile(file, left, 0o600))
		require.Contains(t, tally(), "0 of 1 were measured to the end, 1 with lost trials. socketbench run --resume "+dir+" continues", what)
		x, err := List(dir)
		require.NoError(t, err)
		require.Contains(t, strings.Join(newIndexPage(x, dir).Rows[0].State, " "), "socketbench run --resume "+filepath.Join(dir, "quick")+" measures", what)
	}
}
