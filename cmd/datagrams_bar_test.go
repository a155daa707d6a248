package cmd

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
)

// Several readers against one, in one run: the part of the datagrams that is lost at each rate, and the CPU time of one
// that is answered, with the ratio of several readers to one. The handlers do nothing, so the system calls are the limit.
// Trials that are not valid do not count.
//
//	go test ./cmd -run '^$' -bench Datagrams -benchtime 5x
func BenchmarkDatagrams(b *testing.B) {
	const window = 500 * time.Millisecond
	dir := b.TempDir()
	file, out := filepath.Join(dir, "datagrams.yaml"), filepath.Join(dir, "results")
	text := fmt.Sprintf(`name: readers
question: How many datagrams are lost, and what does one cost?
servers: [udp, udpreaders]
baseline: udp
transport: udp
vary: {load.rate: [5k, 20k, 80k]}
load: {arrivals: poisson, connections: 64, size: 64, warmup: 100ms, duration: %v}
blocks: %d
max_blocks: %d
`, window, b.N, b.N)
	require.NoError(b, os.WriteFile(file, []byte(text), 0o600))
	_, _, errs := command("run", file, "--out", out)
	r, err := result.Load(out)
	require.NoError(b, err, errs)
	type sum struct{ sent, lost, cpu, trials float64 }
	sums := map[string]sum{}
	var keys []string
	for _, t := range r.Final() {
		if !t.Valid {
			continue
		}
		key := fmt.Sprintf("%s-%v", t.Cell.Server(), t.Cell["load.rate"])
		s, known := sums[key]
		if !known {
			keys = append(keys, key)
		}
		lost := t.Metrics[metric.Lost]
		s.sent, s.lost = s.sent+t.Metrics[metric.OfferedRate]*window.Seconds(), s.lost+lost
		s.cpu, s.trials = s.cpu+t.Metrics[metric.CPUPerRequest], s.trials+1
		sums[key] = s
	}
	for _, key := range keys {
		s := sums[key]
		b.Logf("%s: %.0f valid trials", key, s.trials)
		b.ReportMetric(100*s.lost/max(s.sent, 1), key+"-lost-%")
		b.ReportMetric(s.cpu/s.trials, key+"-cpu-ns")
		if rate, several := strings.CutPrefix(key, "udpreaders-"); several && sums["udp-"+rate].trials > 0 {
			one := sums["udp-"+rate]
			b.ReportMetric((s.cpu/s.trials)/(one.cpu/one.trials), rate+"-cpu-readers/one")
		}
	}
}
