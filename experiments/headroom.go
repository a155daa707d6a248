package experiments

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"socketbench/experiments/load"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

const (
	longestPush = 5 * time.Second // window of a short trial; that of the cell, if it is shorter
	fastestPush = 2e6             // requests/s, as in an experiment file
	pushStreams = 1 << 32         // streams of random numbers that no block of the plan takes
)

// headroom searches, for each design that meets what is required or may do so, how much more load it takes until it fails.
// The rate of a cell is multiplied, and nothing else is changed. Each trial is in the manifest when the next one begins, so
// that a run that is resumed goes on with the search where it was.
func (r *runner) headroom(ctx context.Context) error {
	if !r.Plan.Experiment.Headroom {
		return nil
	}
	run, err := result.Load(r.Dir)
	if err != nil {
		return err
	}
	analysis, err := verdict.Judge(run)
	if err != nil {
		return err
	}
	designs := analysis.Searches()
	r.patience += time.Duration(patience * float64(EstimateHeadroom(r.Plan, r.Registry)))
	for _, searches := range designs {
		if err := r.headroomOf(ctx, analysis, searches); err != nil {
			return err
		}
	}
	return nil
}

// headroomOf searches the headroom of one design, condition by condition. It goes no further under a condition than
// under those before it, because the least counts.
func (r *runner) headroomOf(ctx context.Context, analysis verdict.Analysis, searches []result.Headroom) error {
	most := float64(verdict.MostTimes)
	for _, search := range searches {
		cell := r.Plan.Cells[slices.IndexFunc(r.Plan.Cells, func(c plan.Cell) bool { return c.ID.Key() == search.Cell.Key() })]
		at := slices.IndexFunc(r.manifest.Headrooms, func(h result.Headroom) bool { return h.Cell.Key() == search.Cell.Key() })
		if at < 0 {
			at = len(r.manifest.Headrooms)
			search.Rate, search.Most = cell.Load.Rate, min(most, max(1, fastestPush/cell.Load.Rate))
			r.manifest.Headrooms = append(r.manifest.Headrooms, search)
		}
		h := &r.manifest.Headrooms[at]
		played, err := r.climb(ctx, analysis, cell, h)
		if err != nil {
			return err
		}
		found := analysis.Found(*h)
		if played {
			r.Emit(Pushed{Headroom: found})
		}
		if most = found.Met; most == 0 {
			break
		}
	}
	return nil
}

// climb plays what is missing of one search. played reports whether anything was.
func (r *runner) climb(ctx context.Context, analysis verdict.Analysis, cell plan.Cell, h *result.Headroom) (played bool, err error) {
	for {
		times, more := analysis.Push(*h)
		if !more {
			return played, nil
		}
		began := time.Now()
		o := cell.Load
		o.Rate, o.Duration = threeDigits(times*h.Rate), min(o.Duration, longestPush)
		r.Emit(Pushing{Cell: cell, Times: times, Number: len(h.Pushes) + 1})
		// Every design sees the same arrivals at the same place in its search, and a load that is played again sees others.
		seed := rand.NewPCG(r.Plan.Seed, pushStreams+uint64(len(h.Pushes))).Uint64()
		p, err := r.push(ctx, cell, o, seed)
		if err != nil {
			return played, err
		}
		p.Times, played = times, true
		h.Pushes = append(h.Pushes, p)
		h.Seconds += time.Since(began).Seconds()
		r.measured += o.Warmup + o.Duration
		if err := r.writer.SetManifest(r.manifest); err != nil {
			return played, err
		}
	}
}

// push is one short trial of a search for headroom.
func (r *runner) push(ctx context.Context, cell plan.Cell, o load.Options, seed uint64) (result.Push, error) {
	m, slow, err := r.attempt(ctx, cell, o, seed)
	switch {
	case ctx.Err() != nil:
		return result.Push{}, ctx.Err()
	case err != nil:
		return result.Push{}, fmt.Errorf("experiments: headroom: %w", err)
	}
	p := result.Push{Rate: o.Rate, Fault: m.trial.Fault.String(), Metrics: map[string]float64{}}
	for _, name := range verdict.PushMetrics(r.Plan.Experiment) {
		if v, has := m.trial.Metrics[name]; has {
			p.Metrics[name] = v
		}
	}
	p.Spoilt, p.Late = doubts(m, slow)
	return p, nil
}

// EstimateHeadroom is about how long the search for headroom of a plan takes at most.
func EstimateHeadroom(p plan.Plan, registry servers.Registry) (total time.Duration) {
	if !p.Experiment.Headroom {
		return 0
	}
	for _, c := range p.Cells {
		total += verdict.MostPushes * (c.Load.Warmup + min(c.Load.Duration, longestPush) + beside(c, registry))
	}
	return total
}
