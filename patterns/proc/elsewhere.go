//go:build !linux

package proc

import (
	"errors"
	"net/netip"
	"time"
)

var errLinux = errors.New("processes can be looked at and placed on CPUs on Linux only")

// Tree lists pid alone: descendants are known on Linux only.
func Tree(pid int) []int { return []int{pid} }

// Threads lists none: they are known on Linux only.
func Threads(int) []int { return nil }

// CPUTime is an error: the clocks of other processes are Linux's.
func CPUTime(int) (time.Duration, error) { return 0, errLinux }

// CPUs lists none: which they are is known on Linux only.
func CPUs() []int { return nil }

// CPUsOf is an error: affinity is known on Linux only.
func CPUsOf(int) ([]int, error) { return nil, errLinux }

// Confine refuses any CPU: affinity is set on Linux only.
func Confine(cpus []int) error { return ConfineThread(cpus) }

// ConfineThread refuses any CPU: affinity is set on Linux only.
func ConfineThread(cpus []int) error {
	if len(cpus) > 0 {
		return errLinux
	}
	return nil
}

// Listening is an error: the table of sockets is Linux's.
func Listening() (map[string]netip.AddrPort, error) { return nil, errLinux }
