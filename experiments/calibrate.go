package experiments

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"socketbench/experiments/disturb"
	"socketbench/experiments/load"
	"socketbench/experiments/metric"
	"socketbench/experiments/plan"
	"socketbench/experiments/reason"
	"socketbench/experiments/result"
)

// A CapacityError is a server whose capacity cannot be measured, so that loads that are shares of it mean nothing.
type CapacityError struct {
	Server string
	Fault  reason.Fault // what the server did
	Stderr string       // the end of what it printed, quoted
}

func (e *CapacityError) Error() string {
	said := ""
	if e.Stderr != "" {
		said = "; its last words: " + e.Stderr
	}
	return fmt.Sprintf("utilization: what %s carries cannot be measured, because it %s%s; mend it, name another server with utilization_of, or give load.rate in requests/s", e.Server, e.Fault, said)
}

// calibrate measures what the plan's utilizations are shares of, and freezes the loads that they come to into the plan.
// It takes a second or two for each search, beside what is waited for the usual pace, and stores nothing. A plan without
// utilizations stays as it is.
func (r *runner) calibrate(ctx context.Context) error {
	searches := r.Plan.Searches
	if len(searches) == 0 {
		return nil
	}
	var capacities []result.Capacity
	var loads []result.Frozen
	for i, wanted := range searches {
		r.Emit(Searching{Search: wanted, Number: i + 1, Of: len(searches)})
		began, waited := time.Now(), r.waited
		s := search{shape: wanted.Cell.Load, warmup: probeWarmup(wanted)}
		s.found = result.Capacity{Cell: wanted.Cell.ID, Connections: wanted.Cell.Load.Connections, Why: wanted.Why}
		s.probe = func(o load.Options) (reading, error) {
			return r.probe(ctx, wanted.Cell, o, r.Plan.Seed+uint64(len(s.found.Attempts)))
		}
		found, err := s.loads(wanted, i)
		if err != nil {
			return err
		}
		s.found.Seconds, s.found.Waited = time.Since(began).Seconds(), (r.waited - waited).Seconds()
		capacities, loads = append(capacities, s.found), append(loads, found...)
		r.Emit(Found{Capacity: s.found, Loads: found})
	}
	// Which trials are disturbed follows from the trials alone, so that a run decides the same when it is resumed.
	r.seen = disturb.Run{}
	var err error
	r.Plan, err = r.Plan.Freeze(capacities, loads)
	return err
}

// probeWarmup is how long a server is warmed up for a search: as long as the trials warm it up, within bounds.
func probeWarmup(wanted plan.Search) (d time.Duration) {
	for _, w := range wanted.For {
		d = max(d, w.Load.Warmup)
	}
	return min(max(d, leastWarmup), mostWarmup)
}

// loads finds a capacity, and what the utilizations that are shares of it come to.
func (s *search) loads(wanted plan.Search, number int) (list []result.Frozen, err error) {
	if err := s.capacity(); err != nil {
		return nil, err
	}
	thinks := map[float64]time.Duration{}
	for _, w := range wanted.For {
		pause, known := thinks[w.Shares.Think]
		if w.Shares.Think > 0 && !known {
			if pause, err = s.think(w.Shares.Think); err != nil {
				return nil, err
			}
			thinks[w.Shares.Think] = pause
		}
		f := frozen(w, number, s.found.Rate)
		f.Think = pause
		list = append(list, f)
	}
	return list, nil
}

// frozen is what the utilizations of a condition come to, but for its pause.
func frozen(w plan.Wanted, number int, capacity float64) result.Frozen {
	return result.Frozen{
		Condition: w.Condition, Capacity: number,
		Utilization: w.Shares.Rate, Rate: threeDigits(w.Shares.Rate * capacity),
		BurstUtilization: w.Shares.Peak, Peak: threeDigits(w.Shares.Peak * capacity),
		ThinkUtilization: w.Shares.Think,
	}
}

// slowAttempt is why an attempt in a slow stretch says little of the server. It is a clause.
const slowAttempt = "the CPUs were slower than is usual in the search"

// attempt measures a cell once under another load, and stores nothing. As a trial does, it waits for the usual pace: a rate
// that is found in a slow stretch stays wrong for the whole run. What is usual is what the attempts before it have shown, so
// that a stretch that covers a whole search is not seen. slow says that the CPUs were slow all the same. An error ends the
// search.
func (r *runner) attempt(ctx context.Context, cell plan.Cell, o load.Options, seed uint64) (m measurement, slow bool, err error) {
	cell.Load = o
	m = measurement{runner: r, planned: plan.Trial{Seed: seed >> 1}, cell: cell, uncounted: true, attempted: 1}
	raw := map[string]float64{}
	if m.await(ctx, raw) {
		r.carryOut(ctx, &m)
		slow = r.slow(ctx, &m, raw)
	}
	if ctx.Err() != nil {
		return m, slow, ctx.Err()
	}
	return m, slow, m.broken
}

// probe is an attempt of a search for a capacity.
func (r *runner) probe(ctx context.Context, cell plan.Cell, o load.Options, seed uint64) (reading, error) {
	m, slow, err := r.attempt(ctx, cell, o, seed)
	switch {
	case ctx.Err() != nil:
		return reading{}, ctx.Err()
	case err != nil:
		return reading{}, fmt.Errorf("experiments: utilization: %w", err)
	}
	switch fault := m.trial.Fault; fault.Kind {
	case reason.NotStarted, reason.Died, reason.Ended, reason.Nobody:
		return reading{}, &CapacityError{cell.Server, fault, m.trial.Stderr}
	}
	if m.load == nil {
		return reading{}, fmt.Errorf("experiments: utilization: what %s carries cannot be measured: %s", cell.Server, m.trial.Reasons)
	}
	metrics := m.trial.Metrics
	spoilt, late := doubts(m, slow)
	read := reading{offered: metrics[metric.OfferedRate], achieved: metrics[metric.AchievedRate], window: o.Duration,
		late: late || m.load.LowerBound, spoilt: spoilt}
	if read.achieved <= 0 {
		fault := cmp.Or(m.trial.Fault, reason.Fault{Kind: reason.Nobody, Detail: "no client got a reply"})
		return read, &CapacityError{cell.Server, fault, m.trial.Stderr}
	}
	return read, nil
}

// doubts says why an attempt tells little of the server, "" if it tells enough, and whether the generator was the limit. slow
// is whether the CPUs were slow.
func doubts(m measurement, slow bool) (spoilt string, late bool) {
	if slow {
		spoilt = slowAttempt
	}
	for _, why := range m.trial.Reasons {
		switch {
		case why.Warning:
		case why.Kind == reason.Generator:
			late = true
		default:
			spoilt = why.Text
		}
	}
	return spoilt, late
}

// slow reports whether the CPUs were slow just before or just after an attempt of a search, and remembers their paces. raw
// has those of before.
func (r *runner) slow(ctx context.Context, m *measurement, raw map[string]float64) bool {
	after, _ := m.pace(ctx) // the next attempt misses an agent that is lost now
	notePaces(raw, disturb.PaceAfter, after)
	r.seen.ComparePaces(raw)
	why, _ := r.seen.Add(m.cell.ID.Key(), m.planned.Order, disturb.Read(raw))
	return why != ""
}
