package result

import (
	"errors"
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
	switch err := lock(f); {
	case errors.Is(err, errHeld):
		f.Close()
		return nil, fmt.Errorf("result: %s; wait for it or stop it", busy)
	case err != nil:
		f.Close()
		return nil, fmt.Errorf("result: %s cannot be locked (%w); choose a directory on a file system that has locks", path, err)
	}
	return f, nil
}
