package report

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// thousand writes a results directory of a thousand trials, each with its histograms, which are copies of the fixture's.
func thousand(b *testing.B) string {
	dir := b.TempDir()
	require.NoError(b, os.Mkdir(filepath.Join(dir, "histograms"), 0o755))
	manifest, err := os.ReadFile("testdata/quick/manifest.json")
	require.NoError(b, err)
	require.NoError(b, os.WriteFile(filepath.Join(dir, "manifest.json"), manifest, 0o644))
	run, err := result.Load("testdata/quick")
	require.NoError(b, err)
	lines, err := os.Create(filepath.Join(dir, "trials.jsonl"))
	require.NoError(b, err)
	out := json.NewEncoder(lines)
	first := run.Trials[:16] // the first block has its histograms
	for i := range 1000 {
		t := first[i%16]
		if t.Histogram != "" {
			log, err := os.ReadFile(filepath.Join("testdata/quick/histograms", t.Histogram))
			require.NoError(b, err)
			t.Histogram = fmt.Sprintf("%05d.hlog", i)
			require.NoError(b, os.WriteFile(filepath.Join(dir, "histograms", t.Histogram), log, 0o644))
		}
		t.Samples, t.Order, t.Block = "", i, i/16
		require.NoError(b, out.Encode(t))
	}
	require.NoError(b, lines.Close())
	return dir
}

// A report of a thousand trials takes less than two seconds, reading and judging included:
//
//	go test ./experiments/report -run '^$' -bench Thousand
func BenchmarkThousandTrials(b *testing.B) {
	dir := thousand(b)
	for b.Loop() {
		run, err := result.Load(dir)
		require.NoError(b, err)
		analysis, err := verdict.Judge(run)
		require.NoError(b, err)
		require.NoError(b, Write("html", io.Discard, Input{Run: run, Analysis: analysis, Registry: registry()}))
	}
}
