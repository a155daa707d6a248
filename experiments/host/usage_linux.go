package host

import (
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"socketbench/patterns/proc"
)

// userHZ is the tick of the figures under /proc, a constant of the kernel's interface.
const userHZ = 100

// ReadUsage reads what processes and their descendants have used. A descendant that has ended and was waited for
// counts with its CPU time as sampled. It returns an error when one of pids itself has ended.
func ReadUsage(pids ...int) (Usage, error) {
	u, err := ReadCPU(pids...)
	if err != nil {
		return Usage{}, err
	}
	for _, p := range u.PIDs {
		u.add(p)
	}
	return u, nil
}

// ReadCPU is ReadUsage for CPU time and processes alone. It takes a few microseconds a process.
func ReadCPU(pids ...int) (Usage, error) {
	var u Usage
	for _, root := range pids {
		if root <= 0 { // the kernel would take it for this process
			return Usage{}, errors.New("host: which processes serve is not known")
		}
		tree := proc.Tree(root)
		u.At = time.Duration(proc.Clock())
		for _, p := range tree {
			cpu, err := proc.CPUTime(p)
			if err != nil {
				if p == root {
					return Usage{}, fmt.Errorf("host: %w", err)
				}
				continue // it ended meanwhile; its parent has its time
			}
			u.CPU += cpu
			u.PIDs = append(u.PIDs, p)
		}
	}
	return u, nil
}

// add adds the figures of one process other than its own CPU time. One that has ended adds nothing.
func (u *Usage) add(pid int) {
	p, err := procfs.NewProc(pid)
	if err != nil {
		return
	}
	stat, err := p.Stat()
	if err != nil {
		return
	}
	u.CPU += time.Duration(stat.CUTime+stat.CSTime) * time.Second / userHZ // of children that were waited for
	u.User += time.Duration(stat.UTime+uint(stat.CUTime)) * time.Second / userHZ
	u.Sys += time.Duration(stat.STime+uint(stat.CSTime)) * time.Second / userHZ
	u.RSS += uint64(stat.ResidentMemory())
	u.Threads += stat.NumThreads
	u.Processes++
	if status, err := p.NewStatus(); err == nil {
		u.Peak += status.VmHWM
	}
	if io, err := p.IO(); err == nil {
		u.Reads += io.SyscR
		u.Writes += io.SyscW
	}
	threads, err := procfs.AllThreads(pid)
	if err != nil {
		return
	}
	for _, t := range threads {
		if status, err := t.NewStatus(); err == nil {
			u.Voluntary += status.VoluntaryCtxtSwitches
			u.Involuntary += status.NonVoluntaryCtxtSwitches
		}
		if sched, err := t.Schedstat(); err == nil {
			u.Wait, u.Waits = u.Wait+time.Duration(sched.WaitingNanoseconds), true
		}
	}
}

// ReadMachine reads what the CPUs did.
func ReadMachine() (Machine, error) {
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return Machine{}, fmt.Errorf("host: CPU figures: %w", err)
	}
	stat, err := fs.Stat()
	if err != nil {
		return Machine{}, fmt.Errorf("host: CPU figures: %w", err)
	}
	m := Machine{At: time.Duration(proc.Clock()), CPUs: map[int]CPU{}}
	seconds := func(s float64) time.Duration { return time.Duration(s * float64(time.Second)) }
	for n, c := range stat.CPU {
		m.CPUs[int(n)] = CPU{Idle: seconds(c.Idle + c.Iowait), SoftIRQ: seconds(c.SoftIRQ), Steal: seconds(c.Steal)}
	}
	t := stat.CPUTotal
	m.Steal = seconds(t.Steal)
	m.Busy = seconds(t.User + t.Nice + t.System + t.IRQ + t.SoftIRQ + t.Steal)
	m.Total = m.Busy + seconds(t.Idle+t.Iowait)
	m.Sent, m.Resent = segments(fs)
	return m, nil
}

// segments counts the TCP segments that this network namespace has sent, and sent again (tcpRetransSegs of RFC 4022).
func segments(fs procfs.FS) (sent, resent uint64) {
	self, err := fs.Self()
	if err != nil {
		return 0, 0
	}
	counters, err := self.Snmp()
	if err != nil || counters.OutSegs == nil || counters.RetransSegs == nil {
		return 0, 0
	}
	return uint64(*counters.OutSegs), uint64(*counters.RetransSegs)
}

// descriptors counts the open files of this process.
func descriptors() int {
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0
	}
	return len(entries)
}

// killGroup kills what is left of a process group and returns how many processes that were.
func killGroup(group int) (left int) {
	if unix.Kill(-group, 0) == unix.ESRCH {
		return 0 // most often; to look at every process of the system takes milliseconds
	}
	procs, err := procfs.AllProcs()
	if err != nil {
		return 0
	}
	for _, p := range procs {
		if stat, err := p.Stat(); err == nil && stat.PGRP == group && stat.State != "Z" {
			left++
		}
	}
	if left > 0 {
		unix.Kill(-group, unix.SIGKILL)
	}
	return left
}
