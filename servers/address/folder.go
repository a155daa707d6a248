package address

import (
	"fmt"
	"os"
)

// name is how many bytes the name of a socket needs after the path of its folder: a slash and a number.
const name = len("/1234567890.sock")

// Folder makes a folder for unix sockets; the caller removes it. It is made in TMPDIR, or in /tmp if TMPDIR cannot be
// written to, or if its path is too long for a socket.
func Folder() (string, error) {
	var first error
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		dir, err := os.MkdirTemp(parent, "sb")
		if err == nil && len(dir)+name > LongestPath {
			os.Remove(dir)
			err = fmt.Errorf("%s is too long for the path of a unix socket, which may have at most %d bytes", parent, LongestPath)
		}
		if err == nil {
			return dir, nil
		}
		if first == nil {
			first = err
		}
	}
	return "", fmt.Errorf("no folder can be made for unix sockets: %w; set TMPDIR to a folder with a short path to which you may write", first)
}
