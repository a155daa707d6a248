//go:build !linux

package host

import "errors"

// adoptOrphans does nothing: adopting orphans needs Linux.
func adoptOrphans() {}

// killDescendants does nothing: the process tree is read on Linux only. The process group is ended.
func killDescendants(int) {}

// listens refuses: who listens on a port is asked of Linux's /proc, as a probing connection would use
// up a server that accepts one client.
func listens(int, int) (bool, error) {
	return false, errors.New("host: foreign servers are started on Linux only")
}
