//go:build !linux

package host

import (
	"fmt"
	"runtime"
)

func (e *examination) cpus(Facts) {
	e.add("CPUs", Warning, fmt.Sprintf("%d, and processes cannot be placed on them", runtime.NumCPU()),
		"server and generator share them here; placement needs Linux")
}

func (e *examination) platform(f Facts) {
	e.add("platform", Warning, f.OS, "costs, limits and half of the designs need Linux; what is asked of latency is answered")
}
