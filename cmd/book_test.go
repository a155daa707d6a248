package cmd

import (
	"bytes"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/book"
)

// A folder that holds something else is refused in one sentence, before a scene is played.
func TestABookReplacesNothingElse(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "thesis.txt"), nil, 0o644))
	var out, errs bytes.Buffer
	require.Equal(t, exitUsage, Main([]string{"book", dir}, strings.NewReader(""), &out, &errs))
	require.Empty(t, out.String())
	require.Equal(t, 1, strings.Count(errs.String(), "\n"), errs.String())
	require.Contains(t, errs.String(), "holds something other than a book")
	left, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, left, 1)
}

// BenchmarkBook is the time to write the whole book, with its plays, and its size.
func BenchmarkBook(b *testing.B) {
	for b.Loop() {
		dir := filepath.Join(b.TempDir(), "book")
		var errs bytes.Buffer
		require.Equal(b, exitDone, Main([]string{"book", dir}, strings.NewReader(""), &bytes.Buffer{}, &errs), errs.String())
		require.FileExists(b, filepath.Join(dir, book.Marker))
		var size int64
		require.NoError(b, filepath.WalkDir(dir, func(_ string, e fs.DirEntry, err error) error {
			if err != nil || e.IsDir() {
				return err
			}
			info, err := e.Info()
			size += info.Size()
			return err
		}))
		b.ReportMetric(float64(size), "bytes/book")
	}
}
