package host

import (
	"fmt"
	"os"
	"strconv"
	"strings"

	"socketbench/experiments/spec"
)

// Room is what the machine allows to the clients of a trial. Memory is what is free of the machine's and of its control
// group's.
func (f Facts) Room() spec.Limits {
	l := spec.Limits{Descriptors: int(min(f.Limits["nofile"], 1<<30)), Memory: f.Available}
	var first, last int
	if n, _ := fmt.Sscan(f.Sysctls["net.ipv4.ip_local_port_range"], &first, &last); n == 2 && first <= last {
		l.Ports = last - first + 1
	}
	return l
}

// cgroup is a number of the control group of a container; 0 where there is none, or no limit.
func cgroup(name string) uint64 {
	text, err := os.ReadFile("/sys/fs/cgroup/" + name)
	if err != nil {
		return 0
	}
	n, _ := strconv.ParseUint(strings.TrimSpace(string(text)), 10, 64) // "max" is none
	return n
}
