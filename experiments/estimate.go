package experiments

import (
	"time"

	"socketbench/experiments/plan"
	"socketbench/servers"
)

// length is the time of a trial that is warm-up or window.
func length(c plan.Cell) time.Duration { return c.Load.Warmup + c.Load.Duration }

// lasted is how much of a trial was warm-up and window. Where no client could connect, or it was ended early, that is
// less than the plan says: never more than the trial itself took.
func (m *measurement) lasted() time.Duration {
	return min(length(m.cell), time.Duration(m.trial.Seconds*float64(time.Second)))
}

// What a trial takes beside its load, until a run has measured it: processes start and end, a program in another
// language has an interpreter to start, and each connection is opened and closed.
const (
	startAndStop = 50 * time.Millisecond
	startForeign = 200 * time.Millisecond
	openAndClose = 70 * time.Microsecond
	unanswered   = 2 * time.Second // until the generator gives up waiting for the first answers of idle clients
	unconnected  = 8 * time.Second // the same, where the server's backlog is full and most of them do not even connect
	backlog      = 4096            // of a listener, as Linux has it
	wave         = 128             // idle clients that connect at once
)

// beside estimates that for a cell.
func beside(c plan.Cell, registry servers.Registry) time.Duration {
	d := startAndStop + time.Duration(c.Load.Clients())*openAndClose
	if foreign(c, registry) {
		d += startForeign
	}
	entry, _ := registry.Lookup(c.Server) // a command of the user's has no traits
	most := entry.Traits.Capacity(c.Config)
	if most > 0 && c.Load.Idle > most+backlog {
		d += unconnected
	}
	if asksNothing(c) { // its idle clients need only connect
		return d
	}
	if most > 0 && c.Load.Idle > most {
		return d + unanswered
	}
	// Each wave of idle clients is answered in a round, which waits at all those before it.
	return d + entry.Traits.PerConn*time.Duration(c.Load.Idle*c.Load.Idle/wave)
}

// Estimate is about how long a plan takes up to its cap of blocks. A server that is slow to take its clients may
// need longer than can be known before.
func Estimate(p plan.Plan, registry servers.Registry) (total time.Duration) {
	for _, t := range p.Trials {
		c := p.Cells[t.Cell]
		total += length(c) + beside(c, registry)
	}
	for _, s := range p.Searches {
		total += usualProbes * (probeWarmup(s) + shortestProbe + beside(s.Cell, registry))
	}
	return total
}

// Longest is how long a plan can take whose estimate is usual: a quarter of its trials is run again if so many are invalid,
// and beside them it may wait for the usual pace of the CPUs. The searches of a headroom come on top.
func Longest(usual time.Duration) time.Duration {
	return time.Duration((1 + invalidShare + patience) * float64(usual))
}

// left estimates the time to the end of the plan: what its loads last, and for each trial what starting and storing has
// taken so far.
func (r *runner) left() (left time.Duration) {
	scale := 1.0 // of what was expected
	if r.expected > 0 {
		scale = max(0, float64(time.Since(r.began)-r.measured)/float64(r.expected))
	}
	blocks := r.Plan.Blocks()
	for n := range blocks {
		block := r.wanted(blocks, n)
		missing := r.repeats(block)
		for _, t := range block {
			if _, done := r.done[t.Order]; !done {
				missing = append(missing, t)
			}
		}
		for _, t := range missing {
			c := r.Plan.Cells[t.Cell]
			left += length(c) + time.Duration(scale*float64(beside(c, r.Registry)))
		}
	}
	return left
}
