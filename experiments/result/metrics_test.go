package result

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// Names and units are read by other programs: they stay.
func TestMetricsKeepTheirNamesAndUnits(t *testing.T) {
	want := map[string]string{
		"requests/s": "offered_rate achieved_rate",
		"count": "missing completed wrong duplicate lost unanswered served unserved in_service goroutines_peak threads_peak gc_count " +
			"replies_lost_at_drain",
		"ns": "latency.mean latency.p50 latency.p90 latency.p99 latency.p999 latency.max " +
			"service.mean service.p50 service.p90 service.p99 service.p999 service.max " +
			"connect.p50 connect.p99 connect.max first_reply.p50 first_reply.p99 first_reply.max " +
			"send_lag.p50 send_lag.p99 send_lag.p999 send_lag.max " +
			"cpu_per_request cpu_user_per_request cpu_sys_per_request softirq_per_request gc_pause worst_connection_p99 drain",
		"bytes/s": "throughput_bytes",
		"CPUs":    "server_cpu client_cpu",
		"share":   "answered disturbers",
		"ratio":   "switches_per_request reads_per_request writes_per_request fairness",
		"bytes":   "rss_peak rss_per_connection",
	}
	names := 0
	for unit, list := range want {
		for _, name := range strings.Fields(list) {
			names++
			m, known := MetricByName(name)
			require.True(t, known, name)
			require.Equal(t, unit, m.Unit, name)
		}
	}
	require.Len(t, Metrics, names, "a metric that is new has its line here")
}

// What the generator is late by says nothing about the design it talks to.
func TestTheGeneratorsLatenessIsNotRanked(t *testing.T) {
	for _, m := range Metrics {
		if strings.HasPrefix(m.Name, "send_lag.") || m.Name == "client_cpu" {
			require.Zero(t, m.Better, m.Name)
		}
	}
}

// Designs are ranked by what a client waits and a server spends, and not by what forgives, hides or guesses.
func TestWhatIsJudged(t *testing.T) {
	judged := map[string]bool{}
	for _, m := range Metrics {
		judged[m.Name] = m.Judged()
	}
	for _, name := range []string{"latency.p50", "latency.p99", "achieved_rate", "cpu_per_request", "rss_per_connection", "fairness", "drain"} {
		require.True(t, judged[name], name)
	}
	for _, name := range []string{"service.p99", "latency.max", "latency.mean", "send_lag.p99", "cpu_user_per_request", "served", "server_cpu"} {
		require.False(t, judged[name], name)
	}
}
