//go:build !linux

package proc

import (
	"errors"
	"net/netip"
	"time"
)

var errLinux = errors.New("processes can be examined and placed on CPUs on Linux only")

// Tree lists only pid: descendants are known on Linux only.
func Tree(pid int) []int { return []int{pid} }

// Threads lists none: they are known on Linux only.
func Threads(int) []int { return nil }

// CPUTime returns an error: the clocks of other processes can be read on Linux only.
func CPUTime(int) (time.Duration, error) { return 0, errLinux }

// WantsCPU returns false: threads are known on Linux only.
func WantsCPU(int, int) bool { return false }

// Contended returns false: this system does not say how many threads want a CPU.
func Contended() bool { return false }

// CPUs lists none: affinity is known on Linux only.
func CPUs() []int { return nil }

// CPUsOf returns an error: affinity is known on Linux only.
func CPUsOf(int) ([]int, error) { return nil, errLinux }

// Confinable returns nil: there are no CPUs to choose from.
func Confinable() error { return nil }

// Confine refuses any CPU: affinity can be set on Linux only.
func Confine(cpus []int) error { return ConfineThread(cpus) }

// ConfineThread refuses any CPU: affinity can be set on Linux only.
func ConfineThread(cpus []int) error {
	if len(cpus) > 0 {
		return errLinux
	}
	return nil
}

// Listening returns an error: the table of sockets can be read on Linux only.
func Listening() (map[string]netip.AddrPort, error) { return nil, errLinux }

// Dropped returns false: this system does not say how many datagrams it has dropped.
func Dropped(uint16) (dropped int64, ok bool) { return 0, false }
