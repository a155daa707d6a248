package report

import (
	"bytes"
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

func TestGolden(t *testing.T) {
	in := quick(t)
	for _, f := range Formats {
		if f.Name == "json" {
			continue // every figure of the run: its keys have a golden file of their own
		}
		t.Run(f.Name, func(t *testing.T) {
			var b bytes.Buffer
			require.NoError(t, Write(f.Name, &b, in))
			golden(t, "quick."+f.Name, b.Bytes())
		})
	}
}
