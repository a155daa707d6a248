package load

import (
	"time"

	"socketbench/experiments/metric"
)

// An engine that has no turn, because its process was stopped or the machine stood still, sends nothing and
// reads nothing. Its clock goes on, so the time is in every response under way, and in the rate: figures of
// the generator, told as the server's. So an engine looks at its clock at least once a beat, and what lies
// between two looks beyond what it meant to wait is a pause.
const (
	beat      = 5 * time.Millisecond  // the longest that an engine waits before it looks at its clock
	pauseFrom = 10 * time.Millisecond // a shorter pause is the system's way to share its CPUs
)

// pauses are the pauses of one engine, of its window and of the grace after it.
type pauses struct {
	longest int64 // ns; 0: there was none
	total   int64 // ns, of the window
	times   int64 // how many there were
}

// paused notes that the engine should have had its turn at due and had it at now.
func (r *recorder) paused(due, now int64) {
	if r.start != never {
		r.pauses.note(due, now, r.start, r.end)
	}
}

// note takes in a time without a turn, from due to now. Of one that is long enough to count, what lies in the window
// from start to end, and in the grace after it, does, however short that part is.
func (v *pauses) note(due, now, start, end int64) {
	from, to := max(due, start), min(now, end+int64(grace))
	if now-due < int64(pauseFrom) || to <= from {
		return
	}
	v.times++
	v.longest = max(v.longest, to-from)
	v.total += max(0, min(to, end)-from)
}

// add takes over another engine's. Engines that play side by side stand still side by side.
func (v *pauses) add(other pauses) {
	v.longest, v.total = max(v.longest, other.longest), max(v.total, other.total)
	v.times = max(v.times, other.times)
}

// spoiled is the share of the requests whose time has a pause in it, 0 to 1: in an open loop those that were due
// meanwhile, in a closed one at most those that were under way.
func (r *Result) spoiled(o Options) float64 {
	switch {
	case r.Pauses == 0:
		return 0
	case o.OpenLoop():
		return r.stood(o.Duration)
	}
	requests := max(1, r.Metrics[metric.Completed]+r.Metrics[metric.Unanswered])
	return min(1, float64(r.Pauses)*float64(o.Connections*max(1, o.Pipeline))/requests)
}

// withhold takes back the figures that pauses have made: the longest time, the mean, and each percentile beyond which
// a quarter of the requests have a pause in theirs.
func (r *Result) withhold(o Options) {
	r.Spoiled = r.spoiled(o)
	if r.Spoiled == 0 {
		return
	}
	for _, m := range metric.All {
		switch m.Family() {
		case metric.Latency, metric.Service, metric.FirstReply:
			if q := m.Quantile(); q == 0 || r.Spoiled > (1-q)/4 {
				delete(r.Metrics, m.Name)
			}
		}
	}
	delete(r.Metrics, metric.WorstConnectionP99)
}
