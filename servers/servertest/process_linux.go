package servertest

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"strconv"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// seesProcesses says whether descriptors, CPU time and memory of a process can be read here.
const seesProcesses = true

// descriptors returns how many files and sockets a process has open.
func descriptors(pid int) int {
	entries, err := os.ReadDir(fmt.Sprintf("/proc/%d/fd", pid))
	if err != nil {
		return -1
	}
	return len(entries)
}

// watch looks at a process for a while. It returns how much of a CPU it used, and the share of the looks
// that found a thread running or waiting for a CPU; the thread that looks does not count.
func watch(pid int, window time.Duration) (used, running float64) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	began, before := time.Now(), cpuTime(pid)
	looks, found := 0, 0
	for ; time.Since(began) < window; looks++ {
		if wantsCPU(pid, unix.Gettid()) {
			found++
		}
		time.Sleep(2 * time.Millisecond)
	}
	return float64(cpuTime(pid)-before) / float64(time.Since(began)), float64(found) / float64(looks)
}

// cpuTime returns the CPU time that a process has used, from its own clock.
func cpuTime(pid int) time.Duration {
	var t unix.Timespec
	if err := unix.ClockGettime(int32(^pid<<3|2), &t); err != nil {
		return 0
	}
	return time.Duration(t.Nano())
}

// wantsCPU reports whether a thread of the process, but for one, is on a CPU or in a queue for one.
func wantsCPU(pid, but int) bool {
	tasks, _ := os.ReadDir(fmt.Sprintf("/proc/%d/task", pid))
	for _, task := range tasks {
		if task.Name() == strconv.Itoa(but) {
			continue
		}
		stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/task/%s/stat", pid, task.Name()))
		if end := bytes.LastIndexByte(stat, ')'); err == nil && end > 0 && end+2 < len(stat) && stat[end+2] == 'R' {
			return true
		}
	}
	return false
}

// resident returns the memory in bytes that a process has in use.
func resident(pid int) int {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return 0
	}
	stat, err := p.Stat()
	if err != nil {
		return 0
	}
	return stat.ResidentMemory()
}
