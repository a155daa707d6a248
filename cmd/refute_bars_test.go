package cmd

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/refute"
	"socketbench/experiments/result"
	"socketbench/patterns/proc"
	"socketbench/servers"
)

// Planted servers are goroutine, each with a delay in every request. That of a server whose name says when shows only then:
// it depends on one choice of the experimenter. That of the others shows always. A server of which the conditions are those
// of the run below delays there, so that each is found to be slower than goroutine.

// plantedDelay is long beside what a request takes, so that a busy machine does not hide it.
const plantedDelay = 3 * time.Millisecond

// plant is a delay that depends on one choice: the name of its server, the change that removes it, and whether it shows for
// a request, while so many connections are open.
type plant struct {
	name, change string
	shows        func(req []byte, open int64) bool
}

// planted look at their own process only, as a server could.
var planted = []plant{
	{"only-split", "placement", func([]byte, int64) bool { return len(proc.CPUs()) == 1 }},
	{"unless-shared", "placement", func([]byte, int64) bool { return runtime.NumCPU() == 1 }},
	{"only-small", "size", func(req []byte, _ int64) bool { return len(req) < 512 }},
	{"up-to-100-bytes", "size", func(req []byte, _ int64) bool { return len(req) <= 256 }},
	{"only-few", "connections", func(_ []byte, open int64) bool { return open <= 6 }},
	{"up-to-eight", "connections", func(_ []byte, open int64) bool { return open <= 8 }},
	{"only-one-proc", "gomaxprocs", func([]byte, int64) bool { return len(proc.CPUs()) > 1 || runtime.GOMAXPROCS(0) == 1 }},
	{"only-usual-gc", "gogc", func([]byte, int64) bool { return gcPercent() == 100 }},
	{"only-this-seed", "seed", knownRequests("a")},
	{"unless-other-seed", "seed", knownRequests("b")},
}

var gcPercent = sync.OnceValue(func() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
})

// knownRequests shows if a process is asked what a process of the run was asked first: the bytes of requests follow from the
// seed. The processes of the run write them down, until their list is sealed.
func knownRequests(name string) func([]byte, int64) bool {
	const first = 4 // of each connection of the run
	file := filepath.Join(os.TempDir(), "requests-"+name)
	var asked atomic.Int64
	var met atomic.Int64
	known := sync.OnceValue(func() string {
		text, _ := os.ReadFile(file + sealed)
		return string(text)
	})
	return func(req []byte, _ int64) bool {
		line := fmt.Sprintf("%x\n", req[:min(len(req), 16)])
		switch n := asked.Add(1); {
		case known() == "": // the run itself
			if n <= first {
				f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
				if err == nil {
					f.WriteString(line)
					f.Close()
				}
			}
			return true
		case n <= 4*first && strings.Contains(known(), line): // a connection more or less does not matter
			met.Add(1)
		}
		return met.Load() > 1 // one may be an accident
	}
}

// sealed is the end of the name of a list that is complete.
const sealed = "-sealed"

// plantedEntries are the planted servers and as many whose delay shows always.
func plantedEntries() (list []servers.Entry) {
	add := func(name string, delay time.Duration, shows func([]byte, int64) bool) {
		list = append(list, servers.Entry{Name: name, Idea: "goroutine with a delay", Family: "goroutines", New: func(c servers.Config) servers.Server {
			s := &delayed{}
			c.Protocol.Hook = func(req []byte) {
				if shows(req, s.open.Load()) {
					time.Sleep(delay)
				}
			}
			s.Server = servers.NewGoroutine(c)
			return s
		}})
	}
	for _, p := range planted {
		add(p.name, plantedDelay, p.shows)
	}
	for i := range 10 {
		add(fmt.Sprintf("always-%d", i+1), time.Duration(i+4)*plantedDelay/4, func([]byte, int64) bool { return true })
	}
	return list
}

// delayed counts the connections that it has accepted.
type delayed struct {
	servers.Server
	open atomic.Int64
}

func (s *delayed) Serve(ctx context.Context, ln net.Listener) error {
	return s.Server.Serve(ctx, &countedListener{ln, &s.open})
}

type countedListener struct {
	net.Listener
	open *atomic.Int64
}

func (l *countedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		l.open.Add(1)
	}
	return c, err
}

// BenchmarkRefutePlanted measures a run in which ten verdicts depend on one factor each and ten on none, attacks it, and
// reports how many of the ten the factor overturned and nothing else did, and how many of the others turned.
func BenchmarkRefutePlanted(b *testing.B) {
	b.Setenv("TMPDIR", b.TempDir())
	dir := filepath.Join(b.TempDir(), "run")
	entries := plantedEntries()
	names := []string{"goroutine"}
	for _, e := range entries {
		names = append(names, e.Name)
	}
	text := "name: planted\nquestion: Which verdicts depend on one factor?\nservers: [" + strings.Join(names, ", ") + "]\nprimary: latency.p50\nplacement: split\n" +
		"blocks: 8\nload: {connections: 4, size: 64, warmup: 20ms, duration: 60ms}\n"
	file := filepath.Join(b.TempDir(), "planted.yaml")
	require.NoError(b, os.WriteFile(file, []byte(text), 0o600))
	var out, errs bytes.Buffer
	call := func(args ...string) int { return Main(args, &bytes.Buffer{}, &out, &errs, entries...) }
	require.Contains(b, []int{exitDone, exitNo}, call("run", file, "--seed", "11", "--out", dir), errs.String())
	for _, name := range []string{"a", "b"} {
		list := filepath.Join(os.TempDir(), "requests-"+name)
		require.NoError(b, os.Rename(list, list+sealed))
	}
	for range b.N {
		require.Equal(b, exitDone, call("refute", dir, "--budget", "1h"), errs.String())
	}
	run, err := result.Load(dir)
	require.NoError(b, err)
	var turned, falsely, undecided, asked float64
	for _, v := range run.Refuted.Verdicts {
		var by []string
		for _, t := range v.Tried {
			switch t.Outcome {
			case refute.Turns:
				by = append(by, t.Change)
			case refute.Undecided:
				undecided++
			}
			if t.Outcome != refute.NotAskable {
				asked++
			}
		}
		b.Logf("%s: %s", v.Of.Server(), v.Says)
		k := slices.IndexFunc(planted, func(p plant) bool { return p.name == v.Of.Server() })
		switch {
		case k >= 0 && slices.Equal(by, []string{planted[k].change}):
			turned++
		case k < 0 && len(by) > 0:
			falsely++
		}
	}
	b.ReportMetric(float64(len(run.Refuted.Verdicts)), "verdicts")
	b.ReportMetric(turned, "overturned-of-10")
	b.ReportMetric(falsely, "true-ones-overturned-of-10")
	b.ReportMetric(undecided, "undecided-of-"+fmt.Sprint(int(asked)))
	b.ReportMetric(0, "ns/op")
}
