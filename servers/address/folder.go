package address

import (
	"fmt"
	"os"
)

// name is the room that a socket's own name needs in a folder of Folder: a slash and a number.
const name = len("/1234567890.sock")

// Folder makes a folder for unix sockets, which the caller removes: in TMPDIR, or in /tmp where the paths in
// TMPDIR would be longer than a socket's may be, or where it cannot be written.
func Folder() (string, error) {
	var first error
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		dir, err := os.MkdirTemp(parent, "sb")
		if err == nil && len(dir)+name > LongestPath {
			os.Remove(dir)
			err = fmt.Errorf("%s is too long for the path of a unix socket, which has at most %d bytes", parent, LongestPath)
		}
		if err == nil {
			return dir, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", fmt.Errorf("no place for unix sockets: %w; set TMPDIR to a short folder that you may write", first)
}
