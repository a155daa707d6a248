package servertest

import (
	"time"

	"github.com/prometheus/procfs"
)

// stalled returns for how long some thread of this machine was ready to run and had no CPU, since the machine started; 0:
// the system does not tell. See "Pressure Stall Information" in the kernel's documentation.
func stalled() time.Duration {
	fs, err := procfs.NewFS("/proc")
	if err != nil {
		return 0
	}
	cpu, err := fs.PSIStatsForResource("cpu")
	if err != nil || cpu.Some == nil {
		return 0
	}
	return time.Duration(cpu.Some.Total) * time.Microsecond
}
