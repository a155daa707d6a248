package address

import (
	"fmt"
	"os"
)

// name is how many bytes the name of a socket needs behind the path of its folder: a slash and a number.
const name = len("/1234567890.sock")

// Folder makes a folder for unix sockets; the caller removes it. It is made in TMPDIR, or in /tmp if TMPDIR cannot be
// written or makes paths longer than that of a socket may be.
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
	return "", fmt.Errorf("no folder for unix sockets: %w; set TMPDIR to a folder with a short path that you may write", first)
}
