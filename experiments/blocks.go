package experiments

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"socketbench/experiments/agent"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/unit"
)

// blocks measures what is missing, block by block, and says why it ended.
func (r *runner) blocks(ctx context.Context) (decision string, err error) {
	p := r.Plan
	blocks := p.Blocks()
	for n := range blocks {
		block := r.wanted(blocks, n)
		for _, t := range block {
			if _, done := r.done[t.Order]; !done {
				if err := r.one(ctx, t, false); err != nil {
					return ended(ctx), err
				}
			}
		}
		for _, t := range r.repeats(block) {
			if err := r.one(ctx, t, true); err != nil {
				return ended(ctx), err
			}
		}
		if len(block) == 0 {
			return "more trials of any design would tell nothing that is required", nil
		}
		if r.Decide == nil || n == len(blocks)-1 || n+1 < p.Experiment.Blocks {
			continue
		}
		if more, why := r.Decide(p, r.ordered()); !more {
			return why, nil
		}
	}
	return "the plan was carried out to its end", nil
}

// ended says why a run ended early.
func ended(ctx context.Context) string {
	if ctx.Err() != nil {
		return "interrupted"
	}
	return "ended by an error"
}

// one measures a trial, for the first time or again, and stores it.
func (r *runner) one(ctx context.Context, t plan.Trial, again bool) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	started := Started{Trial: t, Cell: r.Plan.Cells[t.Cell], Number: t.Order + 1, Of: len(r.Plan.Trials),
		Blocks: r.Plan.Trials[len(r.Plan.Trials)-1].Block + 1, Left: r.left(), Again: again}
	r.Emit(started)
	var m measurement
	for attempt := 1; ; attempt++ {
		m = measurement{runner: r, planned: t, cell: started.Cell, again: again, attempted: attempt}
		r.carryOut(ctx, &m)
		var lost *agent.LostError
		if attempt == mostAttempts || ctx.Err() != nil || !errors.As(m.broken, &lost) {
			break
		}
		r.Emit(Lost{Trial: t, Agent: lost.Agent, Err: lost.Err})
	}
	if err := ctx.Err(); err != nil {
		return err // a trial that was given up is no result
	}
	if m.broken != nil {
		return fmt.Errorf("experiments: trial %d: %w", started.Number, m.broken)
	}
	r.saw(m.served.Seen)
	r.mark(&m.trial)
	if err := r.writer.Append(&m.trial); err != nil {
		return err
	}
	r.done[t.Order] = m.trial
	r.trials++
	if again {
		r.repeated++
	}
	r.expected += beside(started.Cell, r.Registry)
	if m.load != nil {
		r.measured += m.lasted()
	}
	r.Emit(Finished{Started: started, Result: m.trial})
	return nil
}

// saw notes what the CPUs of the server's machine did until then. What is not known elsewhere than on Linux stays 0.
func (r *runner) saw(s agent.Seen) {
	if r.machine[0].At == 0 {
		r.machine[0] = s.From.Machine
	}
	if s.To.Machine.At > 0 {
		r.machine[1] = s.To.Machine
	}
}

// mostTrials is more than a run carries out.
const mostTrials = 1_000_000

// newName names a trial that its agent has not carried out before.
func (r *runner) newName(order int, most time.Duration) agent.Trial {
	r.attempts++
	begun, before := r.manifest.Started, len(r.manifest.Resumed)
	if begun.IsZero() { // it measures what utilizations are shares of
		begun = r.began
	}
	return agent.Trial{
		Run:   fmt.Sprintf("%s of %d", r.Plan.Hash, begun.UnixNano()), // the same when it is resumed, so that its agents know it
		Order: order, Attempt: before*mostTrials + r.attempts, Most: most,
	}
}

// ordered returns what was measured in the order of the plan.
func (r *runner) ordered() []result.Trial {
	trials := make([]result.Trial, 0, len(r.done))
	for _, t := range r.Plan.Trials {
		if done, ok := r.done[t.Order]; ok {
			trials = append(trials, done)
		}
	}
	return trials
}

// wanted lists the trials of block n that are to be measured: not those of servers that the blocks before have settled.
func (r *runner) wanted(blocks [][]plan.Trial, n int) []plan.Trial {
	settled := r.settledBefore(n)
	if len(settled) == 0 {
		return blocks[n]
	}
	return slices.DeleteFunc(slices.Clone(blocks[n]), func(t plan.Trial) bool { return settled[r.Plan.Cells[t.Cell].ID.Server()] })
}

// settledBefore names the servers that the blocks before one have settled.
func (r *runner) settledBefore(block int) map[string]bool {
	if r.Settled == nil || block == 0 {
		return nil
	}
	return r.Settled(r.Plan, slices.DeleteFunc(r.ordered(), func(t result.Trial) bool { return t.Block >= block }))
}

// settled says in how many blocks servers were measured that are not in all of them.
func (r *runner) settled(blocks int) map[string]int {
	in := map[string]int{}
	for n := blocks - 1; n > 0; n-- {
		for server := range r.settledBefore(n) {
			in[server] = n
		}
	}
	return in
}

// leftOut says which servers were measured in fewer blocks than the others, as the end of a decision.
func leftOut(settled map[string]int) (s string) {
	servers := map[int][]string{}
	for _, server := range slices.Sorted(maps.Keys(settled)) {
		servers[settled[server]] = append(servers[settled[server]], server)
	}
	for _, blocks := range slices.Sorted(maps.Keys(servers)) {
		s += fmt.Sprintf("; not measured after block %d, because more trials would tell nothing that is required: %s", blocks, unit.Series(servers[blocks]))
	}
	return s
}

// wholeBlocks counts the blocks of which every trial that is wanted is done, and their trials.
func (r *runner) wholeBlocks() (blocks, trials int) {
	all := r.Plan.Blocks()
	for n := range all {
		block := r.wanted(all, n)
		if len(block) > 0 && !slices.ContainsFunc(block, func(t plan.Trial) bool { _, ok := r.done[t.Order]; return !ok }) {
			blocks++
			trials += len(block)
		}
	}
	return blocks, trials
}
