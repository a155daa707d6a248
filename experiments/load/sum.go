package load

import (
	"slices"
	"strings"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// addUp returns what several processes that played parts of the same run measured together. Counts and
// rates are sums; percentiles come from the merged histograms, never from percentiles.
func addUp(o Options, parts []*Result) *Result {
	if len(parts) == 1 {
		return parts[0]
	}
	sum := &Result{Engine: parts[0].Engine, Metrics: make(map[string]float64), Disturbers: make(map[string]int64)}
	var all, squares float64
	for _, p := range parts {
		sum.Received += p.Received
		sum.Late += p.Late
		sum.Censored += p.Censored
		if p.Censored > 0 && (sum.AtLeast == 0 || p.AtLeast < sum.AtLeast) {
			sum.AtLeast = p.AtLeast
		}
		if p.ServiceAtLeast > 0 && (sum.ServiceAtLeast == 0 || p.ServiceAtLeast < sum.ServiceAtLeast) {
			sum.ServiceAtLeast = p.ServiceAtLeast
		}
		if sum.Wrong == nil {
			sum.Wrong = p.Wrong
		}
		for name, n := range p.Disturbers {
			sum.Disturbers[name] += n
		}
		for name, v := range p.Metrics {
			if family, _, timed := strings.Cut(name, "."); !timed || family == "errors" {
				sum.Metrics[name] += v
			}
		}
		if j := p.Metrics["fairness"]; j > 0 {
			n := p.Metrics["completed"]
			clients := p.Metrics["served"] + p.Metrics["unserved"]
			all += n
			squares += n * n / (j * clients)
		}
		sum.Samples = append(sum.Samples, p.Samples...)
		sum.Log = mergeLogs(sum.Log, p.Log)
	}
	delete(sum.Metrics, "fairness")
	delete(sum.Metrics, "worst_connection_p99")
	if squares > 0 {
		sum.Metrics["fairness"] = all * all / (squares * (sum.Metrics["served"] + sum.Metrics["unserved"]))
	}
	for _, p := range parts {
		if worst, ok := p.Metrics["worst_connection_p99"]; ok {
			sum.Metrics["worst_connection_p99"] = max(worst, sum.Metrics["worst_connection_p99"])
		}
	}
	sum.Response = sum.merged(parts, "latency", func(p *Result) *hdrhistogram.Histogram { return p.Response }, .5, .9, .99, .999)
	sum.Service = sum.merged(parts, "service", func(p *Result) *hdrhistogram.Histogram { return p.Service }, .5, .9, .99, .999)
	sum.Connect = sum.merged(parts, "connect", func(p *Result) *hdrhistogram.Histogram { return p.Connect }, .5, .99)
	sum.First = sum.merged(parts, "first_reply", func(p *Result) *hdrhistogram.Histogram { return p.First }, .5, .99)
	sum.Lag = sum.merged(parts, "send_lag", func(p *Result) *hdrhistogram.Histogram { return p.Lag }, .5, .99, .999)
	sum.Samples = thin(sum.Samples)
	Judge(o, sum, -1)
	return sum
}

// merged adds up one histogram of all parts and notes its figures.
func (r *Result) merged(parts []*Result, name string, of func(*Result) *hdrhistogram.Histogram, quantiles ...float64) *hdrhistogram.Histogram {
	c := newCounts()
	for _, p := range parts {
		h := of(p)
		if h == nil {
			continue
		}
		for i, n := range h.Export().Counts {
			c.n[i] += n
		}
		n := h.TotalCount()
		c.total += n
		c.sum += int64(h.Mean() * float64(n))
		c.max = max(c.max, int64(p.Metrics[name+".max"]))
	}
	c.metrics(r.Metrics, name, quantiles...)
	return c.histogram()
}

// mergeLogs adds up two interval logs of the same window.
func mergeLogs(a, b []Interval) []Interval {
	if len(a) < len(b) {
		a, b = b, a
	}
	for i, step := range b {
		n := make([]int64, bucketsAll)
		for _, h := range []*hdrhistogram.Histogram{a[i].Response, step.Response} {
			for k, count := range h.Export().Counts {
				n[k] += count
			}
		}
		a[i].Response = compact(n)
	}
	return a
}

// thin keeps at most maxSamples, evenly.
func thin(samples []Sample) []Sample {
	slices.SortFunc(samples, func(a, b Sample) int { return int(a.Intended - b.Intended) })
	if len(samples) <= maxSamples {
		return samples
	}
	kept := make([]Sample, maxSamples)
	for i := range kept {
		kept[i] = samples[i*len(samples)/maxSamples]
	}
	return kept
}
