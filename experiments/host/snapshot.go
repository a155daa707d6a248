package host

import (
	"math"
	"runtime/metrics"
)

// runtimeFigures reads the Go runtime's own counters, without stopping the world.
func runtimeFigures() Snapshot {
	samples := []metrics.Sample{
		{Name: "/sched/goroutines:goroutines"},
		{Name: "/gc/cycles/total:gc-cycles"},
		{Name: "/sched/pauses/total/gc:seconds"},
		{Name: "/memory/classes/heap/objects:bytes"},
		{Name: "/memory/classes/heap/stacks:bytes"},
		{Name: "/gc/heap/allocs:objects"},
		{Name: "/sched/gomaxprocs:threads"},
		{Name: "/gc/gogc:percent"},
		{Name: "/gc/gomemlimit:bytes"},
	}
	metrics.Read(samples)
	return Snapshot{
		Goroutines: int(samples[0].Value.Uint64()),
		GCCount:    uint32(samples[1].Value.Uint64()),
		GCPause:    int64(total(samples[2].Value.Float64Histogram()) * 1e9),
		Heap:       samples[3].Value.Uint64(),
		Stacks:     samples[4].Value.Uint64(),
		Mallocs:    samples[5].Value.Uint64(),
		Tuning:     tuning(samples[6].Value.Uint64(), samples[7].Value.Uint64(), samples[8].Value.Uint64()),
	}
}

// tuning puts what the runtime tells into the words of an experiment: it has the largest numbers for "off" and "none".
func tuning(procs, gogc, limit uint64) Tuning {
	t := Tuning{GOMAXPROCS: int(procs), GOGC: -1}
	if gogc < math.MaxInt32 {
		t.GOGC = int(gogc)
	}
	if limit < math.MaxInt64 {
		t.MemoryLimit = int64(limit)
	}
	return t
}

// total estimates the sum behind a histogram of the runtime's from the middles of its buckets, which
// are a few percent wide. The exact total is to be had only by stopping the world.
func total(h *metrics.Float64Histogram) (sum float64) {
	for i, n := range h.Counts {
		low, high := h.Buckets[i], h.Buckets[i+1]
		switch {
		case n == 0:
		case math.IsInf(low, -1):
			sum += float64(n) * high
		case math.IsInf(high, 1):
			sum += float64(n) * low
		default:
			sum += float64(n) * (low + high) / 2
		}
	}
	return sum
}
