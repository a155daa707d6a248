//go:build unix

package cmd

import (
	"fmt"
	"os"
	"syscall"
)

// become replaces this process by the program at path, with the same command line. It returns only if that fails.
func (*app) become(path, self string) error {
	return fmt.Errorf("%s: %w", path, syscall.Exec(path, os.Args, append(os.Environ(), leanProgram+"="+self)))
}
