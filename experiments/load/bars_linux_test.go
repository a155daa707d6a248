package load_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/load"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
)

// The bars that the generator holds itself to, as ratios taken side by side:
//
//	go test ./experiments/load -run '^$' -bench Bar -benchtime 1x
//
// They need two CPUs and the C programs rr and epoll in $SOCKETBENCH_PEERS.

func peer(b *testing.B, name string) string {
	dir := os.Getenv("SOCKETBENCH_PEERS")
	if cache, err := os.UserCacheDir(); err == nil && dir == "" {
		dir = filepath.Join(cache, "socketbench-peers")
	}
	path := filepath.Join(dir, name)
	if _, err := os.Stat(path); err != nil {
		b.Skipf("needs the C program %s (set SOCKETBENCH_PEERS to its folder)", path)
	}
	return path
}

// pinned starts a command on one CPU and ends it with the benchmark.
func pinned(b testing.TB, cpu int, name string, args ...string) {
	cmd := exec.Command(name, args...)
	ended, err := child.Launch(cmd, []int{cpu}, false)
	require.NoError(b, err)
	b.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
}

// cServer starts the C epoll server on CPU 0 and returns its host:port.
func cServer(b *testing.B) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(b, err)
	address := ln.Addr().String()
	require.NoError(b, ln.Close())
	_, port, _ := net.SplitHostPort(address)
	pinned(b, 0, peer(b, "epoll"), port)
	for range 200 {
		conn, err := net.Dial("tcp", address)
		if err == nil {
			_ = conn.Close()
			return address
		}
		time.Sleep(10 * time.Millisecond)
	}
	b.Fatal("the C server does not listen")
	return ""
}

const (
	pairs   = 9
	warmup  = 300 * time.Millisecond
	length  = 1700 * time.Millisecond
	settled = 600 * time.Millisecond // after the start of a generator, when it plays evenly
	reading = 1200 * time.Millisecond
)

// share reads how much of a CPU a process uses, in the middle of its run.
func cpuShare(b *testing.B, pid int) float64 {
	time.Sleep(settled)
	from, err := proc.CPUTime(pid)
	require.NoError(b, err)
	began := time.Now()
	time.Sleep(reading)
	to, err := proc.CPUTime(pid)
	require.NoError(b, err)
	return float64(to-from) / float64(time.Since(began))
}

var rrRate = regexp.MustCompile(`req/s=(\d+)`)

func playRR(b *testing.B, address string, conns int) (rate, cpu float64) {
	cmd := exec.Command(peer(b, "rr"), address, strconv.Itoa(conns), "64", fmt.Sprint(length.Seconds()), "1")
	cmd.Env = append(os.Environ(), fmt.Sprintf("RR_WARMUP=%v", warmup.Seconds()))
	var out strings.Builder
	cmd.Stdout = &out
	ended, err := child.Launch(cmd, []int{1}, false)
	require.NoError(b, err)
	share := cpuShare(b, cmd.Process.Pid)
	<-ended
	require.True(b, cmd.ProcessState.Success(), out.String())
	rate, err = strconv.ParseFloat(rrRate.FindStringSubmatch(out.String())[1], 64)
	require.NoError(b, err)
	return rate, share / rate * 1e9
}

// generate starts a process that plays o.
func generate(b *testing.B, o load.Options) *child.Process {
	g, err := child.Start(child.Options{Verb: load.Command, CPUs: o.CPUs})
	require.NoError(b, err)
	require.NoError(b, g.Send(map[string]any{"Options": o}))
	return g
}

// resultOf waits for what the process tells, and for its end.
func resultOf(b *testing.B, g *child.Process) *load.Result {
	var told struct{ Result *load.Result }
	require.NoError(b, g.Receive(&told))
	require.Empty(b, g.End(time.Minute).How)
	require.NotNil(b, told.Result)
	require.Zero(b, told.Result.Metrics["wrong"]+told.Result.Metrics["lost"])
	return told.Result
}

func playOurs(b *testing.B, address string, conns int) (rate, cpu float64) {
	o := load.Options{Address: "tcp://" + address, Connections: conns, Size: 64, Warmup: warmup, Duration: length, CPUs: []int{1}}
	g := generate(b, o)
	share := cpuShare(b, g.PID)
	rate = resultOf(b, g).Metrics["achieved_rate"]
	return rate, share / rate * 1e9
}

// BenchmarkBarAgainstC compares with rr, a C epoll client, pinned alike, before the same C server.
func BenchmarkBarAgainstC(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("needs two CPUs")
	}
	for _, conns := range []int{64} {
		b.Run(fmt.Sprintf("%d connections", conns), func(b *testing.B) {
			address := cServer(b)
			var rates, costs []float64
			for i := range pairs {
				var ours, theirs [2]float64
				for k := range 2 {
					if (i+k)%2 == 0 {
						ours[0], ours[1] = playOurs(b, address, conns)
					} else {
						theirs[0], theirs[1] = playRR(b, address, conns)
					}
				}
				b.Logf("ours %.0f/s at %.0f ns CPU, rr %.0f/s at %.0f ns", ours[0], ours[1], theirs[0], theirs[1])
				rates, costs = append(rates, ours[0]/theirs[0]), append(costs, ours[1]/theirs[1])
			}
			slices.Sort(rates)
			slices.Sort(costs)
			b.ReportMetric(rates[pairs/2], "rate/rr") // bar: at least 0.95
			b.ReportMetric(costs[pairs/2], "cpu/rr")  // bar: at most 1.10
			b.ReportMetric(0, "ns/op")
		})
	}
}

// BenchmarkBarSendLag plays 20,000 Poisson requests/s with a CPU of its own, and beside it a bare loop
// that reads the clock, pinned alike: what the loop would add to the same schedule is this machine's
// doing.
func BenchmarkBarSendLag(b *testing.B) {
	if runtime.NumCPU() < 2 {
		b.Skip("needs two CPUs")
	}
	address := cServer(b)
	var p99, p999, bare, ratios []float64
	play := func() (p99, p999 float64) {
		o := load.Options{
			Address: "tcp://" + address, Connections: 64, Size: 64, Warmup: warmup, Duration: 2 * time.Second,
			CPUs: []int{1}, Spin: true, Arrivals: load.Poisson, Rate: 20000, Seed: rand.Uint64(),
		}
		r, err := load.Spawn(context.Background(), o)
		require.NoError(b, err)
		require.Zero(b, r.Metrics["wrong"]+r.Metrics["lost"])
		require.Contains(b, r.Metrics, "send_lag.p999", "too few requests were sent for a p99.9: the machine had no CPU for them")
		return r.Metrics["send_lag.p99"], r.Metrics["send_lag.p999"]
	}
	for i := range pairs {
		var ours99, ours, theirs float64
		for k := range 2 { // who is first alternates
			if (i+k)%2 == 0 {
				ours99, ours = play()
			} else {
				theirs = bareLoop(b, 1, 20000, 2*time.Second)
			}
		}
		b.Logf("lag p99 %.0f p99.9 %.0f ns; bare loop p99.9 %.0f ns", ours99, ours, theirs)
		p99, p999, bare, ratios = append(p99, ours99), append(p999, ours), append(bare, theirs), append(ratios, ours/theirs)
	}
	for _, v := range [][]float64{p99, p999, bare, ratios} {
		slices.Sort(v)
	}
	b.ReportMetric(p99[pairs/2]/1e3, "p99-us") // bar: at most 50
	b.ReportMetric(p999[pairs/2]/1e3, "p99.9-us")
	b.ReportMetric(bare[pairs/2]/1e3, "bare-p99.9-us")
	b.ReportMetric(ratios[pairs/2], "p99.9/bare") // bar: at most 2
	b.ReportMetric(0, "ns/op")
}

// bareLoop returns the p99.9 of how late a loop that only reads the clock sees Poisson arrivals, ns.
func bareLoop(b *testing.B, cpu int, rate float64, d time.Duration) float64 {
	var late []float64
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread() // never unlocked: the pinned thread ends with this goroutine
		if proc.ConfineThread([]int{cpu}) != nil {
			return
		}
		late = make([]float64, 0, int(2*rate*d.Seconds()))
		began := time.Now()
		next := rand.ExpFloat64() / rate * 1e9
		for now := 0.0; now < float64(d); now = float64(time.Since(began)) {
			for next <= now {
				late = append(late, now-next)
				next += rand.ExpFloat64() / rate * 1e9
			}
		}
	}()
	<-done
	require.NotEmpty(b, late)
	slices.Sort(late)
	return late[len(late)*999/1000]
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`) // proc_pid_status(5)

// BenchmarkBarCrowd holds 19,000 connections in one process, and says what each takes of its memory: the
// peak with all of them, less the peak with one.
func BenchmarkBarCrowd(b *testing.B) {
	const held = 19_000
	address, _ := elsewhere(b)
	peak := func(conns int) (bytes int) {
		g := generate(b, load.Options{Address: address, Connections: conns, Size: 64, Think: time.Second,
			Warmup: time.Second, Duration: 2 * time.Second})
		ended := make(chan struct{})
		seen := make(chan int, 1)
		go func() {
			most := 0
			for ; ; time.Sleep(10 * time.Millisecond) {
				status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", g.PID))
				if m := highWater.FindSubmatch(status); err == nil && m != nil {
					kB, _ := strconv.Atoi(string(m[1]))
					most = max(most, kB<<10)
				}
				select {
				case <-ended:
					seen <- most
					return
				default:
				}
			}
		}()
		r := resultOf(b, g)
		close(ended)
		require.EqualValues(b, conns, r.Metrics["served"], "%v %v", r.Metrics, r.Reasons)
		return <-seen
	}
	all, one := peak(held), peak(1)
	b.Logf("peak memory %.1f MiB with %d connections, %.1f MiB with one", float64(all)/(1<<20), held, float64(one)/(1<<20))
	b.ReportMetric(float64(all-one)/(held-1), "B/connection") // bar: at most 1,536
	b.ReportMetric(0, "ns/op")
}
