package load

import (
	"socketbench/experiments/metric"
	"socketbench/experiments/stats"
)

// Times are the distributions of a run's times, in ns.
type Times struct {
	Response *stats.Histogram `json:"response"` // from the intended time; unanswered requests at their age
	Service  *stats.Histogram `json:"service"`  // from the send
	Connect  *stats.Histogram `json:"connect"`  // until connect succeeded
	First    *stats.Histogram `json:"first"`    // from connect to a session's first reply
	Lag      *stats.Histogram `json:"lag"`      // send lag
}

// Family is one of the distributions, by the family of the metrics that are read from it.
type Family struct {
	Name  string
	Times **stats.Histogram
}

// Families lists all of them.
func (t *Times) Families() []Family {
	return []Family{{metric.Latency, &t.Response}, {metric.Service, &t.Service}, {metric.Connect, &t.Connect}, {metric.FirstReply, &t.First}, {metric.SendLag, &t.Lag}}
}

// Of returns the distribution of a family; nil where there is none.
func (t *Times) Of(family string) *stats.Histogram {
	for _, f := range t.Families() {
		if f.Name == family {
			return *f.Times
		}
	}
	return nil
}

// MergeTimes returns what is in all of them together. A distribution that none of them has is nil.
func MergeTimes(parts []Times) (sum Times) {
	for _, f := range sum.Families() {
		var of []*stats.Histogram
		for _, p := range parts {
			if h := p.Of(f.Name); h != nil {
				of = append(of, h)
			}
		}
		if of != nil {
			*f.Times = stats.Merge(of...)
		}
	}
	return sum
}

// figures adds the metrics that are read from the distributions. A percentile that has too few values beyond it is
// left out.
func (t *Times) figures(metrics map[string]float64) {
	for _, m := range metric.All {
		h := t.Of(m.Family())
		if h == nil || h.TotalCount() == 0 {
			continue
		}
		switch q := m.Quantile(); {
		case m.Part() == metric.Mean:
			metrics[m.Name] = h.Mean()
		case m.Part() == metric.Max:
			metrics[m.Name] = float64(h.Max())
		case stats.Enough(h.TotalCount(), q):
			metrics[m.Name] = float64(h.Quantile(q))
		}
	}
}
