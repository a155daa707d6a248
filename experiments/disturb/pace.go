package disturb

import (
	"iter"
	"strings"
)

// The paces of a trial are among its raw counters, in ns. These prefixes are followed by what was measured: a CPU ("cpu0",
// "cpu0-loopback"), or the way between two ("cpu0-cpu1", "cpu0-cpu1-wake"), and before it the agent where there are several
// ("left.cpu0").
const (
	PaceBefore = "pace_before_ns."
	PaceAfter  = "pace_after_ns."
)

// ComparePaces takes the raw counters of the next trial, and adds the signals Arithmetic, CacheLine, Loopback and WakeUp to
// them if they have paces and not the signals. A pace is how long a piece of work took that is always the same. The share
// 1 - usual/pace of the speed was lost, where usual is the median of what the same piece of work has taken in this run so far:
// on a machine whose CPUs are always far from each other, that is usual. Wake-ups that are faster than usual count like
// slower ones. A signal is the largest of these shares, over the CPUs and over both ends of the trial.
func (r *Run) ComparePaces(raw map[string]float64) {
	if r.paces == nil {
		r.paces = map[string][]float64{}
	}
	slowest := map[string]float64{}
	for what, ns := range pacesOf(raw) {
		r.paces[what] = append(r.paces[what], ns)
		slowest[what] = max(slowest[what], ns)
	}
	for signal, share := range r.lost(slowest) {
		if _, told := raw[prefix+string(signal)]; !told {
			raw[prefix+string(signal)] = share
		}
	}
}

// pacesOf yields the paces among the raw counters of a trial, in ns by what they are of, in no order.
func pacesOf(raw map[string]float64) iter.Seq2[string, float64] {
	return func(yield func(string, float64) bool) {
		for name, ns := range raw {
			what, is := strings.CutPrefix(name, PaceBefore)
			if !is {
				what, is = strings.CutPrefix(name, PaceAfter)
			}
			if is && ns > 0 && !yield(what, ns) {
				return
			}
		}
	}
}

// UsualPaces returns the median of each pace over the raw counters of trials, in ns by what it is of.
func UsualPaces(trials iter.Seq[map[string]float64]) map[string]float64 {
	all := map[string][]float64{}
	for raw := range trials {
		for what, ns := range pacesOf(raw) {
			all[what] = append(all[what], ns)
		}
	}
	usual := map[string]float64{}
	for what, list := range all {
		usual[what] = median(list)
	}
	return usual
}

// PaceOf says in words what a pace is the time of: "arithmetic on cpu0".
func PaceOf(what string) string {
	agent, own := "", what
	if i := strings.LastIndex(what, "."); i >= 0 {
		agent, own = " of "+what[:i], what[i+1:]
	}
	between := func(cpus string) string { return strings.Replace(cpus, "-", " and ", 1) + agent }
	switch kindOf(what) {
	case WakeUp:
		return "wake-ups between " + between(strings.TrimSuffix(own, wakeSuffix))
	case Loopback:
		return "messages over loopback on " + strings.TrimSuffix(own, loopbackSuffix) + agent
	case CacheLine:
		return "cache lines between " + between(own)
	}
	return "arithmetic on " + own + agent
}

// What the names of these paces end in.
const (
	wakeSuffix     = "-wake"
	loopbackSuffix = "-loopback"
)

// kindOf is the signal that a pace gives.
func kindOf(what string) Signal {
	switch own := what[strings.LastIndex(what, ".")+1:]; {
	case strings.HasSuffix(own, wakeSuffix):
		return WakeUp
	case strings.HasSuffix(own, loopbackSuffix):
		return Loopback
	case strings.Contains(own, "-"):
		return CacheLine
	}
	return Arithmetic
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
		signal := kindOf(what)
		if usual := median(r.paces[what]); usual > 0 {
			share := 1 - usual/ns
			if signal == WakeUp && share < 0 {
				share = 1 - ns/usual
			}
			shares[signal] = max(shares[signal], share)
		}
	}
	return shares
}
