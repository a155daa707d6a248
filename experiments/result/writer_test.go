package result

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"socketbench/experiments/load"
	"socketbench/experiments/stats"
)

func manifest() Manifest {
	return Manifest{Experiment: "quick", PlanHash: "0123456789abcdef", Command: []string{"socketbench", "run", "./mine {port}"}}
}

func trial(order int) *Trial {
	return &Trial{Cell: Cell{"server": "pool", "load.mute": order}, Label: "A", Order: order, Valid: true,
		Metrics: map[string]float64{"served": 16, "gone": math.NaN()}}
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "results", "one")
	w, err := Create(dir, manifest())
	require.NoError(t, err)
	start := time.UnixMilli(1_800_000_000_123)
	saw := &load.Result{
		Times: load.Times{Response: stats.NewHistogram(1000, 2000, 3_000_000), Service: stats.NewHistogram(900), Connect: stats.NewHistogram(50), Lag: stats.NewHistogram(1)},
		Log: []load.Interval{
			{Start: 0, Length: 100 * time.Millisecond, Response: stats.NewHistogram(1000)},
			{Start: 100 * time.Millisecond, Length: 100 * time.Millisecond, Response: stats.NewHistogram(2000, 3_000_000)},
		},
		Samples: []load.Sample{{Conn: 3, Session: 1, Connect: -5, Open: -4, Intended: 10, Sent: 11, Done: -1}},
	}
	first := trial(0)
	require.NoError(t, w.Keep(first, saw, start))
	require.NoError(t, w.Append(first))
	require.NoError(t, w.Append(trial(1)))
	require.NoError(t, w.Close())

	r, err := Load(dir)
	require.NoError(t, err)
	require.False(t, r.Torn)
	require.Equal(t, Schema, r.Manifest.Schema)
	require.Equal(t, "quick", r.Manifest.Experiment)
	require.Len(t, r.Trials, 2)
	require.Equal(t, map[string]float64{"served": 16}, r.Trials[0].Metrics)
	require.Empty(t, r.Trials[0].Reasons)

	h, err := r.Histograms(r.Trials[0])
	require.NoError(t, err)
	require.EqualValues(t, 3, h.Response.TotalCount())
	require.EqualValues(t, 1, h.Service.TotalCount())
	require.EqualValues(t, 1, h.Connect.TotalCount())
	require.EqualValues(t, 1, h.Lag.TotalCount())
	file, err := os.Open(filepath.Join(dir, histogramsDir, first.Histogram))
	require.NoError(t, err)
	defer file.Close()
	theirs := hdrhistogram.NewHistogramLogReader(file)
	for i, line := range []struct {
		tag   string
		count int64
	}{{"", 1}, {"", 2}, {"response", 3}, {"service", 1}, {"connect", 1}, {"send_lag", 1}} {
		h, err := theirs.NextIntervalHistogram()
		require.NoError(t, err)
		require.Equal(t, line.tag, h.Tag(), "line %d, as HdrHistogram's own tools read it", i)
		require.Equal(t, line.count, h.TotalCount(), line.tag)
	}
	samples, err := r.Samples(r.Trials[0])
	require.NoError(t, err)
	require.Equal(t, saw.Samples, samples)

	h, err = r.Histograms(r.Trials[1])
	require.NoError(t, err)
	require.Nil(t, h.Response)
	entries, err := os.ReadDir(filepath.Dir(dir))
	require.NoError(t, err)
	require.Len(t, entries, 1, "nothing is left beside the directory")
}

func TestCreateRefusesWhatIsThere(t *testing.T) {
	dir := t.TempDir()
	_, err := Create(dir, manifest())
	require.ErrorContains(t, err, "exists already; choose another directory, or continue with --resume "+dir)
	entries, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Empty(t, entries)

	file := filepath.Join(dir, "file")
	require.NoError(t, os.WriteFile(file, nil, 0o600))
	_, err = Create(filepath.Join(file, "below"), manifest())
	require.ErrorContains(t, err, "choose another place with --out")
}

func TestResumeRefusesAnotherPlan(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	w, err := Create(dir, manifest())
	require.NoError(t, err)
	require.NoError(t, w.Close())
	_, _, err = Resume(dir, "fedcba9876543210")
	require.ErrorContains(t, err, "holds another plan (0123456789ab, this one is fedcba987654)")
	require.ErrorContains(t, err, "socketbench run './mine {port}'")
	_, _, err = Resume(t.TempDir(), "0123456789abcdef")
	require.ErrorContains(t, err, "is not a results directory")
}

func TestSecondWriterIsRefused(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "r")
	w, err := Create(dir, manifest())
	require.NoError(t, err)
	_, _, err = Resume(dir, manifest().PlanHash)
	require.ErrorContains(t, err, "is being written by another run")
	require.NoError(t, w.Close())
	again, _, err := Resume(dir, manifest().PlanHash)
	require.NoError(t, err)
	require.NoError(t, again.Close())
}

// Wherever the last line is cut, what was whole before it stays, what was cut does not count, and the
// trial that is measured again stands after it as if nothing had happened.
func TestTornLineAnywhere(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		dir, err := os.MkdirTemp("", "torn")
		require.NoError(r, err)
		defer os.RemoveAll(dir)
		dir = filepath.Join(dir, "r")
		whole := rapid.IntRange(0, 4).Draw(r, "whole")
		w, err := Create(dir, manifest())
		require.NoError(r, err)
		for i := range whole + 1 {
			require.NoError(r, w.Append(trial(i)))
		}
		require.NoError(r, w.Close())
		path := filepath.Join(dir, trialsFile)
		b, err := os.ReadFile(path)
		require.NoError(r, err)
		keep := strings.LastIndexByte(string(b[:len(b)-1]), '\n') + 1
		cut := rapid.IntRange(keep, len(b)-1).Draw(r, "cut")
		torn := b[:cut:cut]
		if rapid.Bool().Draw(r, "zeros") {
			torn = append(torn, make([]byte, 100)...)
		}
		require.NoError(r, os.WriteFile(path, torn, 0o600))

		w, before, err := Resume(dir, manifest().PlanHash)
		require.NoError(r, err)
		require.Len(r, before.Trials, whole)
		require.NoError(r, w.Append(trial(whole)))
		require.NoError(r, w.Close())
		after, err := Load(dir)
		require.NoError(r, err)
		require.False(r, after.Torn)
		require.Len(r, after.Trials, whole+1)
		for i, got := range after.Trials {
			require.Equal(r, i, got.Order)
		}
	})
}

func TestNewerSchemaIsRefused(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, manifestFile), fmt.Appendf(nil, `{"schema": %d}`, Schema+1), 0o600))
	_, err := Load(dir)
	require.ErrorContains(t, err, "newer socketbench")
}

// A full disk ends a run with an error that says so, and takes nothing of what was measured.
func TestFullDiskKeepsWhatWasMeasured(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("needs Linux: a full disk is /dev/full")
	}
	dir := filepath.Join(t.TempDir(), "r")
	w, err := Create(dir, manifest())
	require.NoError(t, err)
	require.NoError(t, w.Append(trial(0)))
	path := filepath.Join(dir, histogramsDir, "00001.hlog")
	require.NoError(t, os.Symlink("/dev/full", path))
	err = w.Keep(trial(1), &load.Result{Times: load.Times{Response: stats.NewHistogram(1)}}, time.Time{})
	require.ErrorContains(t, err, "no space left on device")
	require.NoError(t, w.Close())
	r, err := Load(dir)
	require.NoError(t, err)
	require.Len(t, r.Trials, 1)
}
