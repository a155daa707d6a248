package load

import (
	"math"
	"slices"
	"sort"
	"time"
)

// collect adds up the books of all engines. length is the planned window, ns; 0 when it never began.
func collect(o Options, books []*book, length int64) *Result {
	all := newBook(o, 0, 0)
	var clients []client
	var logs []*stepLog
	for _, b := range books {
		for _, pair := range [][2]*counts{
			{&all.response, &b.response}, {&all.service, &b.service}, {&all.lag, &b.lag}, {&all.connect, &b.connect}, {&all.first, &b.first},
		} {
			pair[0].merge(pair[1])
		}
		all.offered += b.offered
		all.completed += b.completed
		all.late += b.late
		all.unanswered += b.unanswered
		all.atLeast, all.waited = min(all.atLeast, b.atLeast), min(all.waited, b.waited)
		all.lost += b.lost
		all.wrong += b.wrong
		all.duplicate += b.duplicate
		all.bytes += b.bytes
		all.received += b.received
		all.cpu += b.cpu
		all.empty += b.empty
		for i := range b.errors {
			all.errors[i] += b.errors[i]
		}
		if all.firstWrong == nil {
			all.firstWrong = b.firstWrong
		}
		for name, d := range b.disturbers {
			sum := all.disturb(name)
			sum.connected += d.connected
			sum.requests += d.requests
			sum.ended += d.ended
			sum.wrong += d.wrong
		}
		clients = append(clients, b.clients...)
		logs = append(logs, &b.log)
		if length > 0 {
			length = max(0, min(length, b.end-b.start)) // shorter when it was ended early
		}
	}
	r := &Result{
		Engine: o.Engine, Valid: true, Reasons: []string{},
		Response: all.response.histogram(), Service: all.service.histogram(),
		Connect: all.connect.histogram(), First: all.first.histogram(), Lag: all.lag.histogram(),
		Received: all.received, Late: all.late, Censored: all.unanswered, Wrong: all.firstWrong,
		Samples: gather(books),
		Log:     intervals(logs, stepLength(o.Duration), time.Duration(length)),
	}
	if all.unanswered > 0 {
		r.AtLeast = time.Duration(all.atLeast)
	}
	if all.waited < math.MaxInt64 {
		r.ServiceAtLeast = time.Duration(all.waited)
	}
	r.Metrics = metrics(o, all, clients, float64(length)/1e9)
	if len(all.disturbers) > 0 {
		r.Disturbers = make(map[string]int64)
		for name, d := range all.disturbers {
			r.Disturbers[name+".connected"] = d.connected
			r.Disturbers[name+".requests"] = d.requests
			r.Disturbers[name+".ended"] = d.ended
			r.Disturbers[name+".wrong"] = d.wrong
		}
	}
	return r
}

// metrics returns the figures by their names; one that was not measured is absent.
func metrics(o Options, b *book, clients []client, seconds float64) map[string]float64 {
	m := map[string]float64{
		"completed": float64(b.completed), "unanswered": float64(b.unanswered), "lost": float64(b.lost),
		"wrong": float64(b.wrong), "duplicate": float64(b.duplicate),
	}
	for kind, n := range b.errors {
		if n > 0 {
			m["errors."+faultNames[kind]] = float64(n)
		}
	}
	served, asked := 0, 0
	for i := range clients {
		switch {
		case clients[i].count > 0:
			served++
		case clients[i].asked || seconds == 0:
			asked++
		}
	}
	m["served"], m["unserved"] = float64(served), float64(asked)
	if seconds > 0 {
		m["achieved_rate"] = float64(b.completed) / seconds
		m["throughput_bytes"] = float64(b.bytes) / seconds
		if o.Open() {
			m["offered_rate"] = float64(b.offered) / seconds
		}
		if o.Engine == EngineEpoll {
			m["client_cpu"] = max(0, float64(b.cpu-b.empty)/1e9/seconds)
		}
	}
	b.response.metrics(m, "latency", .5, .9, .99, .999)
	b.service.metrics(m, "service", .5, .9, .99, .999)
	b.connect.metrics(m, "connect", .5, .99)
	b.first.metrics(m, "first_reply", .5, .99)
	b.lag.metrics(m, "send_lag", .5, .99, .999)
	delete(m, "connect.mean")
	delete(m, "first_reply.mean")
	delete(m, "send_lag.mean")
	if !o.Open() && len(clients) > 1 && b.completed > 0 {
		m["fairness"] = jain(clients)
	}
	if worst, ok := worstP99(clients); ok {
		m["worst_connection_p99"] = worst
	}
	return m
}

// beyond is how many samples must lie beyond a percentile for it to be a figure.
const beyond = 10

// metrics adds mean, quantiles and maximum under a name. A quantile with too few samples beyond it is
// left out.
func (c *counts) metrics(m map[string]float64, name string, quantiles ...float64) {
	if c.total == 0 {
		return
	}
	m[name+".mean"] = float64(c.sum) / float64(c.total)
	m[name+".max"] = float64(c.max)
	label := map[float64]string{.5: ".p50", .9: ".p90", .99: ".p99", .999: ".p999"}
	for _, q := range quantiles {
		if float64(c.total)*(1-q) >= beyond-1e-6 {
			m[name+label[q]] = float64(c.quantile(q))
		}
	}
}

// jain is Jain's fairness index: 1 when all connections got the same, 1/n when one got everything.
func jain(clients []client) float64 {
	var sum, squares float64
	for i := range clients {
		n := float64(clients[i].count)
		sum += n
		squares += n * n
	}
	return sum * sum / (squares * float64(len(clients)))
}

// worstP99 returns the largest p99 of any connection with at least 1,000 requests, by its buckets: good
// to half a power of two.
func worstP99(clients []client) (worst float64, ok bool) {
	for i := range clients {
		c := &clients[i]
		if c.count < 1000 {
			continue
		}
		rank := c.count - c.count/100
		for k, n := range c.buckets {
			if rank -= int64(n); rank <= 0 {
				worst = max(worst, float64(min(clientValue(k), c.max)))
				break
			}
		}
		ok = true
	}
	return worst, ok
}

// gather returns the samples of all engines in the order of their intended times, each engine having
// a share in proportion to what it has seen.
func gather(books []*book) []Sample {
	seen := int64(0)
	for _, b := range books {
		seen += b.seen
	}
	samples := []Sample{}
	for _, b := range books {
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
