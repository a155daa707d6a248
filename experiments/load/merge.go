package load

import (
	"cmp"
	"slices"
	"strings"

	"socketbench/experiments/metric"
	"socketbench/experiments/reason"
	"socketbench/experiments/stats"
)

// AddUp returns what several generators measured together that played parts of o on machines of their own. Judge it again
// when more is known of the server.
func AddUp(o Options, parts []*Result) *Result {
	o = o.WithDefaults()
	sum := addUp(o, parts)
	if len(parts) > 1 {
		sum.Setup.Threads = 0
		for _, p := range parts {
			sum.Setup.Threads += p.Setup.Threads
		}
		Judge(o, sum, -1)
	}
	return sum
}

// addUp is that for several processes of one machine. Counts and
// rates are sums; percentiles come from the merged histograms, never from percentiles.
func addUp(o Options, parts []*Result) *Result {
	if len(parts) == 1 {
		return parts[0]
	}
	sum := &Result{Engine: parts[0].Engine, Setup: parts[0].Setup, Metrics: make(map[string]float64), Disturbers: make(map[string]int64)}
	var all, squares float64
	for i, p := range parts {
		sum.Began = max(sum.Began, p.Began)
		sum.Received += p.Received
		sum.addAccount(p, i == 0)
		sum.Late += p.Late
		sum.Pause, sum.Paused, sum.Pauses = max(sum.Pause, p.Pause), max(sum.Paused, p.Paused), max(sum.Pauses, p.Pauses)
		sum.Uncounted = cmp.Or(sum.Uncounted, p.Uncounted)
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
		if j := p.Metrics[metric.Fairness]; j > 0 {
			n := p.Metrics[metric.Completed]
			clients := p.Metrics[metric.Served] + p.Metrics[metric.Unserved]
			all += n
			squares += n * n / (j * clients)
		}
		sum.Samples = append(sum.Samples, p.Samples...)
		sum.Log = mergeLogs(sum.Log, p.Log)
	}
	delete(sum.Metrics, metric.Fairness)
	delete(sum.Metrics, metric.WorstConnectionP99)
	if squares > 0 {
		sum.Metrics[metric.Fairness] = min(1, all*all/(squares*(sum.Metrics[metric.Served]+sum.Metrics[metric.Unserved]))) // rounded above it where all got the same
	}
	for _, p := range parts {
		if worst, ok := p.Metrics[metric.WorstConnectionP99]; ok {
			sum.Metrics[metric.WorstConnectionP99] = max(worst, sum.Metrics[metric.WorstConnectionP99])
		}
	}
	times := make([]Times, len(parts))
	for i, p := range parts {
		times[i] = p.Times
	}
	sum.Times = MergeTimes(times)
	sum.figures(sum.Metrics)
	sum.withhold(o)
	sum.account()
	sum.Samples = thin(sum.Samples)
	Judge(o, sum, -1)
	for _, p := range parts {
		if p.Unplayed {
			sum.Valid, sum.Unplayed, sum.Reasons = false, true, append(reason.List{p.Reasons[0]}, sum.Reasons...)
			break
		}
	}
	return sum
}

// mergeLogs adds up two interval logs of the same window.
func mergeLogs(a, b []Interval) []Interval {
	if len(a) < len(b) {
		a, b = b, a
	}
	for i, interval := range b {
		a[i].Response = stats.Merge(a[i].Response, interval.Response)
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
