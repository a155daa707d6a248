package disturb

import "strings"

// The paces of a trial are among its raw counters, in ns. These prefixes are followed by what was measured: a CPU, or the
// way between two, and before it the agent where there are several.
const (
	PaceBefore = "pace_before_ns."
	PaceAfter  = "pace_after_ns."
)

// ComparePace takes the raw counters of the next trial, and adds the signal Pace to them if they have paces and not the
// signal. A pace is how long a piece of work took that is always the same. Before the trial or after it, the share
// 1 - fastest/pace of the speed was lost, where fastest is the least that the same piece of work has taken in this run so
// far. The signal is the largest of these shares.
func (r *Run) ComparePace(raw map[string]float64) {
	if r.fastest == nil {
		r.fastest = map[string]float64{}
	}
	slowest := map[string]float64{}
	for name, ns := range raw {
		what, is := strings.CutPrefix(name, PaceBefore)
		if !is {
			what, is = strings.CutPrefix(name, PaceAfter)
		}
		if !is || ns <= 0 {
			continue
		}
		slowest[what] = max(slowest[what], ns)
		if fastest, known := r.fastest[what]; !known || ns < fastest {
			r.fastest[what] = ns
		}
	}
	name := prefix + string(Pace)
	if _, told := raw[name]; told || len(slowest) == 0 {
		return
	}
	raw[name] = 0
	for what, ns := range slowest {
		raw[name] = max(raw[name], 1-r.fastest[what]/ns)
	}
}
