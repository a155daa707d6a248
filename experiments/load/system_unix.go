//go:build unix

package load

import "golang.org/x/sys/unix"

// descriptorLimit returns how many descriptors this process may have; 0 when that is not known.
func descriptorLimit() int {
	var limit unix.Rlimit
	if unix.Getrlimit(unix.RLIMIT_NOFILE, &limit) != nil {
		return 0
	}
	return int(min(uint64(limit.Cur), 1<<30))
}
