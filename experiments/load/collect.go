package load

import (
	"math"
	"slices"
	"sort"
	"time"

	"socketbench/experiments/metric"
	"socketbench/experiments/stats"
)

// collect adds the recorders of all engines to the first, and makes the result of it. length is the planned window, ns; 0 when it
// never began.
func collect(o Options, recorders []*recorder, length int64) *Result {
	var clients []clientRecord
	var logs []*intervalLog
	for _, b := range recorders {
		clients = append(clients, b.clients...)
		logs = append(logs, &b.log)
		if length > 0 {
			length = max(0, min(length, b.end-b.start)) // shorter when it was ended early
		}
	}
	of := func(kind func(*recorder) *counts) *stats.Histogram {
		parts := make([]*stats.Histogram, len(recorders))
		for i, b := range recorders {
			parts[i] = kind(b).histogram()
		}
		return stats.Merge(parts...)
	}
	r := &Result{
		Engine: o.Engine, Valid: true,
		Times: Times{
			Response: of(func(b *recorder) *counts { return &b.response }),
			Service:  of(func(b *recorder) *counts { return &b.service }),
			Connect:  of(func(b *recorder) *counts { return &b.connect }),
			First:    of(func(b *recorder) *counts { return &b.first }),
			Lag:      of(func(b *recorder) *counts { return &b.lag }),
		},
		Samples: gather(recorders),
		Log:     mergedIntervals(logs, intervalLength(o.Duration), time.Duration(length)),
	}
	all := recorders[0]
	for _, b := range recorders[1:] {
		all.add(b)
	}
	r.Began = time.Duration(all.began)
	r.Received, r.Late, r.Censored, r.Wrong = all.received, all.late, all.unanswered, all.firstWrong
	r.Pause, r.Paused, r.Pauses = time.Duration(all.pauses.longest), time.Duration(all.pauses.total), all.pauses.times
	if all.unanswered > 0 {
		r.AtLeast = time.Duration(all.atLeast)
	}
	if all.waited < math.MaxInt64 {
		r.ServiceAtLeast = time.Duration(all.waited)
	}
	r.Metrics = metrics(o, all, clients, float64(length)/1e9)
	r.Times.figures(r.Metrics)
	r.withhold(o)
	r.settle(o, all, clients)
	r.Disturbers = make(map[string]int64)
	r.presence(all)
	for name, d := range all.disturbers {
		if name != measuredName {
			r.Disturbers[name+".connected"] = d.connected
			r.Disturbers[name+".requests"] = d.requests
			r.Disturbers[name+".ended"] = d.ended
			r.Disturbers[name+".wrong"] = d.wrong
		}
	}
	return r
}

// add adds the counters of another engine of the same run; histograms, samples and log stay apart.
func (b *recorder) add(other *recorder) {
	b.began = max(b.began, other.began)
	b.offered += other.offered
	b.replies += other.replies
	b.completed += other.completed
	b.late += other.late
	b.unanswered += other.unanswered
	b.atLeast, b.waited = min(b.atLeast, other.atLeast), min(b.waited, other.waited)
	b.lost += other.lost
	b.unread += other.unread
	b.wrong += other.wrong
	b.duplicate += other.duplicate
	b.account.add(other.account)
	b.pauses.add(other.pauses)
	b.bytes += other.bytes
	b.received += other.received
	b.counted = b.counted && other.counted
	b.cpu += other.cpu
	b.empty += other.empty
	for i := range other.errors {
		b.errors[i] += other.errors[i]
	}
	if b.firstWrong == nil {
		b.firstWrong = other.firstWrong
	}
	for name, d := range other.disturbers {
		sum := b.disturb(name)
		sum.wanted += d.wanted
		sum.here += d.here
		sum.start += d.start
		sum.end += d.end
		sum.cut += d.cut
		for i := range d.errors {
			sum.errors[i] += d.errors[i]
		}
		sum.connected += d.connected
		sum.requests += d.requests
		sum.ended += d.ended
		sum.wrong += d.wrong
	}
}

// metrics returns the figures by name. What was not measured is absent.
func metrics(o Options, b *recorder, clients []clientRecord, seconds float64) map[string]float64 {
	m := map[string]float64{
		metric.Completed: float64(b.completed), metric.Unanswered: float64(b.unanswered), metric.Lost: float64(b.lost),
		metric.Wrong: float64(b.wrong), metric.Duplicate: float64(b.duplicate),
	}
	if o.Datagrams() && o.Engine == EngineEpoll {
		m[metric.DroppedClient] = float64(b.unread)
	}
	for kind, n := range b.errors {
		if n > 0 {
			m["errors."+faultNames[kind]] = float64(n)
		}
	}
	served, asked := 0, 0
	for i := range clients {
		switch c := &clients[i]; {
		case c.right > 0:
			served++
		case seconds == 0:
			asked++
		default:
			if since, wants := c.waits(b); c.count > 0 || wants && since < b.end {
				asked++
			}
		}
	}
	m[metric.Served], m[metric.Unserved] = float64(served), float64(asked)
	if seconds > 0 {
		m[metric.AchievedRate] = float64(b.replies) / seconds
		m[metric.ThroughputBytes] = float64(b.bytes) / seconds
		if o.OpenLoop() {
			m[metric.OfferedRate] = float64(b.offered) / seconds
		}
		if o.Engine == EngineEpoll {
			m[metric.ClientCPU] = max(0, float64(b.cpu-b.empty)/1e9/seconds)
		}
	}
	if !o.OpenLoop() && len(clients) > 1 && b.completed > 0 {
		m[metric.Fairness] = jain(clients)
	}
	if worst, ok := worstP99(clients); ok {
		m[metric.WorstConnectionP99] = worst
	}
	return m
}

// jain is Jain's fairness index: 1 when all connections got the same, 1/n when one got everything.
func jain(clients []clientRecord) float64 {
	var sum, squares float64
	for i := range clients {
		n := float64(clients[i].count)
		sum += n
		squares += n * n
	}
	return sum * sum / (squares * float64(len(clients)))
}

// worstP99 returns the largest p99 of any connection that has requests enough for one, by its buckets: good to half a
// power of two.
func worstP99(clients []clientRecord) (worst float64, ok bool) {
	for i := range clients {
		c := &clients[i]
		h := stats.NewHistogram() // with those that were never answered
		for k, n := range c.buckets {
			value := c.max // the last bucket has no border above
			if k < clientBuckets-1 {
				value = min(value, clientValue(k))
			}
			h.Record(value, int64(n))
		}
		if stats.Enough(h.TotalCount(), .99) {
			worst, ok = max(worst, float64(h.Quantile(.99))), true
		}
	}
	return worst, ok
}

// gather returns the samples of all engines in the order of their intended times. Each engine has a share of them in
// proportion to its requests.
func gather(recorders []*recorder) Samples {
	seen := int64(0)
	for _, b := range recorders {
		seen += b.seen
	}
	samples := make(Samples, 0, maxSamples)
	for _, b := range recorders {
		first, rest := b.samples[:min(opening, len(b.samples))], b.samples[min(opening, len(b.samples)):]
		if seen > maxSamples {
			share := float64(b.seen) / float64(seen)
			b.random.Shuffle(len(rest), func(i, j int) { rest[i], rest[j] = rest[j], rest[i] })
			first = first[:min(len(first), int(opening*share))]
			rest = rest[:min(len(rest), int((maxSamples-opening)*share))]
		}
		for _, s := range slices.Concat(first, rest) {
			for _, t := range []*int64{&s.Connect, &s.Open, &s.Intended} {
				*t -= b.origin
			}
			if s.Sent >= 0 {
				s.Sent -= b.origin
			}
			if s.Done >= 0 {
				s.Done -= b.origin
			}
			samples = append(samples, s)
		}
	}
	sort.Slice(samples, func(i, j int) bool { return samples[i].Intended < samples[j].Intended })
	return samples
}
