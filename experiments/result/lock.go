package result

import (
	"fmt"
	"os"
)

// lockFile opens a file, as os.OpenFile does with flag, and keeps a second process from doing the same, until the file is
// closed or the process ends. busy says what another process does that holds it.
func lockFile(path string, flag int, busy string) (*os.File, error) {
	f, err := os.OpenFile(path, flag, 0o666)
	if err != nil {
		return nil, fmt.Errorf("result: %w", err)
	}
	if err := lock(f); err != nil {
		f.Close()
		return nil, fmt.Errorf("result: %s (%w); wait for it or stop it", busy, err)
	}
	return f, nil
}
