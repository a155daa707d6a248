//go:build !unix

package cmd

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
)

// become runs the program at path with the same command line, and waits for it.
func (a *app) become(path, self string) error {
	c := exec.Command(path, os.Args[1:]...)
	c.Env = append(os.Environ(), leanProgram+"="+self)
	c.Stdin, c.Stdout, c.Stderr = a.stdin, a.stdout, a.stderr
	err := c.Run()
	var ended *exec.ExitError
	switch {
	case errors.As(err, &ended):
		return &errReplaced{ended.ExitCode()}
	case err != nil:
		return fmt.Errorf("%s: %w", path, err)
	}
	return &errReplaced{0}
}
