package report

import (
	"strings"

	"socketbench/experiments/result"
)

// names are what metrics are called in prose.
var names = map[string]string{
	"answered": "requests answered", "missing": "requests without a reply",
	"disturbers": "disturbers there",
	"served":     "connections served", "unserved": "connections left without an answer",
	"offered_rate": "offered rate", "achieved_rate": "achieved rate",
	"throughput_bytes": "throughput", "in_service": "requests in the handler",
	"cpu_per_request": "CPU per request", "cpu_user_per_request": "CPU in user mode per request",
	"cpu_sys_per_request": "CPU in the kernel per request", "softirq_per_request": "interrupt time per request",
	"server_cpu": "CPUs busy, server", "client_cpu": "CPUs busy, generator",
	"switches_per_request": "context switches per request", "reads_per_request": "reads per request",
	"writes_per_request": "writes per request", "rss_peak": "memory at its peak", "rss_per_connection": "memory per connection",
	"goroutines_peak": "goroutines", "threads_peak": "threads", "gc_count": "collections", "gc_pause": "collector's pauses",
	"worst_connection_p99": "p99 of the worst connection", "drain": "time to drain",
	"replies_lost_at_drain": "replies lost at drain",
}

// quantiles are how the end of a metric's name is read.
var quantiles = strings.NewReplacer("p999", "p99.9", "max", "longest")

// metricName is what a metric is called in prose: "p99 response time".
func metricName(metric string) string {
	if n, ok := names[metric]; ok {
		return n
	}
	group, q, ok := strings.Cut(metric, ".")
	if !ok {
		return metric
	}
	q = quantiles.Replace(q)
	switch group {
	case "latency":
		return q + " response time"
	case "service":
		return q + " service time"
	case "connect":
		return q + " time to connect"
	case "first_reply":
		return q + " time to the first reply"
	case "send_lag":
		return q + " send lag"
	case "errors":
		return q + " errors"
	}
	return metric
}

// aboutMetric says what a metric is, for those who ask.
func aboutMetric(metric string) string {
	switch metric {
	case "latency.p99":
		return "one request in a hundred took longer, from the time it was meant to be sent"
	case "latency.p90":
		return "one request in ten took longer, from the time it was meant to be sent"
	}
	m, _ := result.MetricByName(metric)
	return m.About
}

func unitOf(metric string) string {
	m, ok := result.MetricByName(metric)
	if !ok {
		return "count"
	}
	return m.Unit
}

func better(metric string) int {
	m, _ := result.MetricByName(metric)
	return m.Better
}
