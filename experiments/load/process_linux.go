package load

import (
	"fmt"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// exactTimers is the timer slack of an engine's thread, ns. Linux adds 50 us to whatever a thread
// sleeps, to save wake-ups, unless it is told not to.
const exactTimers = 1

// pinProcess moves every thread of this process to the CPUs; threads to come inherit that.
func pinProcess(cpus []int) error {
	if len(cpus) == 0 {
		return nil
	}
	var set unix.CPUSet
	for _, cpu := range cpus {
		set.Set(cpu)
	}
	threads, err := os.ReadDir("/proc/self/task")
	if err != nil {
		return fmt.Errorf("load: threads: %w", err)
	}
	for _, t := range threads {
		id, err := strconv.Atoi(t.Name())
		if err != nil {
			continue
		}
		if err := unix.SchedSetaffinity(id, &set); err != nil && err != unix.ESRCH {
			return fmt.Errorf("load: CPUs %v cannot be used: %w; choose some that this process may run on", cpus, err)
		}
		_ = os.WriteFile("/proc/"+t.Name()+"/timerslack_ns", []byte(strconv.Itoa(exactTimers)), 0)
	}
	return nil
}
