package host

import (
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/patterns/proc"
)

// What a pace is measured with: it takes less than half a millisecond.
const (
	mostPaced    = 4                    // CPUs
	paceRounds   = 20_000               // in a batch, which takes some 20 µs
	paceBatches  = 16                   // on each CPU
	pacePatience = 2 * time.Millisecond // with threads of other CPUs that have no turn
)

// Pace measures how long each of cpus takes for a fixed piece of arithmetic, all of them at the same time. It tells whether
// a CPU is slow at the moment. On a virtual machine that happens when the host runs a neighbour on the other hardware thread
// of a core, or two CPUs of this machine on the threads of one. No counter of the guest shows it, neither steal nor a wait:
// the CPU is there, and its core executes the instructions of two.
//
// The figure is the lower quartile of several batches: what interrupts the thread makes a few of them longer, and a slow CPU
// nearly all. At most four CPUs are measured. The CPUs of the caller stay as they are. A CPU that cannot be measured is
// absent.
func Pace(cpus []int) map[int]time.Duration {
	cpus = cpus[:min(len(cpus), mostPaced)]
	paces := make([]time.Duration, len(cpus))
	var ready atomic.Int32
	var all sync.WaitGroup
	for i, cpu := range cpus {
		all.Go(func() {
			runtime.LockOSThread() // never unlocked: the thread ends with the goroutine
			confined := proc.ConfineThread([]int{cpu}) == nil
			ready.Add(1)
			if confined {
				for began := time.Now(); int(ready.Load()) < len(cpus) && time.Since(began) < pacePatience; {
				}
				paces[i] = pace()
			}
		})
	}
	all.Wait()
	found := map[int]time.Duration{}
	for i, cpu := range cpus {
		if paces[i] > 0 {
			found[cpu] = paces[i]
		}
	}
	return found
}

// pace measures the CPU of the calling thread.
func pace() time.Duration {
	var took [paceBatches]time.Duration
	for i := range took {
		start := time.Now()
		arithmetic(paceRounds)
		took[i] = time.Since(start)
	}
	slices.Sort(took[:])
	return took[paceBatches/4-1]
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
