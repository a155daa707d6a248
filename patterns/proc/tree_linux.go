package proc

import (
	"fmt"
	"os"
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
