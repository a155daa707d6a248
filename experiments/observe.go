package experiments

import (
	"context"
	"os"
	"time"

	"socketbench/experiments/environ"
	"socketbench/experiments/host"
	"socketbench/experiments/load"
	"socketbench/experiments/reason"
	"socketbench/patterns/proc"
)

// observation is everything that is read of the server at one moment.
type observation struct {
	usage    host.Usage
	used     bool // usage could be read
	machine  host.Machine
	snapshot host.Snapshot
	told     bool // snapshot could be read
	changes  []environ.Change

	generator  host.Usage
	generating bool       // generator could be read
	self       host.Usage // CPU time of this process alone
}

// readAhead is how long before the window the server is read. Reading takes milliseconds on a slow machine, and this
// process shares the generator's CPU.
const readAhead = 10 * time.Millisecond

// watch reads the server just before the window's start, once in its middle, and at its end.
func (m *measurement) watch(ctx context.Context, w load.Window) {
	if !until(ctx, w.Start.Add(-min(readAhead, m.cell.Load.Warmup/2))) {
		return
	}
	m.from = m.read(ctx)
	m.note(m.from)
	m.placed(m.from, "before")
	m.tuned()
	m.equipped()
	if !until(ctx, w.Start.Add(m.window/2)) {
		return
	}
	m.middle, _ = host.ReadCPU(m.server.PID)
	// A snapshot costs the server about 20 µs. A more exact peak is not worth more snapshots.
	if s, ok, err := m.server.Snapshot(ctx); err == nil && ok {
		m.note(observation{snapshot: s, told: true})
	}
	if !until(ctx, w.End) {
		return
	}
	m.to = m.read(ctx)
	m.note(m.to)
	m.placed(m.to, "at the end of")
	m.stillTuned()
	m.stillEquipped()
	m.whole = m.from.used && m.to.used
}

// placed checks that the server's processes run on the CPUs of the placement.
func (m *measurement) placed(r observation, when string) {
	if !r.used {
		return
	}
	if where := host.Outside(r.usage.PIDs, m.placement.Server); where != "" {
		m.invalid(reason.Settings, "%s the window the server was not confined to its CPUs: %s", when, where)
	}
}

// until waits for a moment and reports whether it came.
func until(ctx context.Context, at time.Time) bool {
	t := time.NewTimer(time.Until(at))
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (m *measurement) read(ctx context.Context) (r observation) {
	var err error
	// What takes longest to read comes last: the server may have thousands of threads.
	r.machine, _ = host.ReadMachine()
	r.self.CPU, _ = proc.CPUTime(os.Getpid())
	r.self.At = time.Now()
	r.generator, err = host.ReadUsage(m.player.PIDs()...)
	r.generating = err == nil
	if r.usage, err = host.ReadUsage(m.server.PID); err == nil {
		r.used = true
		if m.server.Foreign {
			r.changes = m.server.Environment(r.usage.PIDs)
		}
	}
	if s, ok, err := m.server.Snapshot(ctx); err == nil {
		r.snapshot, r.told = s, ok
	}
	return r
}

func (m *measurement) note(r observation) {
	if r.used {
		m.peak.used = true
		m.peak.usage.Peak = max(m.peak.usage.Peak, r.usage.Peak)
		m.peak.usage.Threads = max(m.peak.usage.Threads, r.usage.Threads)
		m.peak.usage.Processes = max(m.peak.usage.Processes, r.usage.Processes)
	}
	if r.told {
		m.peak.told = true
		m.peak.snapshot.Goroutines = max(m.peak.snapshot.Goroutines, r.snapshot.Goroutines)
	}
}
