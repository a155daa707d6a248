package host

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/procfs"
	"golang.org/x/sys/unix"

	"socketbench/patterns/proc"
)

func (e *examination) cpus(f Facts) {
	n := len(f.CPUs)
	found := fmt.Sprintf("%d usable of %s", n, f.CPUModel)
	if Virtual() {
		found += ", virtual"
	}
	switch {
	case f.Unplaced != "":
		e.add("CPUs", Warning, fmt.Sprintf("%d, and processes cannot be placed on them: %s", f.NumCPU, f.Unplaced),
			"server and generator share them here, and costs cannot be compared with those of placement split; measure outside of the container")
	case n < 2:
		e.add("CPUs", Stop, found, "server and generator need one each; use a machine with two, or --placement same and compare nothing with elsewhere")
	case n < 4:
		e.add("CPUs", Warning, found, "split leaves the server one CPU: verdicts say \"on 1 server CPU\", and what a design gains from several is not measured")
	default:
		e.add("CPUs", Fine, found, "")
	}
	if governors := read("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor"); governors != "" {
		e.add("frequency", grade(governors == "performance", Warning), "governor "+governors, "cpupower frequency-set -g performance")
	}
}

func read(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return ""
	}
	return strings.TrimSpace(string(b))
}

func (e *examination) platform(f Facts) {
	e.limits(f)
	e.network(f)
	e.clock()
	e.neighbours()
}

func (e *examination) limits(f Facts) {
	files := f.Limits["nofile"]
	switch {
	case files < 256:
		e.add("open files", Stop, fmt.Sprint(files), "ulimit -n 20000")
	case files < 11_000:
		e.add("open files", Warning, fmt.Sprint(files), "ulimit -n 20000, for experiments with 10,000 connections")
	default:
		e.add("open files", Fine, fmt.Sprint(files), "")
	}
	threads, _ := strconv.ParseUint(f.Sysctls["kernel.threads-max"], 10, 64)
	if own := f.Limits["nproc"]; own > 0 && own < threads {
		threads = own
	}
	e.add("threads", grade(threads == 0 || threads > 10_000, Warning), fmt.Sprint(threads), "ulimit -u 20000, for a thread a connection")
}

func (e *examination) network(f Facts) {
	var low, high int
	fmt.Sscan(f.Sysctls["net.ipv4.ip_local_port_range"], &low, &high)
	e.add("ports", grade(high-low >= 20_000, Warning), fmt.Sprintf("%d to %d", low, high),
		"sysctl net.ipv4.ip_local_port_range='10000 65000', for clients that come and go")
	backlog, _ := strconv.Atoi(f.Sysctls["net.core.somaxconn"])
	e.add("backlog", grade(backlog >= 1024, Warning), fmt.Sprint(backlog), "sysctl net.core.somaxconn=4096, for crowds that connect at once")
}

func (e *examination) clock() {
	source := read("/sys/devices/system/clocksource/clocksource0/current_clocksource")
	slow := []string{"hpet", "acpi_pm", "jiffies", "refined-jiffies"}
	e.add("clock", grade(!slices.Contains(slow, source), Warning), source, "a clock that needs the kernel is slow to read; see /sys/devices/system/clocksource")

	late := lateness(200)
	e.add("timers", grade(late <= 200*time.Microsecond, Warning), fmt.Sprintf("half of 50 µs waits end %v late", late.Round(time.Microsecond)),
		"latencies near this are the generator's; it spins where placement is split")
	lost, longest := gaps(300 * time.Millisecond)
	e.add("interruptions", grade(lost < 0.02, Warning),
		fmt.Sprintf("%.1f %% of the time lost in gaps over 50 µs, the longest %v", 100*lost, longest.Round(time.Microsecond)),
		"other processes or the hypervisor take the CPU; stop what else runs")
}

// lateness is the median of how late the system wakes a thread from n short waits.
func lateness(n int) time.Duration {
	const wait = 50 * time.Microsecond
	late := make([]time.Duration, n)
	for i := range late {
		ts := unix.NsecToTimespec(int64(wait))
		start := time.Now()
		unix.Nanosleep(&ts, nil)
		late[i] = time.Since(start) - wait
	}
	slices.Sort(late)
	return max(0, late[n/2])
}

// gaps reads the clock for a while and returns the share of time that passed in jumps over 50 µs, and
// the longest jump.
func gaps(length time.Duration) (lost float64, longest time.Duration) {
	var sum time.Duration
	start := time.Now()
	for last := start; last.Sub(start) < length; {
		now := time.Now()
		if gap := now.Sub(last); gap > 50*time.Microsecond {
			sum += gap
			longest = max(longest, gap)
		}
		last = now
	}
	return float64(sum) / float64(length), longest
}

// neighbours looks for half a second at what else uses the CPUs.
func (e *examination) neighbours() {
	a, err := ReadMachine()
	if err != nil {
		return
	}
	own, _ := proc.CPUTime(os.Getpid())
	time.Sleep(500 * time.Millisecond)
	b, err := ReadMachine()
	if err != nil {
		return
	}
	later, _ := proc.CPUTime(os.Getpid())
	steal := b.StealSince(a)
	switch {
	case steal > 0.05:
		e.add("steal", Stop, percent(steal), "the hypervisor gives these CPUs to others; measure when it is quiet, or elsewhere")
	default:
		e.add("steal", grade(steal < 0.01, Warning), percent(steal), "the hypervisor gives these CPUs to others now and then")
	}
	busy := (b.Busy - a.Busy - (b.Steal - a.Steal) - (later - own)).Seconds() / (b.At - a.At).Seconds()
	busy = max(0, busy)
	switch {
	case busy > 0.5:
		e.add("neighbours", Stop, fmt.Sprintf("%.2f CPUs busy with something else", busy), "stop it: top shows what it is")
	default:
		e.add("neighbours", grade(busy < 0.1, Warning), fmt.Sprintf("%.2f CPUs busy with something else", busy), "top shows what it is")
	}
	if fs, err := procfs.NewDefaultFS(); err == nil {
		if mem, err := fs.Meminfo(); err == nil && mem.MemAvailableBytes != nil {
			free := *mem.MemAvailableBytes
			e.add("memory", grade(free > 1<<30, Warning), fmt.Sprintf("%.1f GiB available", float64(free)/(1<<30)), "crowds of connections need about 1 GiB")
		}
	}
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }
