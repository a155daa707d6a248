package experiments

import (
	"cmp"
	"context"
	"fmt"
	"time"

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
// It takes a second or two for each search, and stores nothing. A plan without utilizations stays as it is.
func (r *runner) calibrate(ctx context.Context) error {
	searches := r.Plan.Searches
	if len(searches) == 0 {
		return nil
	}
	var capacities []result.Capacity
	var loads []result.Frozen
	for i, wanted := range searches {
		r.Emit(Searching{Search: wanted, Number: i + 1, Of: len(searches)})
		began := time.Now()
		s := search{shape: wanted.Cell.Load, warmup: probeWarmup(wanted)}
		s.found = result.Capacity{Cell: wanted.Cell.ID, Connections: wanted.Cell.Load.Connections, Why: wanted.Why}
		s.probe = func(o load.Options) (reading, error) {
			return r.probe(ctx, wanted.Cell, o, r.Plan.Seed+uint64(len(s.found.Attempts)))
		}
		found, err := s.loads(wanted, i)
		if err != nil {
			return err
		}
		s.found.Seconds = time.Since(began).Seconds()
		capacities, loads = append(capacities, s.found), append(loads, found...)
		r.Emit(Found{Capacity: s.found, Loads: found})
	}
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

// probe measures a cell once under another load.
func (r *runner) probe(ctx context.Context, cell plan.Cell, o load.Options, seed uint64) (reading, error) {
	cell.Load = o
	m := measurement{runner: r, planned: plan.Trial{Seed: seed >> 1}, cell: cell, uncounted: true, attempted: 1}
	m.measure(ctx)
	if ctx.Err() != nil {
		return reading{}, ctx.Err()
	}
	if m.broken != nil {
		return reading{}, fmt.Errorf("experiments: utilization: %w", m.broken)
	}
	switch fault := m.trial.Fault; fault.Kind {
	case reason.NotStarted, reason.Died, reason.Ended, reason.Nobody:
		return reading{}, &CapacityError{cell.Server, fault, m.trial.Stderr}
	}
	if m.load == nil {
		return reading{}, fmt.Errorf("experiments: utilization: what %s carries cannot be measured: %s", cell.Server, m.trial.Reasons)
	}
	metrics := m.trial.Metrics
	read := reading{offered: metrics[metric.OfferedRate], achieved: metrics[metric.AchievedRate], window: o.Duration, late: m.load.LowerBound}
	for _, why := range m.trial.Reasons {
		switch {
		case why.Warning:
		case why.Kind == reason.Generator:
			read.late = true
		default:
			read.spoilt = why.Text
		}
	}
	if read.achieved <= 0 {
		fault := cmp.Or(m.trial.Fault, reason.Fault{Kind: reason.Nobody, Detail: "no client got a reply"})
		return read, &CapacityError{cell.Server, fault, m.trial.Stderr}
	}
	return read, nil
}
