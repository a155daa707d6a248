package metric

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
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
	for unit, list := range want {
		for _, name := range strings.Fields(list) {
			m, known := Find(name)
			require.True(t, known, name)
			require.Equal(t, unit, m.Unit, name)
		}
	}
}

// What the generator is late by says nothing about the design it talks to.
func TestTheGeneratorsLatenessIsNotRanked(t *testing.T) {
	for _, m := range All {
		if strings.HasPrefix(m.Name, "send_lag.") || m.Name == "client_cpu" {
			require.Zero(t, m.Better, m.Name)
		}
	}
}

// Designs are ranked by what a client waits and a server spends, and not by what forgives, hides or guesses.
func TestWhatIsRanked(t *testing.T) {
	ranked := map[string]bool{}
	for _, m := range All {
		ranked[m.Name] = m.Ranked
	}
	for _, name := range []string{"latency.p50", "latency.p99", "achieved_rate", "cpu_per_request", "rss_per_connection", "fairness", "drain"} {
		require.True(t, ranked[name], name)
	}
	for _, name := range []string{"service.p99", "latency.max", "latency.mean", "send_lag.p99", "cpu_user_per_request", "served", "server_cpu"} {
		require.False(t, ranked[name], name)
	}
}

// Every metric can be spoken of.
func TestEveryMetricHasItsWords(t *testing.T) {
	phrases := map[string]string{}
	for _, m := range All {
		require.NotEmpty(t, m.Phrase, m.Name)
		require.NotEmpty(t, m.Spoken[0], m.Name)
		require.NotContains(t, m.Phrase, "_", m.Name)
		require.Empty(t, phrases[m.Phrase], "%s and %s are called the same", m.Name, phrases[m.Phrase])
		phrases[m.Phrase] = m.Name
		require.False(t, m.Ranked && m.Better == 0, m.Name)
	}
	require.Equal(t, "connections that failed (reset)", Of("errors.reset").Phrase)
	_, ok := Find("latency.p98")
	require.False(t, ok)
}

// Code asks for a metric by its constant, so that a name that is written wrong does not compile.
func TestNamesAreWrittenOnce(t *testing.T) {
	asked := regexp.MustCompile(`(?i:metrics|\bm)\["([a-z0-9_.]+)"\]|RestsOn = "([a-z0-9_.]+)"`)
	read := 0
	for _, top := range []string{"../../experiments", "../../cmd", "../../.ci"} {
		require.NoError(t, filepath.WalkDir(top, func(path string, _ fs.DirEntry, err error) error {
			if err != nil || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
				return err
			}
			read++
			text, err := os.ReadFile(path)
			for _, m := range asked.FindAllStringSubmatch(string(text), -1) {
				_, known := Find(m[1] + m[2])
				require.False(t, known, "%s: %s is a constant of this package", path, m[0])
			}
			return err
		}))
	}
	require.Greater(t, read, 100)
}
