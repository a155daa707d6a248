package cmd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"socketbench/experiments/result"
	"socketbench/patterns/proc"
)

// bars of runs over agents, which are processes of this machine that meet over the loopback device. Each prints its figure:
//
//	go test ./cmd -run '^$' -bench FleetValid -benchtime 50x
//	go test ./cmd -run '^$' -bench FleetSkew -benchtime 50x
//	go test ./cmd -run '^$' -bench FleetNames -benchtime 25x
//	go test ./cmd -run '^$' -bench 'FleetHolds|FleetBegins|FleetCut' -benchtime 1x

// fleetOf starts an agent that serves and so many that load.
func fleetOf(b *testing.B, loaders int) (key string, server *process, list []*process) {
	dir := b.TempDir()
	code, _, errs := command("fleet", "new", freeAddress(b), "--dir", dir)
	require.Equal(b, exitDone, code, errs)
	join := filepath.Join(dir, "fleet.join")
	server = start(b, "agent", join, "--serve", "--name", "server")
	for i := range loaders {
		list = append(list, start(b, "agent", join, "--load", "--shared", "--name", fmt.Sprintf("a%02d", i)))
	}
	return filepath.Join(dir, "fleet.key"), server, list
}

// runOver runs an experiment that is given as lines of a file over a fleet.
func runOver(b *testing.B, key string, loaders int, lines ...string) (r result.Run, said string) {
	dir := b.TempDir()
	file := filepath.Join(dir, "bar.yaml")
	text := "name: bar\nquestion: Does it hold?\nteaches: It is a bar.\n" + strings.Join(lines, "\n") + "\n"
	require.NoError(b, os.WriteFile(file, []byte(text), 0o600))
	out := filepath.Join(dir, "results")
	_, _, errs := command("run", file, "--fleet", key, "--serve-on", "server", "--load-on", fmt.Sprint(loaders), "--out", out)
	r, err := result.Load(out)
	require.NoError(b, err, errs)
	return r, errs
}

// How many of so many trials over 8 agents are valid when nothing disturbs them. Beside it is what the machine allows: in
// how many of as many windows none of 8 threads, which do nothing but wait a millisecond again and again, stood still for as
// long as makes a trial invalid. One half of them come before the trials and one half after.
func BenchmarkFleetValid(b *testing.B) {
	calm := calmWindows(b.N, 8)
	key, _, _ := fleetOf(b, 8)
	r, _ := runOver(b, key, 8, "servers: [goroutine]", fmt.Sprintf("blocks: %d", b.N), fmt.Sprintf("max_blocks: %d", b.N),
		"load: {connections: 32, arrivals: poisson, rate: 2000, warmup: 200ms, duration: 500ms}")
	valid := 0
	for _, t := range r.Final() {
		if t.Valid {
			valid++
		} else {
			b.Logf("trial %d: %s", t.Order+1, t.Reasons)
		}
	}
	calm += calmWindows(b.N, 8)
	b.ReportMetric(float64(valid), "valid")
	b.ReportMetric(float64(len(r.Final())), "trials")
	b.ReportMetric(float64(calm), "windows-calm")
	b.ReportMetric(float64(2*b.N), "windows")
}

// calmWindows counts those of so many windows of 500 ms in which no thread stood still for 10 ms in one piece: more than 1 %
// of the window, which makes a trial invalid.
func calmWindows(windows, threads int) (calm int) {
	for range windows {
		var stood atomic.Bool
		var all sync.WaitGroup
		end := proc.Clock() + int64(500*time.Millisecond)
		for i := range threads {
			all.Go(func() {
				waits(i)
				for now := proc.Clock(); now < end; {
					wake := now + int64(time.Millisecond)
					sleepUntil(wake)
					now = proc.Clock()
					if now-wake >= int64(10*time.Millisecond) {
						stood.Store(true)
					}
				}
			})
		}
		all.Wait()
		if !stood.Load() {
			calm++
		}
	}
	return calm
}

// waits makes the goroutine one that does nothing but wait: it has a thread, which ends with it, a CPU by its number, and
// timers that are exact.
func waits(number int) {
	runtime.LockOSThread()
	_ = proc.ConfineThread([]int{number % runtime.NumCPU()})
	_ = unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
}

func sleepUntil(moment int64) {
	until := unix.NsecToTimespec(moment)
	for unix.ClockNanosleep(unix.CLOCK_MONOTONIC, unix.TIMER_ABSTIME, &until, nil) == unix.EINTR {
	}
}

// How far the first requests of 8 agents lie apart, over so many trials: the difference between the agent that began last
// after its moment and the one that began first, and how far their clocks may be off. Beside it is what the machine allows:
// the same for 8 threads that do nothing but wait for a moment, as often, one half before the trials and one half after.
func BenchmarkFleetSkew(b *testing.B) {
	bare := wakeUps(b.N, 8)
	key, _, _ := fleetOf(b, 8)
	r, _ := runOver(b, key, 8, "servers: [goroutine]", fmt.Sprintf("blocks: %d", b.N), fmt.Sprintf("max_blocks: %d", b.N),
		"load: {connections: 32, arrivals: poisson, rate: 2000, warmup: 50ms, duration: 100ms}")
	var skews []float64
	for _, t := range r.Trials {
		var began []float64
		off := 0.0
		for name, ns := range t.Raw {
			if strings.HasPrefix(name, result.BeganLate) {
				began = append(began, ns)
			}
			if strings.HasPrefix(name, result.RoundTrip) {
				off = max(off, ns/2)
			}
		}
		require.Len(b, began, 8)
		skews = append(skews, slices.Max(began)-slices.Min(began)+off)
	}
	bare = append(bare, wakeUps(b.N, 8)...)
	slices.Sort(skews)
	slices.Sort(bare)
	b.ReportMetric(float64(len(skews)), "trials")
	b.ReportMetric(skews[len(skews)/2]/1e3, "p50-µs")
	b.ReportMetric(skews[len(skews)*99/100]/1e3, "p99-µs")
	b.ReportMetric(bare[len(bare)/2]/1e3, "threads-p50-µs")
	b.ReportMetric(bare[len(bare)*99/100]/1e3, "threads-p99-µs")
}

// wakeUps lets so many threads sleep until the same moment, again and again, and returns how far apart they woke up each
// time, ns.
func wakeUps(rounds, threads int) (spreads []float64) {
	for range rounds {
		moment := proc.Clock() + int64(50*time.Millisecond)
		woke := make([]float64, threads)
		var all sync.WaitGroup
		for i := range threads {
			all.Go(func() {
				waits(i)
				sleepUntil(moment)
				woke[i] = float64(proc.Clock() - moment)
			})
		}
		all.Wait()
		spreads = append(spreads, slices.Max(woke)-slices.Min(woke))
	}
	return spreads
}

// In how many of so many trials one of 64 agents whose generator is stopped for 50 ms is named, and how often another one is.
// The rate is low, because 64 generators take most of a few CPUs before they send anything. On a machine that is too slow even
// for that, others get no CPU for as long either, and are named as well; and where an agent is lost three times in a row, the
// run ends, so that there are several short ones.
func BenchmarkFleetNames(b *testing.B) {
	const loaders, most = 64, 5
	key, _, list := fleetOf(b, loaders)
	random := rand.New(rand.NewPCG(20, 1))
	stops, named, others := 0, 0, 0
	for done := 0; done < b.N; done += most {
		blocks := min(most, b.N-done)
		victims := make([]*process, 2*blocks) // the only server is measured twice in each block
		for i := range victims {
			victims[i] = list[random.IntN(loaders)]
		}
		running, end := context.WithCancel(b.Context())
		var watched sync.WaitGroup
		for n, victim := range victims {
			watched.Go(func() { victim.stopsInWindow(running, n+1) })
		}
		r, said := runOver(b, key, loaders, "servers: [goroutine]", fmt.Sprintf("blocks: %d", blocks), fmt.Sprintf("max_blocks: %d", blocks),
			"load: {connections: 64, arrivals: poisson, rate: 1280, warmup: 1s, duration: 1s}")
		end()
		watched.Wait()
		if r.Manifest.Decision == "ended by an error" {
			b.Logf("a run ended early: %s", said)
		}
		for _, t := range r.Trials {
			if t.Again {
				continue
			}
			stops++
			victim := victims[t.Order].args[len(victims[t.Order].args)-1]
			text := t.Reasons.String()
			if strings.Contains(text, victim+": ") {
				named++
			} else {
				b.Logf("trial %d: %s was stopped: %s", t.Order+1, victim, text)
			}
			for i := range loaders {
				if name := fmt.Sprintf("a%02d", i); name != victim && strings.Contains(text, name+": ") {
					others++
				}
			}
		}
	}
	b.ReportMetric(float64(named), "named")
	b.ReportMetric(float64(stops), "stopped")
	b.ReportMetric(float64(others), "others-named")
}

// stopsInWindow stops the generators of an agent for 50 ms whenever it begins a trial, which is more than once where the
// trial is carried out again, until ctx ends.
func (p *process) stopsInWindow(ctx context.Context, trial int) {
	begins := func(text string) int { return strings.Count(text, fmt.Sprintf("trial %d: begin", trial)) }
	seen := begins(p.said.String())
	for p.said.until(ctx, func(text string) bool { return begins(text) > seen }) {
		seen++
		time.Sleep(1600 * time.Millisecond) // until the first request, which is up to half a second; the warm-up; a part of the window
		for _, pid := range proc.Tree(p.cmd.Process.Pid)[1:] {
			syscall.Kill(pid, syscall.SIGSTOP)
			time.AfterFunc(50*time.Millisecond, func() { syscall.Kill(pid, syscall.SIGCONT) })
		}
	}
}

// 64 agents with 900 connections each, held at the same time.
func BenchmarkFleetHolds(b *testing.B) {
	const loaders, each = 64, 900
	key, _, _ := fleetOf(b, loaders)
	for b.Loop() {
		r, _ := runOver(b, key, loaders, "servers: [prefork]", "blocks: 1", "max_blocks: 1", "config: {workers: 4}",
			fmt.Sprintf("load: {connections: 64, idle: %d, arrivals: poisson, rate: 640, warmup: 200ms, duration: 1s}", loaders*each-64))
		t := r.Final()[0]
		b.Logf("%s", t.Reasons)
		b.ReportMetric(t.Raw["idle.start"], "idle-at-start")
		b.ReportMetric(t.Raw["idle.end"], "idle-at-end")
		b.ReportMetric(t.Metrics["served"], "served")
	}
}

// A link between coordinator and loader that is cut for 5 s in a window of 10 s: the trial is there, and was carried out
// once.
func BenchmarkFleetCut(b *testing.B) {
	for b.Loop() {
		dir := b.TempDir()
		f := overLinks(b, dir)
		loader := f.agents[1]
		go func() {
			loader.said.until(b.Context(), func(text string) bool { return strings.Contains(text, "trial 1: begin") })
			time.Sleep(2 * time.Second) // of the window
			f.links[1].cut.Lock()
			time.Sleep(5 * time.Second)
			f.links[1].cut.Unlock()
		}()
		r, said := runOver(b, f.key, 2, "servers: [goroutine]", "blocks: 1", "max_blocks: 1",
			"load: {connections: 8, arrivals: poisson, rate: 500, warmup: 200ms, duration: 10s}")
		t := r.Final()[0]
		require.True(b, t.Valid, "%s", t.Reasons)
		require.NotContains(b, said, "is lost", "it was carried out once")
		b.ReportMetric(t.Metrics["answered"], "answered")
		b.ReportMetric(t.Metrics["completed"]/t.Metrics["offered_rate"]/10, "of-what-was-asked")
	}
}

// How long after the last agent has joined the first trial begins.
func BenchmarkFleetBegins(b *testing.B) {
	for b.Loop() {
		key, server, _ := fleetOf(b, 0)
		done := make(chan struct{})
		go func() {
			defer close(done)
			runOver(b, key, 1, "servers: [goroutine]", "blocks: 1", "max_blocks: 1", "load: {connections: 4, warmup: 100ms, duration: 100ms}")
		}()
		server.said.has(b, "the coordinator is there") // and waits for the agent that loads
		last := start(b, "agent", strings.TrimSuffix(key, "key")+"join", "--load", "--shared", "--name", "last")
		last.said.has(b, "the coordinator is there")
		began := time.Now()
		server.said.has(b, "trial 1: serve")
		b.ReportMetric(time.Since(began).Seconds(), "s-to-first-trial")
		<-done
	}
}
