package host

import (
	"fmt"
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// allowed is the affinity that this process was started with.
var allowed = func() unix.CPUSet {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		set.Fill()
	}
	return set
}()

// confineThread restricts the calling thread to cpus; none restores what the process started with.
func confineThread(cpus []int) error {
	set := cpuSet(cpus)
	if err := unix.SchedSetaffinity(0, &set); err != nil {
		return fmt.Errorf("host: CPUs %v cannot be had: %w; see taskset -p %d", cpus, err, os.Getpid())
	}
	return nil
}

func cpuSet(cpus []int) unix.CPUSet {
	if len(cpus) == 0 {
		return allowed
	}
	var set unix.CPUSet
	for _, c := range cpus {
		set.Set(c)
	}
	return set
}

// Confine restricts every thread of this process to cpus, so that the one who measures stays off the
// CPUs of the server; none restores what the process started with. Threads made later inherit it.
func Confine(cpus []int) error {
	set := cpuSet(cpus)
	// A thread may be born of an unconfined one while the list is read: look again until none is new.
	seen := map[int]bool{}
	for fresh := true; fresh; {
		fresh = false
		entries, err := os.ReadDir("/proc/self/task")
		if err != nil {
			return fmt.Errorf("host: threads of this process: %w", err)
		}
		for _, e := range entries {
			tid, err := strconv.Atoi(e.Name())
			if err != nil || seen[tid] {
				continue
			}
			seen[tid], fresh = true, true
			if err := unix.SchedSetaffinity(tid, &set); err != nil && err != unix.ESRCH {
				return fmt.Errorf("host: CPUs %v cannot be had: %w", cpus, err)
			}
		}
	}
	return nil
}

// tied are the attributes of a child that dies with the launching thread.
func tied(gentle bool) *syscall.SysProcAttr {
	signal := syscall.SIGKILL
	if gentle {
		signal = syscall.SIGTERM
	}
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: signal}
}
