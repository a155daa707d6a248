//go:build !linux

package child

import "os"

// self returns this program.
func self() (path string, args []string) {
	path, err := os.Executable()
	if err != nil {
		path = os.Args[0]
	}
	return path, []string{path}
}
