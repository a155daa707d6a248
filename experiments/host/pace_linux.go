package host

import (
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/patterns/proc"
)

// What a pace is measured with.
const (
	paceBatches  = 12                   // of arithmetic on each CPU
	paceRounds   = 20_000               // in such a batch: some 20 µs
	lineBatches  = 16                   // of a cache line between two CPUs
	lineTrips    = 50                   // round trips in such a batch: 4 to 20 µs
	linePatience = 2 * time.Millisecond // with a CPU that does not send the line back
)

// Pace measures how fast cpus are at the moment, in ways that no counter of a virtual machine shows:
//
//   - "cpuN": the time that CPU N takes for a fixed piece of arithmetic. It is longer while the host runs a neighbour on the
//     other hardware thread of the core: the CPU is there, but its core executes the instructions of two.
//   - "cpuN-cpuM": the time of 50 round trips of a cache line between the first CPU and another. It is several times longer
//     while the host runs the two on cores that do not share a cache. Then all that a client and a server on the two CPUs
//     hand over to each other takes longer, and each of them is charged with more CPU time for a request.
//
// A figure is the least of several batches: what interrupts a thread makes some of them longer, and a slow CPU all. What
// cannot be measured is absent, because a CPU is busy or cannot be used. Pace blocks for about a millisecond. The caller's
// CPUs stay as they are. GOMAXPROCS is raised where it is too low for two threads to run at the same time, as it is in a
// process that may use one CPU only.
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
	each := make([][]time.Duration, len(cpus))
	onEach(cpus, func(i int) { each[i] = compute() })
	for i, cpu := range cpus {
		keep(fmt.Sprintf("cpu%d", cpu), each[i])
		if i > 0 {
			keep(fmt.Sprintf("cpu%d-cpu%d", cpus[0], cpu), exchange(cpus[0], cpu))
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
