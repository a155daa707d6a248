package result

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/experiments/stats"
)

// measured appends a trial as a run does, with histograms of three requests.
func measured(t require.TestingT, w *Writer, order int) {
	one := trial(order)
	one.Metrics = map[string]float64{"completed": 2, "unanswered": 1, "service.p50": 900, "send_lag.max": 1, "connect.p50": 5}
	h := stats.NewHistogram
	require.NoError(t, w.Keep(one, &load.Result{Times: load.Times{Response: h(1000, 2000, 3000), Service: h(900, 901), Connect: h(5), Lag: h(1), First: h(7)}}, time.UnixMilli(1)))
	require.NoError(t, w.Append(one))
}

// What is damaged is named, left out, measured again by a resume, and it alone; the file is whole afterwards.
func TestADamagedTrialIsAMissingTrial(t *testing.T) {
	write := func(path string, change func([]byte) []byte) {
		b, err := os.ReadFile(path)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(path, change(b), 0o600))
	}
	inTrials := func(change func([][]byte) [][]byte) func(dir string) {
		return func(dir string) {
			write(filepath.Join(dir, trialsFile), func(b []byte) []byte { return bytes.Join(change(bytes.SplitAfter(b, []byte("\n"))), nil) })
		}
	}
	histogram := func(change func([]byte) []byte) func(dir string) {
		return func(dir string) { write(filepath.Join(dir, histogramsDir, "00001.hlog"), change) }
	}
	half := func(b []byte) []byte { return b[:len(b)/2] }
	for _, c := range []struct {
		name    string
		harm    func(dir string)
		missing []int // orders
		torn    bool
		says    string
	}{
		{"nothing", func(string) {}, nil, false, ""},
		{"half of the last line", inTrials(func(l [][]byte) [][]byte { l[2] = half(l[2]); return l }), []int{2}, true, ""},
		{"half of it and zeros", inTrials(func(l [][]byte) [][]byte { return append(l[:2], half(l[2]), make([]byte, 4096)) }), []int{2}, true, ""},
		{"a line in the middle", inTrials(func(l [][]byte) [][]byte { l[1] = append(half(l[1]), '\n'); return l }), []int{1}, false, "line 2 of trials.jsonl cannot be read"},
		{"a line twice", inTrials(func(l [][]byte) [][]byte { return append(l[:3], l[1]) }), nil, false, "lines 2 and 4 of trials.jsonl are the same trial, number 2"},
		{"a line that is no trial", inTrials(func(l [][]byte) [][]byte { return append([][]byte{[]byte("{}\n")}, l...) }), nil, false, "line 1 of trials.jsonl is no trial: it names no server"},
		{"null in place of a line", inTrials(func(l [][]byte) [][]byte { l[1] = []byte("null\n"); return l }), []int{1}, false, "line 2 of trials.jsonl is no trial"},
		{"carriage returns", inTrials(func(l [][]byte) [][]byte {
			return [][]byte{bytes.ReplaceAll(bytes.Join(l, nil), []byte("\n"), []byte("\r\n"))}
		}), nil, false, ""},
		{"a byte order mark", inTrials(func(l [][]byte) [][]byte { return append([][]byte{[]byte("\xef\xbb\xbf")}, l...) }), nil, false, ""},
		{"no line", inTrials(func([][]byte) [][]byte { return nil }), []int{0, 1, 2}, false, ""},
		{"no file of trials", func(dir string) { require.NoError(t, os.Remove(filepath.Join(dir, trialsFile))) }, []int{0, 1, 2}, false, ""},
		{"an empty histogram", histogram(func([]byte) []byte { return nil }), []int{1}, false, "trial 2, of pool in block 1, has lost its histograms (histograms/00001.hlog is empty or cut off)"},
		{"half of a histogram", histogram(half), []int{1}, false, "trial 2, of pool"},
		{"a histogram without its last lines", histogram(func(b []byte) []byte { return b[:bytes.Index(b, []byte("Tag=send_lag"))] }), []int{1}, false, "has no send_lag"},
		{"another trial's histogram", histogram(func(b []byte) []byte {
			at := bytes.Index(b, []byte("Tag=response"))
			end := at + bytes.IndexByte(b[at:], '\n') + 1
			service := b[bytes.Index(b, []byte("Tag=service"))+len("Tag=service"):]
			return append(append(bytes.Clone(b[:at]), []byte("Tag=response"+string(service[:bytes.IndexByte(service, '\n')+1]))...), b[end:]...)
		}), []int{1}, false, "has 2 requests, and the trial had 3"},
		{"no histogram", func(dir string) { require.NoError(t, os.Remove(filepath.Join(dir, histogramsDir, "00001.hlog"))) }, []int{1}, false, "no such file"},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			w, err := Create(dir, manifest())
			require.NoError(t, err)
			for order := range 3 {
				measured(t, w, order)
			}
			require.NoError(t, w.Close())
			c.harm(dir)

			r, err := Load(dir)
			require.NoError(t, err)
			require.Equal(t, c.torn, r.Torn)
			require.Equal(t, 3-len(c.missing), len(r.Trials))
			var said []string
			for _, d := range r.Damaged {
				said = append(said, d.What)
			}
			require.Equal(t, c.says != "", len(said) == 1, "%v", said)
			require.Contains(t, strings.Join(said, "\n"), c.says)

			w, before, err := Resume(dir, manifest().PlanHash)
			require.NoError(t, err)
			done := before.Done()
			for order := range 3 {
				if _, there := done[order]; !there {
					require.Contains(t, c.missing, order)
					measured(t, w, order)
				}
			}
			require.NoError(t, w.Close())
			after, err := Load(dir)
			require.NoError(t, err)
			require.Len(t, after.Trials, 3)
			require.False(t, after.Torn)
			require.Empty(t, after.Damaged)
			h, err := after.Histograms(after.Done()[1])
			require.NoError(t, err)
			require.EqualValues(t, 3, h.Response.TotalCount())
			require.EqualValues(t, 1, h.First.TotalCount())
			require.EqualValues(t, 7, h.First.Max())
		})
	}
}

func TestWhatIsNoRunIsSaidToBeNone(t *testing.T) {
	for name, c := range map[string]struct {
		file, text, want string
	}{
		"of another program":      {manifestFile, `{"name": "an app", "icons": []}`, "manifest.json is of another program"},
		"a list":                  {manifestFile, `[1, 2]`, "manifest.json is of another program"},
		"null":                    {manifestFile, `null`, "manifest.json is of another program"},
		"text for a number":       {manifestFile, `{"schema": "1"}`, "manifest.json cannot be read (a string stands in schema)"},
		"an empty manifest":       {manifestFile, "", "manifest.json is empty: without it nobody knows what was measured"},
		"a manifest of zeros":     {manifestFile, "\x00\x00", "is empty"},
		"half a manifest":         {manifestFile, `{"schema": 1, "exper`, "is cut off"},
		"a manifest of no JSON":   {manifestFile, "hello", "cannot be read"},
		"another file for trials": {trialsFile, "hello\nworld\nagain\n", "no line of it is a trial"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			w, err := Create(dir, manifest())
			require.NoError(t, err)
			require.NoError(t, w.Close())
			require.NoError(t, os.WriteFile(filepath.Join(dir, c.file), []byte(c.text), 0o600))
			_, err = Load(dir)
			require.ErrorContains(t, err, c.want)
			_, _, err = Resume(dir, manifest().PlanHash)
			require.ErrorContains(t, err, c.want)
			kept, err := os.ReadFile(filepath.Join(dir, c.file))
			require.NoError(t, err)
			require.Equal(t, c.text, string(kept), "a resume that cannot read a file writes nothing to it")
		})
	}
}

// Of a trial that was run again either run may be lost. If the second is whole it counts; if the first alone is whole, the
// second is missing, and the first counts until it is measured.
func TestEitherRunOfATrialMayBeLost(t *testing.T) {
	for name, c := range map[string]struct {
		harm    string // the histograms that are removed
		lost    bool
		trials  int
		replace bool // the first run is replaced
		again   bool // what counts is the second
	}{
		"neither":    {"", false, 4, true, true},
		"the first":  {"00001.hlog", false, 3, false, true},
		"the second": {"00001-again.hlog", true, 3, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(t.TempDir(), "r")
			w, err := Create(dir, manifest())
			require.NoError(t, err)
			for order := range 3 {
				measured(t, w, order)
			}
			second := trial(1)
			second.Again, second.Metrics = true, map[string]float64{"completed": 1}
			require.NoError(t, w.Keep(second, &load.Result{Times: load.Times{Response: stats.NewHistogram(4000)}}, time.UnixMilli(1)))
			require.NoError(t, w.Append(second))
			require.NoError(t, w.Close())
			if c.harm != "" {
				require.NoError(t, os.Remove(filepath.Join(dir, histogramsDir, c.harm)))
			}
			check := func(r Run) {
				require.Len(t, r.Trials, c.trials)
				require.Len(t, r.Final(), 3)
				require.Len(t, r.Done(), 3)
				require.Equal(t, c.again, r.Done()[1].Again)
				require.Equal(t, c.replace, r.Trials[1].Replaced)
				require.Equal(t, !c.replace, r.Trials[1].Counts())
			}
			r, err := Load(dir)
			require.NoError(t, err)
			check(r)
			if c.harm == "" {
				require.Empty(t, r.Damaged)
			} else {
				require.Len(t, r.Damaged, 1)
				require.Equal(t, c.lost, r.Damaged[0].Lost, "a resume measures it again")
			}
			w, r, err = Resume(dir, manifest().PlanHash)
			require.NoError(t, err)
			check(r)
			require.NoError(t, w.Close())
			r, err = Load(dir)
			require.NoError(t, err)
			check(r)
			require.Empty(t, r.Damaged)
		})
	}
}

// A run that ended says how many trials its blocks had; in one from before that was kept they are equally many in each block.
// What is missing without a trace is counted beside what is named.
func TestLostTrialsAreCounted(t *testing.T) {
	ended := manifest()
	ended.Finished, ended.Blocks = time.Unix(1, 0), 3
	planned := ended
	planned.Planned = 5
	of := func(blocks ...int) (trials []Trial) {
		for i, b := range blocks {
			trials = append(trials, Trial{Block: b, Order: i})
		}
		return trials
	}
	for name, c := range map[string]struct {
		run         Run
		named, gone int
	}{
		"whole":                   {Run{Manifest: ended, Trials: of(0, 0, 1, 1, 2, 2)}, 0, 0},
		"the last lines are gone": {Run{Manifest: ended, Trials: of(0, 0, 1)}, 0, 3},
		"all lines are gone":      {Run{Manifest: ended}, 0, 3},
		"the last one is torn":    {Run{Manifest: ended, Trials: of(0, 0, 1, 1, 2), Torn: true}, 1, 0},
		"one is damaged and one is gone": {Run{Manifest: ended, Trials: of(0, 0, 1, 2),
			Damaged: []Damage{{"a line", true}, {"a line twice", false}}}, 1, 1},
		"its first block is the largest": {Run{Manifest: planned, Trials: of(0, 0, 0, 1, 2)}, 0, 0},
		"of that block one is gone":      {Run{Manifest: planned, Trials: of(0, 0, 1, 2)}, 0, 1},
		"it has not ended":               {Run{Manifest: manifest(), Trials: of(0, 0, 1)}, 0, 0},
	} {
		named, gone := c.run.Lost()
		require.Equal(t, []int{c.named, c.gone}, []int{named, gone}, name)
	}
}
