package experiments

import (
	"context"
	"fmt"
	"time"

	"socketbench/experiments/disturb"
)

// The pace of the CPUs is measured just before a trial and just after it, while nothing of the trial runs: in a window
// nothing is measured but the trial. The host of a virtual machine slows the CPUs down for a part of a second up to half a
// minute, so that a second run at the end of the block is often too early. Therefore no trial begins while the CPUs are
// slower than is usual in the run, as far as its patience lasts. An attempt of a search for a capacity waits likewise, and
// out of the same patience.

const (
	// paceAgain is how long a run waits until it measures the pace again.
	paceAgain = 100 * time.Millisecond
	// patience is the share of the time that a plan is expected to take for which its run may wait, over all its trials.
	// BenchmarkStretches tells what it is good for: of the 4 % of trials that would fall into a slow stretch, a wait and second
	// runs leave 2.6 %. With a patience of 0.1 and twice as many second runs that is 1.6 %, and no more verdicts are the same.
	patience = 0.05
	// paceWaited is the raw counter of how long a run waited before a trial, in ns.
	paceWaited = "pace_waited_ns"
)

// await waits until all CPUs have their usual pace, or the run has no patience left, and notes the pace among the raw
// counters of the trial. It reports whether the trial can begin: ctx has not ended, and all agents are there.
func (m *measurement) await(ctx context.Context, raw map[string]float64) bool {
	for lasted := time.Duration(0); ; lasted += paceAgain {
		paces, err := m.pace(ctx)
		if err != nil {
			m.broken = err
			return false
		}
		if !m.seen.Slow(paces) || m.waited+paceAgain > m.patience {
			notePaces(raw, disturb.PaceBefore, paces)
			if lasted > 0 {
				raw[paceWaited] = float64(lasted)
			}
			return true
		}
		if lasted == 0 {
			m.Emit(Waiting{m.planned})
		}
		if !m.pause(ctx, paceAgain) {
			return false
		}
		m.waited += paceAgain
	}
}

// pace measures the CPUs of all machines at the same time. It returns ns by what was measured.
func (m *measurement) pace(ctx context.Context) (map[string]float64, error) {
	list := m.machines()
	told := make([]map[string]time.Duration, len(list))
	err := each(list, func(i int, a Member) (err error) { told[i], err = a.Pace(ctx, m.cell.Placement); return err })
	paces := map[string]float64{}
	for i, a := range list {
		name := ""
		if m.Agents.apart() {
			name = a.Name + "."
		}
		for what, pace := range told[i] {
			paces[name+what] = float64(pace)
		}
	}
	return paces, err
}

// machines lists one agent of each machine. Two that measured the same CPUs at the same time would measure each other.
func (r *runner) machines() (list []Member) {
	known := map[string]bool{}
	for i, a := range r.Agents.all() {
		machine := a.Name
		if f := r.facts[i].Machine; f.Boot != "" {
			machine = fmt.Sprint(f.Boot, f.CPUs)
		}
		if !known[machine] {
			known[machine] = true
			list = append(list, a)
		}
	}
	return list
}

// notePaces stores paces among raw counters; when says at which end of the trial they were measured.
func notePaces(raw map[string]float64, when string, paces map[string]float64) {
	for what, ns := range paces {
		raw[when+what] = ns
	}
}
