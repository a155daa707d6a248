package agent

import (
	"context"
	"os"
	"time"

	"socketbench/experiments/environ"
	"socketbench/experiments/host"
	"socketbench/patterns/proc"
)

// Seen is what an agent has read in the window: of its machine, of the server and of the generator, as far as it has them.
type Seen struct {
	From, To Reading    // just before the window's start, and at its end
	Middle   host.Usage // of the server, its CPU time alone, in the middle
	Peak     Peak
	Whole    bool // the server was read at both ends
}

// Reading is everything that is read at one moment.
type Reading struct {
	Machine    host.Machine
	Server     host.Usage
	Served     bool // Server could be read
	Snapshot   host.Snapshot
	Told       bool             // Snapshot could be read
	Dropped    int64            // datagrams, at the server's socket
	Datagrams  bool             // Dropped is known
	Changes    []environ.Change // of the environment of a foreign server's processes
	Outside    string           // where the server may run beside its CPUs; "": nowhere
	Generator  host.Usage
	Generating bool       // Generator could be read
	Self       host.Usage // CPU time of the agent's own process
}

// Peak is the most that was seen of what has no counter.
type Peak struct {
	RSS        uint64 // bytes; 0: not known
	Threads    int
	Processes  int
	Goroutines int // 0: not known
}

// readAhead is how long before the window the server is read. Reading takes milliseconds on a slow machine, and this
// process shares the generator's CPU.
const readAhead = 10 * time.Millisecond

// Several agents may be on one machine. If all of them read at once, no generator there gets a CPU meanwhile. So each agent
// that only loads reads at a moment of its own: up to readSpread before the server is read, in the second half of the warm-up,
// and up to as long after the window.
const readSpread = 256 * time.Millisecond

// turn is this agent's own moment within a time in which all agents read. It goes by which part of the load the agent plays,
// so that no two share a moment, and each has the same one in all trials; 0 for the agent that serves.
func (t *trial) turn(within int64) int64 {
	if t.server != nil {
		return 0
	}
	return within * int64(t.part.First+1) / int64(t.part.Parts+1)
}

// watch reads just before the window's start, once in its middle, and at its end.
func (t *trial) watch(ctx context.Context, w Window) {
	seen := &t.outcome.Seen
	half := (w.Start - w.First) / 2
	ahead := min(int64(readAhead), half)
	if !until(ctx, w.Start-ahead-t.turn(min(half-ahead, int64(readSpread)))) {
		return
	}
	seen.From = t.read(ctx)
	seen.note(seen.From)
	if t.server != nil {
		if !until(ctx, (w.Start+w.End)/2) {
			return
		}
		seen.Middle, _ = host.ReadCPU(t.server.PID)
		// A snapshot costs the server about 20 µs. A more exact peak is not worth more snapshots.
		if s, ok, err := t.server.Snapshot(ctx); err == nil && ok {
			seen.note(Reading{Snapshot: s, Told: true})
		}
	}
	if !until(ctx, w.End+t.turn(int64(readSpread))) {
		return
	}
	seen.To = t.read(ctx)
	seen.note(seen.To)
	seen.Whole = seen.From.Served && seen.To.Served
}

// until waits for a moment on proc.Clock and reports whether it came.
func until(ctx context.Context, at int64) bool { return Pause(ctx, time.Duration(at-proc.Clock())) }

// Pause waits, and reports whether ctx had not ended by then.
func Pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}

func (t *trial) read(ctx context.Context) (r Reading) {
	var err error
	// What takes longest to read comes last: the server may have thousands of threads.
	r.Machine, _ = host.ReadMachine()
	r.Self.CPU, _ = proc.CPUTime(os.Getpid())
	r.Self.At = time.Duration(proc.Clock())
	if t.generator != nil {
		r.Generator, err = host.ReadUsage(t.generator.PIDs()...)
		r.Generating = err == nil
	}
	if t.server == nil {
		return r
	}
	r.Dropped, r.Datagrams = t.server.Dropped()
	if r.Server, err = host.ReadUsage(t.server.PID); err == nil {
		r.Served = true
		r.Outside = host.Outside(r.Server.PIDs, t.placement.Server)
		if t.server.Foreign {
			r.Changes = t.server.Environment(r.Server.PIDs)
		}
	}
	if s, ok, err := t.server.Snapshot(ctx); err == nil {
		r.Snapshot, r.Told = s, ok
	}
	return r
}

func (s *Seen) note(r Reading) {
	p := &s.Peak
	if r.Served {
		p.RSS = max(p.RSS, r.Server.Peak)
		p.Threads = max(p.Threads, r.Server.Threads)
		p.Processes = max(p.Processes, r.Server.Processes)
	}
	if r.Told {
		p.Goroutines = max(p.Goroutines, r.Snapshot.Goroutines)
	}
}
