package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// What was measured is told, also where the files of the report cannot be written beside it; a gate has no verdict then.
func TestReportIsToldWhereItCannotBeKept(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(t.TempDir(), "run")
	require.NoError(t, os.CopyFS(dir, os.DirFS(recorded)))
	page := filepath.Join(dir, "report.html")
	require.NoError(t, os.RemoveAll(page))
	require.NoError(t, os.MkdirAll(filepath.Join(page, "in the way"), 0o700))
	code, stdout, stderr := command("report", dir)
	require.Equal(t, exitUsage, code, stderr)
	require.Contains(t, stdout, "What this does not say")
	require.Contains(t, stderr, "report --format html -o FILE writes it elsewhere")
}
