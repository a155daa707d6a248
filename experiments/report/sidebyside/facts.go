package sidebyside

import "socketbench/experiments/metric"

// Facts are what was measured of designs, by name and metric (see metric.All), in words such as "2.0 goroutines per
// connection". Nil means that nothing was measured.
type Facts map[string]map[string]string

// beside says which region of a design a metric describes, "" for the whole design. Other metrics are not shown.
var beside = []struct{ region, metric string }{
	{"dispatch", "goroutines_per_connection"},
	{"dispatch", metric.ThreadsPeak},
	{"dispatch", metric.SwitchesPerRequest},
	{"read", metric.ReadsPerRequest},
	{"reply", metric.WritesPerRequest},
	{"drain", metric.Drain},
	{"drain", metric.RepliesLostAtDrain},
	{"", metric.CPUPerRequest},
	{"", metric.RSSPerConnection},
	{"", metric.LatencyP99},
}

// of returns the facts about a region, in the order above.
func (f Facts) of(design, region string) (facts []string) {
	for _, b := range beside {
		if text := f[design][b.metric]; b.region == region && text != "" {
			facts = append(facts, text)
		}
	}
	return facts
}

// whole returns the facts about the whole design.
func (f Facts) whole(design string) []string { return f.of(design, "") }
