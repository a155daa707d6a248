package host

import "time"

// Usage is what a process tree has used so far, as the kernel tells it.
type Usage struct {
	At          time.Duration // when it was read, on proc.Clock
	CPU         time.Duration // exact
	User, Sys   time.Duration // of CPU, sampled by the kernel in steps of 10 ms
	Voluntary   uint64        // context switches because a thread waited
	Involuntary uint64        // context switches because another thread was due
	Wait        time.Duration // for which threads were ready to run and had no CPU, summed over the threads
	Waits       bool          // the kernel tells Wait
	Reads       uint64        // read(2) and its like; recv and io_uring are not counted by the kernel
	Writes      uint64
	RSS, Peak   uint64 // bytes resident now, and the most so far
	Threads     int
	Processes   int
	PIDs        []int // of the tree, the root first
}

// Since is what was used between earlier and u. Levels (RSS, Peak, Threads, Processes) are those of u.
func (u Usage) Since(earlier Usage) Usage {
	d := u
	d.CPU -= earlier.CPU
	d.User -= earlier.User
	d.Sys -= earlier.Sys
	d.Voluntary = since(u.Voluntary, earlier.Voluntary)
	d.Involuntary = since(u.Involuntary, earlier.Involuntary)
	d.Wait, d.Waits = max(0, u.Wait-earlier.Wait), u.Waits && earlier.Waits
	d.Reads = since(u.Reads, earlier.Reads)
	d.Writes = since(u.Writes, earlier.Writes)
	return d
}

// since is a difference of counters. They go back when a thread or a process of the tree has ended; then it is 0.
func since(now, then uint64) uint64 {
	if now < then {
		return 0
	}
	return now - then
}

// CPU is what one CPU did so far.
type CPU struct {
	Idle    time.Duration // waiting for input and output included
	SoftIRQ time.Duration
	Steal   time.Duration // that the hypervisor gave to others
}

// Machine is what the CPUs of the machine did so far.
type Machine struct {
	At    time.Duration // when it was read, on proc.Clock
	CPUs  map[int]CPU
	Steal time.Duration // over all CPUs
	Busy  time.Duration // over all CPUs, steal included
	Total time.Duration

	Sent, Resent uint64 // TCP segments of its network, and how many of them were sent again; 0: not known
}

// SoftIRQSince is the time that cpus spent on soft interrupts between earlier and m.
func (m Machine) SoftIRQSince(earlier Machine, cpus []int) (total time.Duration) {
	for _, c := range cpus {
		total += m.CPUs[c].SoftIRQ - earlier.CPUs[c].SoftIRQ
	}
	return total
}

// StolenSince is the time between earlier and m that the hypervisor took from cpus.
func (m Machine) StolenSince(earlier Machine, cpus []int) (total time.Duration) {
	for _, c := range cpus {
		total += m.CPUs[c].Steal - earlier.CPUs[c].Steal
	}
	return total
}

// BusySince is the time between earlier and m in which cpus were not idle, steal included. The kernel counts idle time
// exactly and tells it in steps of 10 ms.
func (m Machine) BusySince(earlier Machine, cpus []int) time.Duration {
	busy := time.Duration(len(cpus)) * (m.At - earlier.At)
	for _, c := range cpus {
		busy -= m.CPUs[c].Idle - earlier.CPUs[c].Idle
	}
	return max(0, busy)
}

// StealSince is the share of all CPU time between earlier and m that the hypervisor gave to others.
func (m Machine) StealSince(earlier Machine) float64 {
	total := m.Total - earlier.Total
	if total <= 0 {
		return 0
	}
	return float64(m.Steal-earlier.Steal) / float64(total)
}
