package host

import (
	"fmt"
	"os"
)

// Stdio takes standard input and output away from the process for the command protocol, so that what
// a server or a child of it prints lands on standard error and never between the replies.
func Stdio() (in, out *os.File, err error) {
	null, err := os.Open(os.DevNull)
	if err != nil {
		return nil, nil, fmt.Errorf("host: standard input: %w", err)
	}
	in, out = os.Stdin, os.Stdout
	os.Stdin, os.Stdout = null, os.Stderr
	return in, out, nil
}
