package load

import (
	"time"

	"socketbench/experiments/metric"
)

// An engine that gets no CPU, because its process was stopped or the machine stood still, neither sends nor reads. Its
// clock goes on, so the pause becomes part of every response time under way and of the rate, and looks like a slow server.
// Therefore an engine reads its clock at least once in each beat. If the time between two readings is longer than the
// engine meant to wait, the rest is a pause.
//
// While no request is under way, a pause can spoil no response time, and the next request is due after the wait. Beats are
// longer then, because each of them wakes two threads, the engine's and the monitor of Go's runtime, and generators may share
// their CPUs with others.
const (
	beat      = 5 * time.Millisecond  // the longest that an engine waits for a reply before it looks at its clock
	idleBeat  = 20 * time.Millisecond // the longest that it waits when no request is under way
	pauseFrom = 10 * time.Millisecond // shorter pauses are normal where processes share a CPU
)

// mayWait returns how long, in ns, the engine may wait at now for something to happen on a socket.
func (w *workload) mayWait(now int64) int64 {
	longest := int64(beat)
	if w.outstanding == 0 && w.phase != setup {
		longest = int64(idleBeat)
	}
	return min(w.due-now, longest)
}

// pauses are the pauses of one engine, of its window and of the grace after it.
type pauses struct {
	longest int64 // ns; 0: there was none
	total   int64 // ns, of the window
	times   int64 // how many there were
}

// paused records that the engine should have run at due and ran at now.
func (r *recorder) paused(due, now int64) {
	if r.start != never {
		r.pauses.note(due, now, r.start, r.end)
	}
}

// note adds a time without a CPU, from due to now, if it is long enough to be a pause. Only the part in the window, from
// start to end, and in the grace after it counts, however short that part is.
func (v *pauses) note(due, now, start, end int64) {
	from, to := max(due, start), min(now, end+int64(grace))
	if now-due < int64(pauseFrom) || to <= from {
		return
	}
	v.times++
	v.longest = max(v.longest, to-from)
	v.total += max(0, min(to, end)-from)
}

// add adds the pauses of another engine. The engines of one machine usually stand still together, so the longer pauses
// count.
func (v *pauses) add(other pauses) {
	v.longest, v.total = max(v.longest, other.longest), max(v.total, other.total)
	v.times = max(v.times, other.times)
}

// spoiled is the share of the requests whose time has a pause in it, 0 to 1: in an open loop those that were due
// meanwhile, in a closed one at most those that were under way. Pauses that are within Options.Late spoil none.
func (r *Result) spoiled(o Options) float64 {
	switch {
	case r.Pauses == 0, r.Pause <= o.Late:
		return 0
	case o.OpenLoop():
		return r.stood(o.Duration)
	}
	requests := max(1, r.Metrics[metric.Completed]+r.Metrics[metric.Unanswered])
	return min(1, float64(r.Pauses)*float64(o.Connections*max(1, o.Pipeline))/requests)
}

// withhold removes the figures that pauses may have made: the longest time, the mean, and each percentile for which the
// requests with a pause in their time are more than a quarter of those beyond it.
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
