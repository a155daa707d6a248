package host

import (
	"runtime"
	"slices"
)

// Facts are what a machine is, as far as it matters to a measurement.
type Facts struct {
	OS, Arch  string
	Kernel    string // release; "": not known here
	Boot      string // the same for all processes of a machine until it boots again; "": not known here
	CPUModel  string
	CPUs      []int             // that this process may use; none: not known here
	Cores     [][]int           // the same, grouped by the physical core that they are threads of
	Unplaced  string            // why this process may not choose among them; "": it may
	Virtual   bool              // it is a virtual machine
	NumCPU    int               // as Go counts them
	Memory    uint64            // bytes
	Available uint64            // bytes of it that programs can have
	Limits    map[string]uint64 // soft limits by the names of limits.conf(5): nofile, nproc, memlock, stack, as; the largest number is none
	Sysctls   map[string]string // by their names, such as net.core.somaxconn
}

// ReadFacts reads them. What is not known is left out.
func ReadFacts() Facts {
	f := Facts{OS: runtime.GOOS, Arch: runtime.GOARCH, Limits: map[string]uint64{}, Sysctls: map[string]string{}}
	f.Cores, f.Virtual, f.NumCPU = cores(), Virtual(), runtime.NumCPU()
	f.CPUs = slices.Concat(f.Cores...)
	f.Unplaced = unplaced()
	f.read()
	if most, used := cgroup("memory.max"), cgroup("memory.current"); most > 0 {
		f.Available = min(f.Available, most-min(most, used))
	}
	return f
}

// Placement is [NewPlacement] on the machine that the facts are of.
func (f Facts) Placement(name string) (Placement, error) {
	return newPlacement(name, f.Cores, f.Unplaced)
}
