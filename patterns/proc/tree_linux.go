package proc

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"
)

// Tree lists pid and its descendants, each after its parent. While processes start and end, some may be missing
// (proc(5), children).
func Tree(pid int) []int {
	pids := []int{pid}
	for i := 0; i < len(pids); i++ {
		for _, thread := range Threads(pids[i]) {
			children, _ := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/children", pids[i], thread)) // the thread may have ended
			for _, field := range strings.Fields(string(children)) {
				if child, err := strconv.Atoi(field); err == nil {
					pids = append(pids, child)
				}
			}
		}
	}
	return pids
}

// Threads lists the threads of a process; none if it has ended.
func Threads(pid int) (threads []int) {
	entries, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, e := range entries {
		if thread, err := strconv.Atoi(e.Name()); err == nil {
			threads = append(threads, thread)
		}
	}
	return threads
}

// CPUTime reads the CPU time that a process has used, with a resolution of 1 ns. It includes ended threads, but not
// children. It takes a microsecond, and fails if the process has ended.
func CPUTime(pid int) (time.Duration, error) {
	// The number of a process's clock is made of the inverted process number and CPUCLOCK_SCHED, as
	// clock_getcpuclockid(3) makes it.
	clock := int32(^pid<<3 | 2)
	var t unix.Timespec
	if err := unix.ClockGettime(clock, &t); err != nil {
		return 0, fmt.Errorf("proc: CPU time of process %d: %w", pid, err)
	}
	return time.Duration(t.Nano()), nil
}

// WantsCPU reports whether a thread of a process or of its descendants is on a CPU or waits for one. The thread but does
// not count; 0 is none.
func WantsCPU(pid, but int) bool {
	return slices.ContainsFunc(Tree(pid), func(pid int) bool {
		return slices.ContainsFunc(Threads(pid), func(thread int) bool { return thread != but && runnable(pid, thread) })
	})
}

// runnable reports whether the state of a thread is R (proc(5), stat).
func runnable(pid, thread int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%d/stat", pid, thread))
	end := bytes.LastIndexByte(stat, ')')
	return err == nil && end > 0 && end+2 < len(stat) && stat[end+2] == 'R'
}

// Contended reports whether more threads of the system want a CPU than there are CPUs that this process may use, so that
// some of them wait. It is false where the system does not tell.
func Contended() bool {
	text, _ := os.ReadFile("/proc/loadavg")
	fields := strings.Fields(string(text))
	if len(fields) < 4 {
		return false
	}
	now, _, _ := strings.Cut(fields[3], "/") // those that want one, of all
	n, err := strconv.Atoi(now)
	return err == nil && n > len(CPUs())
}
