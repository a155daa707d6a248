package disturb

import "strings"

// The paces of a trial are among its raw counters, in ns. These prefixes are followed by what was measured: a CPU ("cpu0"), or
// the way between two ("cpu0-cpu1"), and before it the agent where there are several ("left.cpu0").
const (
	PaceBefore = "pace_before_ns."
	PaceAfter  = "pace_after_ns."
)

// ComparePaces takes the raw counters of the next trial, and adds the signals Arithmetic and CacheLine to them if they have
// paces and not the signals. A pace is how long a piece of work took that is always the same. The share 1 - usual/pace of the
// speed was lost, where usual is the median of what the same piece of work has taken in this run so far: on a machine
// whose CPUs are always far from each other, that is usual. A signal is the largest of these shares, over the CPUs and over
// both ends of the trial.
func (r *Run) ComparePaces(raw map[string]float64) {
	if r.paces == nil {
		r.paces = map[string][]float64{}
	}
	slowest := map[string]float64{}
	for name, ns := range raw {
		what, is := strings.CutPrefix(name, PaceBefore)
		if !is {
			what, is = strings.CutPrefix(name, PaceAfter)
		}
		if is && ns > 0 {
			r.paces[what] = append(r.paces[what], ns)
			slowest[what] = max(slowest[what], ns)
		}
	}
	for signal, share := range r.lost(slowest) {
		if _, told := raw[prefix+string(signal)]; !told {
			raw[prefix+string(signal)] = share
		}
	}
}

// Slow reports whether a trial that began at these paces would be disturbed. They are in ns, by what they are of.
func (r *Run) Slow(paces map[string]float64) bool {
	const anyCell, nextTrial = "", -1
	_, beyond := r.judge(anyCell, nextTrial, Figures{Shares: r.lost(paces)})
	return beyond > 1
}

// lost says which shares of the usual speed are lost at these paces.
func (r *Run) lost(paces map[string]float64) map[Signal]float64 {
	shares := map[Signal]float64{}
	for what, ns := range paces {
		signal := Arithmetic
		if strings.Contains(what[strings.LastIndex(what, ".")+1:], "-") {
			signal = CacheLine
		}
		if usual := median(r.paces[what]); usual > 0 {
			shares[signal] = max(shares[signal], 1-usual/ns)
		}
	}
	return shares
}
