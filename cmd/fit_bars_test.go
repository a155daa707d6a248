package cmd

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/result"
	"socketbench/experiments/stats"
	"socketbench/experiments/verdict"
)

// BenchmarkFitSaturation compares what fit predicts of a backend with the most that designs answer through it in a closed loop
// of more clients than slots: by arithmetic (slots / wait, Little's law), which it says before it measures, and by the time that a
// request really spends there at half of that load, which it says afterwards. A loop that waits itself has one request in the
// backend, whatever the slots are.
//
//	go test ./cmd -run '^$' -bench FitSaturation -benchtime 1x
func BenchmarkFitSaturation(b *testing.B) {
	for _, c := range []struct {
		slots int
		wait  time.Duration
	}{{5, 20 * time.Millisecond}, {20, 10 * time.Millisecond}, {100, 50 * time.Millisecond}} {
		b.Run(fmt.Sprintf("%dx%v", c.slots, c.wait), func(b *testing.B) {
			measured := func(arrivals string) result.Run {
				dir := b.TempDir()
				file, out := filepath.Join(dir, "saturation.yaml"), filepath.Join(dir, "results")
				text := fmt.Sprintf(`name: saturation
question: How much do designs carry through a backend?
servers: [goroutine, dispatch, halfsync, epoll]
primary: achieved_rate
load: {%s, connections: %d, size: 64, warmup: 300ms, duration: 2s}
config: {wait: %v, slots: %d, workers: %d}
blocks: %d
max_blocks: %d
`, arrivals, 4*c.slots, c.wait, c.slots, max(fitWorkers, c.slots), 2+b.N, 2+b.N)
				require.NoError(b, os.WriteFile(file, []byte(text), 0o600))
				_, _, errs := command("run", file, "--seed", "5", "--out", out)
				run, err := result.Load(out)
				require.NoError(b, err, errs)
				return run
			}
			predicted := float64(c.slots) / c.wait.Seconds()
			a, err := verdict.Judge(measured(fmt.Sprintf("arrivals: poisson, rate: %v", predicted/2)))
			require.NoError(b, err)
			carried := a.Carried()
			require.Len(b, carried, 1)
			b.Logf("a request spends %v there: %s", carried[0].Spends.Round(10*time.Microsecond), carried[0].Server)
			rates := map[string][]float64{}
			for _, t := range measured("arrivals: closed").Final() {
				if t.Counts() {
					rates[t.Cell.Server()] = append(rates[t.Cell.Server()], t.Metrics[metric.AchievedRate])
				}
			}
			for _, server := range slices.Sorted(maps.Keys(rates)) {
				share := 1.0 // of the slots
				if server == "epoll" {
					share = 1 / float64(c.slots)
				}
				rate := stats.Median(rates[server])
				before, after := rate/(share*predicted)-1, rate/(share*carried[0].Rate)-1
				b.Logf("%s: measured %.4g/s; predicted %.4g/s, which is %+.1f %% off, and afterwards %.4g/s, which is %+.1f %% off", server, rate,
					share*predicted, 100*before, share*carried[0].Rate, 100*after)
				b.ReportMetric(100*after, server+"-%")
			}
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkFitSeeds asks the same question with b.N seeds, and says which designs each answer names and how many of the
// answers name the same: those that meet all that is required, and the cheapest of them.
//
//	go test ./cmd -run '^$' -bench FitSeeds -benchtime 10x -timeout 1h
func BenchmarkFitSeeds(b *testing.B) {
	for seed := len(fitAnswers) + 1; seed <= b.N; seed++ { // a benchmark is called with 1 first: what that answered is kept
		out := filepath.Join(b.TempDir(), strconv.Itoa(seed))
		began := time.Now()
		code, _, errs := command("fit", "--idle", "50k", "--active", "200", "--rate", "1k", "--backend", "slots=20,wait=10ms", "--p99", "200ms",
			"--seed", strconv.Itoa(seed), "--out", out)
		lasted := time.Since(began).Round(time.Second)
		require.Contains(b, []int{exitDone, exitNo}, code, errs)
		run, err := result.Load(out)
		require.NoError(b, err, errs)
		a, err := verdict.Judge(run)
		require.NoError(b, err)
		var meet []string
		for _, r := range a.Required {
			if r.Word == verdict.Holds {
				meet = append(meet, r.Server)
			}
		}
		slices.Sort(meet)
		fitAnswers = append(fitAnswers, fitAnswer{strings.Join(meet, ", "), lasted, verdict.Decides(a.Required)})
	}
	same, longest := map[string]int{}, time.Duration(0)
	for i, f := range fitAnswers {
		b.Logf("seed %d, %v: %s (%s)", i+1, f.lasted, f.meet, strings.Join(f.says, " "))
		same[f.meet]++
		longest = max(longest, f.lasted)
	}
	most := slices.Max(slices.Collect(maps.Values(same)))
	b.ReportMetric(float64(most), fmt.Sprintf("same-of-%d", len(fitAnswers)))
	b.ReportMetric(longest.Seconds(), "longest-s")
	b.ReportMetric(0, "ns/op")
}

// fitAnswer is what one call of fit answered.
type fitAnswer struct {
	meet   string // the designs that meet all
	lasted time.Duration
	says   []string
}

// fitAnswers are those to the seeds 1, 2, ... that were asked so far.
var fitAnswers []fitAnswer
