package result

import "strings"

// Metric describes one figure of a trial.
type Metric struct {
	Name   string
	Unit   string // "ns", "requests/s", "bytes", "bytes/s", "count", "ratio", "share" (of one), "CPUs"
	Better int    // -1: lower is better, +1: higher is better, 0: neither
	About  string // one line for a reader
}

// Metrics lists every figure that a trial may have, in the order in which reports show them.
var Metrics = []Metric{
	{"answered", "share", +1, "of what was asked for in the window, how much was answered rightly and in time; a client that was left waiting counts for what it would have asked for"},
	{"missing", "count", -1, "of what was asked for in the window, how much got no reply; in a closed loop with what clients that were left waiting would have asked for"},
	{"served", "count", +1, "connections that got at least one answer"},
	{"unserved", "count", -1, "connections that asked and got none"},
	{"disturbers", "share", +1, "of the disturbers that were asked for, how many were there at both ends of the window"},
	{"offered_rate", "requests/s", 0, "what the schedule wanted"},
	{"achieved_rate", "requests/s", +1, "complete replies"},
	{"completed", "count", +1, "requests answered in full"},
	{"unanswered", "count", -1, "requests still open at the end; counted in the latency at their age"},
	{"lost", "count", -1, "requests whose connection ended before the reply"},
	{"wrong", "count", -1, "replies that differ from the request in upper case"},
	{"duplicate", "count", -1, "replies nobody asked for"},
	{"latency.mean", "ns", -1, "response time from the intended time of sending"},
	{"latency.p50", "ns", -1, "half of the requests had a shorter response time"},
	{"latency.p90", "ns", -1, ""},
	{"latency.p99", "ns", -1, ""},
	{"latency.p999", "ns", -1, ""},
	{"latency.max", "ns", -1, ""},
	{"service.mean", "ns", -1, "time from the actual send; blind to coordinated omission"},
	{"service.p50", "ns", -1, ""},
	{"service.p90", "ns", -1, ""},
	{"service.p99", "ns", -1, ""},
	{"service.p999", "ns", -1, ""},
	{"service.max", "ns", -1, ""},
	{"connect.p50", "ns", -1, "time until connect succeeded"},
	{"connect.p99", "ns", -1, ""},
	{"connect.max", "ns", -1, ""},
	{"first_reply.p50", "ns", -1, "time from connect to the first reply"},
	{"first_reply.p99", "ns", -1, ""},
	{"first_reply.max", "ns", -1, ""},
	{"send_lag.p50", "ns", 0, "how late the generator itself was; no design is better or worse for it"},
	{"send_lag.p99", "ns", 0, ""},
	{"send_lag.p999", "ns", 0, ""},
	{"send_lag.max", "ns", 0, ""},
	{"throughput_bytes", "bytes/s", +1, "bytes of replies, one way"},
	{"in_service", "count", +1, "requests in the handler at once: achieved rate x wait"},
	{"cpu_per_request", "ns", -1, "CPU time of the server's process tree for one request"},
	{"cpu_user_per_request", "ns", -1, "its part in user mode, sampled by the kernel"},
	{"cpu_sys_per_request", "ns", -1, "its part in the kernel, sampled by the kernel"},
	{"softirq_per_request", "ns", -1, "interrupt time of the server's CPUs; on loopback the sender pays for the receiver's TCP input"},
	{"server_cpu", "CPUs", 0, "CPUs the server kept busy"},
	{"client_cpu", "CPUs", 0, "CPUs the generator kept busy, empty polls not counted"},
	{"switches_per_request", "ratio", -1, "context switches of the server"},
	{"reads_per_request", "ratio", -1, "read system calls of the server"},
	{"writes_per_request", "ratio", -1, "write system calls of the server"},
	{"rss_peak", "bytes", -1, "most resident memory of the server's process tree"},
	{"rss_per_connection", "bytes", -1, "(loaded - empty) / connections that were there when it was read"},
	{"goroutines_peak", "count", 0, "most goroutines seen"},
	{"threads_peak", "count", 0, "most threads seen"},
	{"gc_count", "count", 0, "garbage collections in the window"},
	{"gc_pause", "ns", -1, "time the collector stopped the server"},
	{"fairness", "ratio", +1, "Jain's index over connections; closed loop only"},
	{"worst_connection_p99", "ns", -1, "the p99 of the connection that fared worst"},
	{"drain", "ns", -1, "time from the order to stop to the end of the server"},
	{"replies_lost_at_drain", "count", -1, "replies to what the server had read that did not get back to the client when it was stopped under load"},
}

// Judged reports whether designs are ranked by m, as faster or slower. The other figures stand in the
// tables without such a word: counts, the share that was answered, and what has no better side; times from the actual send, which
// forgive a server that stalls (coordinated omission); a maximum, which a single request decides; a mean,
// which hides what it is made of; and what the kernel samples, or bills to whoever happens to run.
func (m Metric) Judged() bool {
	family, part, _ := strings.Cut(m.Name, ".")
	switch {
	case m.Better == 0, m.Unit == "count", m.Unit == "share", part == "max", part == "mean":
		return false
	}
	switch family {
	case "service", "cpu_user_per_request", "cpu_sys_per_request", "softirq_per_request", "gc_pause":
		return false
	}
	return true
}

// MetricByName returns the description of a metric; errors.* are counts.
func MetricByName(name string) (Metric, bool) {
	for _, m := range Metrics {
		if m.Name == name {
			return m, true
		}
	}
	return Metric{}, false
}
