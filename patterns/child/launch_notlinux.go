//go:build !linux

package child

import "os"

// ownPath is none: the system has no path that is this program for every process.
const ownPath = ""

// self returns this program.
func self() (path string, args []string) {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return path, []string{path}
}
