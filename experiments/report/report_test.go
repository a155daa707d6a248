package report

import (
	"flag"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name string, got []byte) {
	path := filepath.Join("testdata", "golden", name)
	if *update {
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, got, 0o644))
	}
	want, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, string(want), string(got), "go test ./experiments/report -update writes it anew")
}

// The formats text and md have golden files of a whole run. The page, and the formats with a line for each trial, have
// golden files of a small one; TestModel has what the page of the whole run is made from.
func TestGolden(t *testing.T) {
	for name, in := range map[string]Input{"quick": quick(t), "small": small(t)} {
		for _, format := range map[string][]string{"quick": {"text", "md"}, "small": {"html", "csv", "bench"}}[name] {
			t.Run(format, func(t *testing.T) { golden(t, name+"."+format, []byte(written(t, format, in))) })
		}
	}
}

// A reviewer reads a golden file only if it is small.
func TestGoldenFilesAreSmall(t *testing.T) {
	files, err := filepath.Glob("testdata/golden/*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, f := range files {
		info, err := os.Stat(f)
		require.NoError(t, err)
		require.LessOrEqual(t, info.Size(), int64(100_000), f)
	}
}
