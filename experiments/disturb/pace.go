package disturb

import "strings"

// The paces of a trial are among its raw counters, in ns. These prefixes are followed by the name of the CPU, which is that
// of its agent as well where there are several.
const (
	PaceBefore = "pace_before_ns."
	PaceAfter  = "pace_after_ns."
)

// ComparePace takes the raw counters of the next trial, and adds the signal Pace to them if they have paces and not the
// signal. A pace is how long a CPU took for a piece of work that is always the same. Before the trial or after it, the CPU
// had lost 1 - fastest/pace of its speed, where fastest is the least that the piece of work has taken on this CPU in this
// run so far. The signal is the largest of these shares.
func (r *Run) ComparePace(raw map[string]float64) {
	if r.fastest == nil {
		r.fastest = map[string]float64{}
	}
	slowest := map[string]float64{}
	for name, ns := range raw {
		cpu, is := strings.CutPrefix(name, PaceBefore)
		if !is {
			cpu, is = strings.CutPrefix(name, PaceAfter)
		}
		if !is || ns <= 0 {
			continue
		}
		slowest[cpu] = max(slowest[cpu], ns)
		if fastest, known := r.fastest[cpu]; !known || ns < fastest {
			r.fastest[cpu] = ns
		}
	}
	name := prefix + string(Pace)
	if _, told := raw[name]; told || len(slowest) == 0 {
		return
	}
	raw[name] = 0
	for cpu, ns := range slowest {
		raw[name] = max(raw[name], 1-r.fastest[cpu]/ns)
	}
}
