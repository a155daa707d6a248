package cmd

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// A file that is to be written later is not emptied before, and none is left behind where nothing was written.
func TestReserve(t *testing.T) {
	file := filepath.Join(t.TempDir(), "picture.svg")
	unused, err := reserve(file)
	require.NoError(t, err)
	unused()
	require.NoFileExists(t, file)

	for _, text := range []string{"<svg>", ""} {
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		unused, err = reserve(file)
		require.NoError(t, err)
		unused()
		kept, err := os.ReadFile(file)
		require.NoError(t, err)
		require.Equal(t, text, string(kept))
	}
	_, err = reserve(filepath.Join(file, "below"))
	require.Error(t, err)
}
