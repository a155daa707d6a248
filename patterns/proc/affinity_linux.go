package proc

import (
	"fmt"
	"os"
	"runtime"
	"strconv"

	"golang.org/x/sys/unix"
)

// started is the set of CPUs that this process had when it was started.
var started = func() unix.CPUSet {
	var set unix.CPUSet
	if err := unix.SchedGetaffinity(0, &set); err != nil {
		set.Fill()
	}
	return set
}()

// CPUs lists the CPUs that this process could use when it was started.
func CPUs() []int { return members(started) }

// CPUsOf lists the CPUs that a thread may use. The number of a process is that of its main thread.
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

// Confinable returns nil if this process may choose CPUs for its threads, and else says that the system refuses it. It
// changes nothing.
func Confinable() error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	var set unix.CPUSet
	err := unix.SchedGetaffinity(0, &set)
	if err == nil {
		err = unix.SchedSetaffinity(0, &set)
	}
	if err != nil {
		return fmt.Errorf("sched_setaffinity: %w, because of a container's seccomp filter", err)
	}
	return nil
}

// Confine restricts all threads of this process to cpus. Threads and processes that they start later inherit this. No
// cpus restores the CPUs that the process was started with.
func Confine(cpus []int) error {
	// While the list is read, a thread that is not confined yet may start another: look again until none is new.
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

// ConfineThread is [Confine] for the calling thread only. The goroutine must lock the thread (runtime.LockOSThread) and
// never unlock it: another goroutine would otherwise run on the restricted thread.
func ConfineThread(cpus []int) error { return confine(unix.Gettid(), cpus) }

func confine(thread int, cpus []int) error {
	set := started
	if len(cpus) > 0 {
		set.Zero()
		for _, cpu := range cpus {
			set.Set(cpu)
		}
	}
	var has unix.CPUSet
	if unix.SchedGetaffinity(thread, &has) == nil && has == set { // a container may refuse to set even that
		return nil
	}
	if err := unix.SchedSetaffinity(thread, &set); err != nil && err != unix.ESRCH {
		return fmt.Errorf("CPUs %v cannot be used: %w; choose some that this process may run on (taskset -p %d)", cpus, err, os.Getpid())
	}
	return nil
}
