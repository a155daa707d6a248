package host

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"socketbench/patterns/proc"
)

// What a pace is measured with.
const (
	paceBatches  = 12                   // of arithmetic on each CPU
	paceRounds   = 20_000               // in such a batch: some 20 µs
	lineBatches  = 16                   // of a cache line between two CPUs
	lineTrips    = 50                   // round trips in such a batch: 4 to 20 µs
	linePatience = 2 * time.Millisecond // with a CPU that does not send the line back
	wakeBatches  = 4                    // of wake-ups between two CPUs
	wakeTrips    = 5                    // round trips in such a batch: some 200 µs
	wakePatience = 10 * time.Millisecond
	loopBatches  = 6  // of messages through a connection on each CPU
	loopTrips    = 10 // in such a batch: some 60 µs
)

// Pace measures how fast cpus are at the moment, in ways that no counter of a virtual machine shows:
//
//   - "cpuN": the time that CPU N takes for a fixed piece of arithmetic. It is longer while the host runs a neighbour on the
//     other hardware thread of the core: the CPU is there, but its core executes the instructions of two.
//   - "cpuN-loopback": the time of 10 messages through a TCP connection whose two ends are of one thread on CPU N. It shows what
//     the system's part of a request costs. A neighbour on the same core who drives the system's code out of the caches makes
//     it a third longer, and arithmetic, which is always in them, no slower.
//   - "cpuN-cpuM": the time of 50 round trips of a cache line between the first CPU and another. It is several times longer
//     while the host runs the two on cores that do not share a cache. Then all that a client and a server on the two CPUs
//     hand over to each other takes longer, and each of them is charged with more CPU time for a request.
//   - "cpuN-cpuM-wake": the time of 5 round trips between threads of the two that sleep until the other wakes them, as a
//     client and a server do that have nothing else to do. A CPU of a virtual machine that sleeps is the host's. How soon it
//     is there again depends on whether the host still waits for it, and for how long the host does so changes: where such
//     wake-ups took 20 µs, those after a longer sleep took 160 µs, and at other times on the same machine 50 and 70.
//
// A figure is the least of several batches: what interrupts a thread makes some of them longer, and a slow CPU all. Of wake-
// ups it is the median, because two threads now and then find each other awake. What cannot be measured is absent, because a
// CPU is busy or cannot be used. Pace blocks for about three milliseconds. The caller's CPUs stay as they are. GOMAXPROCS is
// raised where it is too low for two threads to run at the same time, as it is in a process that may use one CPU only.
func Pace(cpus []int) map[string]time.Duration {
	if threads := len(cpus) + 1; runtime.GOMAXPROCS(0) < threads {
		runtime.GOMAXPROCS(threads)
	}
	paces := map[string]time.Duration{}
	keep := func(name string, took []time.Duration) {
		if len(took) > 0 {
			paces[name] = slices.Min(took)
		}
	}
	arithmetic, loopback := make([][]time.Duration, len(cpus)), make([][]time.Duration, len(cpus))
	onEach(cpus, func(i int) { arithmetic[i], loopback[i] = compute(), converse() })
	for i, cpu := range cpus {
		keep(fmt.Sprintf("cpu%d", cpu), arithmetic[i])
		keep(fmt.Sprintf("cpu%d-loopback", cpu), loopback[i])
		if i > 0 {
			between := fmt.Sprintf("cpu%d-cpu%d", cpus[0], cpu)
			keep(between, exchange(cpus[0], cpu))
			if took := wake(cpus[0], cpu); len(took) > 0 {
				slices.Sort(took)
				paces[between+"-wake"] = took[len(took)/2]
			}
		}
	}
	return paces
}

// onEach calls work on a thread of each CPU, at the same time, where that can be had. It passes the position in cpus.
func onEach(cpus []int, work func(i int)) {
	var all sync.WaitGroup
	for i, cpu := range cpus {
		all.Go(func() {
			runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
			if proc.ConfineThread([]int{cpu}) == nil {
				work(i)
			}
		})
	}
	all.Wait()
}

// compute measures the CPU of the calling thread. It returns the time of each batch.
func compute() []time.Duration {
	took, sum := make([]time.Duration, paceBatches), uint64(0)
	for i := range took {
		start := time.Now()
		sum += arithmetic(paceRounds)
		took[i] = time.Since(start)
	}
	if sum == 0 { // never; but the sum must be wanted, or nothing need be computed
		return nil
	}
	return took
}

// arithmetic computes six chains that do not depend on each other, so that they occupy all arithmetic units of a core. They
// take longer as soon as another thread of the core uses some of the units. One chain alone would leave most of them idle,
// and be as fast as ever.
//
//go:noinline
func arithmetic(rounds int) uint64 {
	a, b, c, d, e, f := uint64(1), uint64(2), uint64(3), uint64(4), uint64(5), uint64(6)
	for range rounds {
		a += a>>3 ^ 0x9e37
		b += b>>5 ^ 0x79b9
		c += c>>7 ^ 0x7f4a
		d += d>>3 ^ 0x7c15
		e += e>>5 ^ 0x1234
		f += f>>7 ^ 0x5678
	}
	return a ^ b ^ c ^ d ^ e ^ f
}

// converse sends messages from one end of a connection over loopback to the other. It returns the time of each batch; none where
// there is no loopback. Nothing of the connection is left: it is reset, so that it does not keep a port.
func converse() (took []time.Duration) {
	var open []int
	defer func() {
		for _, fd := range open {
			unix.SetsockoptLinger(fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1})
			unix.Close(fd)
		}
	}()
	socket := func() int {
		fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
		if err == nil {
			open = append(open, fd)
		}
		return fd
	}
	listener, client := socket(), socket()
	if len(open) < 2 || unix.Bind(listener, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}) != nil || unix.Listen(listener, 1) != nil {
		return nil
	}
	address, err := unix.Getsockname(listener)
	if err != nil || unix.Connect(client, address) != nil {
		return nil
	}
	server, _, err := unix.Accept4(listener, unix.SOCK_CLOEXEC)
	if err != nil {
		return nil
	}
	open = append(open, server)
	for _, fd := range open[1:] {
		patience := unix.NsecToTimeval(linePatience.Nanoseconds())
		unix.SetsockoptTimeval(fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &patience)
		unix.SetsockoptInt(fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1)
	}
	message := make([]byte, 64)
	for batch := range loopBatches {
		start := time.Now()
		for range loopTrips {
			if n, err := unix.Write(client, message); n != len(message) || err != nil {
				return took
			}
			if n, err := unix.Read(server, message); n != len(message) || err != nil {
				return took
			}
		}
		if batch > 0 { // the first one has warmed the caches
			took = append(took, time.Since(start))
		}
	}
	return took
}

// exchange sends a cache line from one CPU to another and back. It returns the time of each batch that was completed.
func exchange(one, other int) (took []time.Duration) {
	line := new(struct {
		_    [2048]byte // nothing else is on the line, nor on those that are fetched with it
		turn atomic.Uint32
		_    [2044]byte
	})
	until := time.Now().Add(linePatience)
	onEach([]int{one, other}, func(i int) {
		for batch := range lineBatches {
			start := time.Now()
			for trip := range lineTrips {
				turn := uint32(2*(batch*lineTrips+trip) + i)
				for spins := 1; line.turn.Load() != turn; spins++ {
					if spins%1024 == 0 && time.Now().After(until) {
						return
					}
				}
				line.turn.Store(turn + 1)
			}
			if i == 0 && batch > 0 { // the first one has waited for the other thread
				took = append(took, time.Since(start))
			}
		}
	})
	return took
}

// wake lets a thread on one CPU and a thread on another wake each other in turn. It returns the time of each batch of round
// trips that was completed.
func wake(one, other int) (took []time.Duration) {
	var bells [2]int // eventfd(2): a counter that a thread sleeps for until it is above 0
	for i := range bells {
		fd, err := unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK)
		if err != nil {
			return nil
		}
		defer unix.Close(fd)
		bells[i] = fd
	}
	ring := binary.NativeEndian.AppendUint64(nil, 1)
	until := time.Now().Add(wakePatience)
	onEach([]int{one, other}, func(i int) {
		heard := make([]byte, 8)
		hear := func() bool {
			for time.Now().Before(until) {
				n, err := unix.Poll([]unix.PollFd{{Fd: int32(bells[i]), Events: unix.POLLIN}}, int(wakePatience.Milliseconds()))
				if n == 1 && err == nil {
					_, err = unix.Read(bells[i], heard)
					return err == nil
				}
			}
			return false
		}
		for batch := range wakeBatches {
			start := time.Now()
			for range wakeTrips {
				if i == 1 && !hear() {
					return
				}
				unix.Write(bells[1-i], ring)
				if i == 0 && !hear() {
					return
				}
			}
			if i == 0 && batch > 0 { // the first one has waited for the other thread
				took = append(took, time.Since(start))
			}
		}
	})
	return took
}
