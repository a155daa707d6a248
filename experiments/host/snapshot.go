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

// tuning turns the runtime's values into those of an experiment. The runtime has its largest numbers for "off" and "none".
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

// total estimates the sum of the values in one of the runtime's histograms from the middles of its buckets, which are a
// few percent wide. The exact total can be read only by stopping the world.
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
