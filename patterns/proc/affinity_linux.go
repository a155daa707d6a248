package proc

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// started is the affinity that this process was started with.
var started = func() unix.CPUSet {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		set.Fill()
	}
	return set
}()

// CPUs lists the CPUs that this process could use when it was started; none where that is not known.
func CPUs() []int { return members(started) }

// CPUsOf lists the CPUs that a thread may use. The main thread of a process has the process's number.
func CPUsOf(thread int) ([]int, error) {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(thread, &set); err != nil {
		return nil, fmt.Errorf("proc: CPUs of thread %d: %w", thread, err)
	}
	return members(set), nil
}

func members(set unix.CPUSet) (cpus []int) {
	for cpu := range len(set) * strconv.IntSize {
		if set.IsSet(cpu) {
			cpus = append(cpus, cpu)
		}
	}
	return cpus
}

// Confine restricts every thread of this process to cpus, and with them the threads and the processes that they start
// later; none restores what the process was started with.
func Confine(cpus []int) error {
	// A thread may be born of an unconfined one while the list is read: look again until none is new.
	seen := map[int]bool{}
	for fresh := true; fresh; {
		fresh = false
		for _, thread := range Threads(os.Getpid()) {
			if seen[thread] {
				continue
			}
			seen[thread], fresh = true, true
			if err := confine(thread, cpus); err != nil {
				return err
			}
		}
	}
	return nil
}

// ConfineThread is [Confine] for the calling thread alone. Its goroutine must hold it (runtime.LockOSThread), and end
// with it: a thread that Go uses again would take its CPUs to another goroutine.
func ConfineThread(cpus []int) error { return confine(unix.Gettid(), cpus) }

func confine(thread int, cpus []int) error {
	set := started
	if len(cpus) > 0 {
		set.Zero()
		for _, cpu := range cpus {
			set.Set(cpu)
		}
	}
	if err := unix.SchedSetaffinity(thread, &set); err != nil && err != unix.ESRCH {
		return fmt.Errorf("CPUs %v cannot be used: %w; choose some that this process may run on (taskset -p %d)", cpus, err, os.Getpid())
	}
	return nil
}
