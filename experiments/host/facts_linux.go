package host

import (
	"os"
	"strings"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"
)

// sysctls are the settings of the kernel that change what a socket server can do.
var sysctls = []string{
	"net.core.somaxconn",
	"net.core.rmem_default", "net.core.rmem_max", "net.core.wmem_default", "net.core.wmem_max",
	"net.ipv4.ip_local_port_range",
	"net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem",
	"net.ipv4.tcp_max_syn_backlog", "net.ipv4.tcp_congestion_control", "net.ipv4.tcp_tw_reuse",
	"net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_autocorking",
	"kernel.io_uring_disabled", "kernel.sched_autogroup_enabled", "kernel.threads-max", "kernel.pid_max",
	"vm.max_map_count", "vm.overcommit_memory", "fs.file-max", "fs.nr_open",
}

// limits are those of a shell (ulimit) that a server can meet.
var limits = map[string]int{
	"nofile": unix.RLIMIT_NOFILE, "nproc": unix.RLIMIT_NPROC, "memlock": unix.RLIMIT_MEMLOCK,
	"stack": unix.RLIMIT_STACK, "as": unix.RLIMIT_AS,
}

func (f *Facts) read() {
	var name unix.Utsname
	if unix.Uname(&name) == nil {
		f.Kernel = unix.ByteSliceToString(name.Release[:])
	}
	if b, err := os.ReadFile("/proc/sys/kernel/random/boot_id"); err == nil { // random(4)
		f.Boot = strings.TrimSpace(string(b))
	}
	for label, which := range limits {
		var l unix.Rlimit
		if unix.Getrlimit(which, &l) == nil {
			f.Limits[label] = l.Cur
		}
	}
	for _, key := range sysctls {
		if b, err := os.ReadFile("/proc/sys/" + strings.ReplaceAll(key, ".", "/")); err == nil {
			f.Sysctls[key] = strings.Join(strings.Fields(string(b)), " ")
		}
	}
	fs, err := procfs.NewDefaultFS()
	if err != nil {
		return
	}
	if cpus, err := fs.CPUInfo(); err == nil && len(cpus) > 0 {
		f.CPUModel = cpus[0].ModelName
	}
	if mem, err := fs.Meminfo(); err == nil && mem.MemTotalBytes != nil {
		f.Memory = *mem.MemTotalBytes
		if mem.MemAvailableBytes != nil {
			f.Available = *mem.MemAvailableBytes
		}
	}
}

// Virtual reports whether this is a virtual machine.
func Virtual() bool {
	b, err := os.ReadFile("/proc/cpuinfo")
	return err == nil && strings.Contains(string(b), " hypervisor")
}
