package load

import (
	"fmt"
	"os"
	"strconv"

	"socketbench/patterns/proc"
)

// exactTimers is the timer slack of an engine's thread, ns. Linux adds 50 us to whatever a thread
// sleeps, to save wake-ups, unless it is told not to.
const exactTimers = 1

// exactSleep gives every thread of this process that slack; threads to come inherit it.
func exactSleep() {
	for _, thread := range proc.Threads(os.Getpid()) {
		_ = os.WriteFile(fmt.Sprintf("/proc/%d/timerslack_ns", thread), []byte(strconv.Itoa(exactTimers)), 0)
	}
}
