package host

import (
	"fmt"
	"slices"

	"socketbench/patterns/proc"
)

// mostThreads of a process, and processes of a server, are looked at: not a thread for each of 9,000 connections.
const mostThreads = 64

// Outside says which of the processes may run elsewhere than on cpus, as somebody has changed where since it was started;
// "" if none may, or cpus are none. It asks the first threads of each; those that have ended are passed over.
func Outside(pids, cpus []int) string {
	if len(cpus) == 0 {
		return ""
	}
	for _, pid := range pids {
		threads := proc.Threads(pid)
		for _, thread := range threads[:min(len(threads), mostThreads)] {
			may, _ := proc.CPUsOf(thread)
			for _, cpu := range may {
				if !slices.Contains(cpus, cpu) {
					return fmt.Sprintf("process %d may run on CPU %d, and was given %v", pid, cpu, cpus)
				}
			}
		}
	}
	return ""
}
