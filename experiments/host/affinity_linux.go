package host

import (
	"errors"
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// mostThreads of a process are asked where they may run: a thread for each of 9,000 connections is not.
const mostThreads = 64

// Outside says which of the processes may run elsewhere than on cpus, as somebody has changed where since it was started;
// "" if none may, or cpus are none. It asks the first threads of each; those that have ended are passed over.
func Outside(pids, cpus []int) string {
	if len(cpus) == 0 {
		return ""
	}
	given := cpuSet(cpus)
	for _, pid := range pids {
		tasks, err := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
		if err != nil {
			continue
		}
		for _, task := range tasks[:min(len(tasks), mostThreads)] {
			tid, err := strconv.Atoi(task.Name())
			if err != nil {
				continue
			}
			var has unix.CPUSet
			if err := unix.SchedGetaffinity(tid, &has); err != nil {
				if !errors.Is(err, unix.ESRCH) {
					return fmt.Sprintf("where process %d may run cannot be read: %v", pid, err)
				}
				continue
			}
			for c := range len(has) * strconv.IntSize {
				if has.IsSet(c) && !given.IsSet(c) {
					return fmt.Sprintf("process %d may run on CPU %d, and was given %v", pid, c, cpus)
				}
			}
		}
	}
	return ""
}
