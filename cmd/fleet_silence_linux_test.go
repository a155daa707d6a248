package cmd

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/prometheus/procfs"
	"github.com/stretchr/testify/require"
)

// Silence by the counters of the link: the coordinator is alone in its network namespace, the agents that serve and load share
// another, so that the link between the two carries orders and results only. The window and the warm-up of a trial are a stretch in
// which the link carries no packet; the benchmark counts the trials and the stretches that are as long.
//
//	go test ./cmd -run '^$' -bench FleetSilent -benchtime 100x
func BenchmarkFleetSilent(b *testing.B) {
	if os.Getenv(insideNamespace) == "" {
		said := inNamespace(b, "-test.run", "^$", "-test.bench", "^BenchmarkFleetSilent$", "-test.benchtime", fmt.Sprintf("%dx", max(b.N, 3)))
		words := strings.Fields(said)
		for i, unit := range words {
			if unit == "trials" || unit == "silent-windows" {
				n, err := strconv.ParseFloat(words[i-1], 64)
				require.NoError(b, err)
				b.ReportMetric(n, unit)
			}
		}
		return
	}
	if b.N < 3 { // the framework's own first try
		return
	}
	const window = 500 * time.Millisecond // the warm-up included
	network(b, "ip", "link", "set", "lo", "up")
	dir := b.TempDir()
	code, _, errs := command("fleet", "new", loaderAddress+":7422", "--dir", dir)
	require.Equal(b, exitDone, code, errs)
	key, join := filepath.Join(dir, "fleet.key"), filepath.Join(dir, "fleet.join")
	inside := serverMachine(b, join)
	withoutNeighbourDiscovery(b, inside)
	self, err := os.Executable()
	require.NoError(b, err)
	loader := exec.Command(inside[0], append(inside[1:], self, "agent", join, "--load", "--shared", "--name", "loader", "--allow", serverAddress)...)
	loader.Env = append(os.Environ(), asMain+"=1")
	require.NoError(b, loader.Start())
	b.Cleanup(func() {
		loader.Process.Signal(syscall.SIGTERM)
		loader.Wait()
	})

	var silent atomic.Int64
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		last, since := packets(), time.Now()
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Millisecond):
			}
			if now := packets(); now != last {
				if time.Since(since) > window {
					silent.Add(1)
				}
				last, since = now, time.Now()
			}
		}
	}()
	time.Sleep(2 * window) // the silence before the first trial is none of its
	r, said := runOver(b, key, 1, "servers: [goroutine]", fmt.Sprintf("blocks: %d", b.N), fmt.Sprintf("max_blocks: %d", b.N),
		"load: {connections: 8, arrivals: poisson, rate: 1000, warmup: 100ms, duration: 400ms}")
	close(stop)
	<-stopped
	require.GreaterOrEqual(b, len(r.Final()), b.N, said)
	b.ReportMetric(float64(len(r.Trials)), "trials")
	b.ReportMetric(float64(silent.Load()), "silent-windows")
}

// packets counts those that the link has carried, in both directions.
func packets() int {
	self, err := procfs.Self() // whose namespace it is; /sys still shows the devices of the one before
	if err != nil {
		panic(err)
	}
	devices, err := self.NetDev()
	if err != nil {
		panic(err)
	}
	return int(devices["here"].RxPackets + devices["here"].TxPackets)
}

// withoutNeighbourDiscovery tells both ends of the link each other's hardware address, so that the kernels need not ask.
func withoutNeighbourDiscovery(b *testing.B, inside []string) {
	hardware := func(command ...string) string {
		text, err := exec.Command(command[0], command[1:]...).Output()
		require.NoError(b, err)
		return strings.TrimSpace(string(text))
	}
	here := hardware("ip", "-br", "link", "show", "here")
	there := hardware(append(inside[:len(inside):len(inside)], "ip", "-br", "link", "show", "there")...)
	network(b, "ip", "neigh", "replace", serverAddress, "lladdr", strings.Fields(there)[2], "dev", "here", "nud", "permanent")
	network(b, append(inside[:len(inside):len(inside)], "ip", "neigh", "replace", loaderAddress, "lladdr", strings.Fields(here)[2], "dev", "there", "nud", "permanent")...)
	network(b, "ip", "address", "flush", "dev", "here", "scope", "link")
	network(b, append(inside[:len(inside):len(inside)], "ip", "address", "flush", "dev", "there", "scope", "link")...)
}
