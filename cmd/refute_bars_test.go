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

// plant is a delay that depends on one choice: the name of its server and the change that removes it. asks looks at the
// process once, when the server is made, and returns whether the delay shows for a request, while so many connections are
// open. What depends on the process alone costs nothing in a request, so that no difference is left where it does not show.
type plant struct {
	name, change string
	asks         func() func(req []byte, open int64) bool
}

// planted look at their own process only, as a server could.
var planted = []plant{
	{"only-split", "placement", once(func() bool { return len(proc.CPUs()) == 1 })},
	{"unless-shared", "placement", once(func() bool { return runtime.NumCPU() == 1 })},
	{"only-small", "size", each(func(req []byte, _ int64) bool { return len(req) < 512 })},
	{"up-to-100-bytes", "size", each(func(req []byte, _ int64) bool { return len(req) <= 256 })},
	{"only-few", "connections", each(func(_ []byte, open int64) bool { return open <= 6 })},
	{"up-to-eight", "connections", each(func(_ []byte, open int64) bool { return open <= 8 })},
	{"only-one-proc", "gomaxprocs", once(func() bool { return len(proc.CPUs()) > 1 || runtime.GOMAXPROCS(0) == 1 })},
	{"only-usual-gc", "gogc", once(func() bool { return gcPercent() == 100 })},
	{"only-this-seed", "seed", func() func([]byte, int64) bool { return knownRequests("a") }},
	{"unless-other-seed", "seed", func() func([]byte, int64) bool { return knownRequests("b") }},
}

// once is a delay that depends on the process: it is asked when the server is made.
func once(shows func() bool) func() func([]byte, int64) bool {
	return func() func([]byte, int64) bool {
		now := shows()
		return func([]byte, int64) bool { return now }
	}
}

// each is a delay that depends on the request or the connections.
func each(shows func([]byte, int64) bool) func() func([]byte, int64) bool {
	return func() func([]byte, int64) bool { return shows }
}

func gcPercent() int {
	now := debug.SetGCPercent(100)
	debug.SetGCPercent(now)
	return now
}

// knownRequests shows if a process is asked what a process of the run was asked first: the bytes of requests follow from the
// seed. The processes of the run write them down, until their list is sealed.
func knownRequests(name string) func([]byte, int64) bool {
	const first = 4 // of each connection of the run
	file := filepath.Join(os.TempDir(), "requests-"+name)
	text, _ := os.ReadFile(file + sealed)
	known := string(text)
	var asked, met atomic.Int64
	return func(req []byte, _ int64) bool {
		if known != "" && asked.Load() > 4*first {
			return met.Load() > 1
		}
		line := fmt.Sprintf("%x\n", req[:min(len(req), 16)])
		switch n := asked.Add(1); {
		case known == "": // the run itself
			if n <= first {
				f, err := os.OpenFile(file, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o666)
				if err == nil {
					f.WriteString(line)
					f.Close()
				}
			}
			return true
		case n <= 4*first && strings.Contains(known, line): // a connection more or less does not matter
			met.Add(1)
		}
		return met.Load() > 1 // one may be an accident
	}
}

// sealed is the end of the name of a list that is complete.
const sealed = "-sealed"

// plantedEntries are the planted servers and as many whose delay shows always.
func plantedEntries() (list []servers.Entry) {
	add := func(name string, delay time.Duration, asks func() func([]byte, int64) bool) {
		list = append(list, servers.Entry{Name: name, Idea: "goroutine with a delay", Family: "goroutines", New: func(c servers.Config) servers.Server {
			s, shows := &delayed{}, asks()
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
		add(p.name, plantedDelay, p.asks)
	}
	for i := range trueOnes {
		add(trueOne(i), time.Duration(i+4)*plantedDelay/4, once(func() bool { return true }))
	}
	return list
}

// trueOnes are the servers whose delay depends on nothing.
const trueOnes = 10

func trueOne(i int) string { return fmt.Sprintf("always-%d", i+1) }

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

// BenchmarkRefutePlanted attacks verdicts of which the answer is known: ten depend on one factor each and ten on none. It
// says how many of the ten the factor overturned and nothing else did, and how many of the others turned. Each is a
// benchmark of its own below the name of its factor, such as RefutePlanted/gomaxprocs.
func BenchmarkRefutePlanted(b *testing.B) {
	var ran, overturned, ranTrue, falsely int
	for _, p := range planted {
		b.Run(p.change+"/"+p.name, func(b *testing.B) {
			by := attackPlanted(b, p.name)
			ran++
			if slices.Equal(by, []string{p.change}) {
				overturned++
			}
		})
	}
	for i := range trueOnes {
		b.Run("none/"+trueOne(i), func(b *testing.B) {
			by := attackPlanted(b, trueOne(i))
			ranTrue++
			if len(by) > 0 {
				falsely++
			}
		})
	}
	b.Logf("overturned by their factor and by nothing else: %d of %d; true ones overturned: %d of %d", overturned, ran, falsely, ranTrue)
}

// attackPlanted measures a planted server beside goroutine and attacks the verdict. It returns the changes that overturn it.
func attackPlanted(b *testing.B, name string) (by []string) {
	b.Setenv("TMPDIR", b.TempDir())
	dir := filepath.Join(b.TempDir(), "run")
	text := "name: planted\nquestion: Does this verdict depend on one factor?\nservers: [goroutine, " + name + "]\nprimary: latency.p50\nplacement: split\n" +
		"blocks: 8\nload: {connections: 4, size: 64, warmup: 20ms, duration: 150ms}\n"
	file := filepath.Join(b.TempDir(), "planted.yaml")
	require.NoError(b, os.WriteFile(file, []byte(text), 0o600))
	var out, errs bytes.Buffer
	call := func(args ...string) int { return Main(args, &bytes.Buffer{}, &out, &errs, plantedEntries()...) }
	require.Contains(b, []int{exitDone, exitNo}, call("run", file, "--seed", "11", "--out", dir), errs.String())
	lists, err := filepath.Glob(filepath.Join(os.TempDir(), "requests-?"))
	require.NoError(b, err)
	for _, list := range lists {
		require.NoError(b, os.Rename(list, list+sealed))
	}
	require.Equal(b, exitDone, call("refute", dir, "--budget", "1h"), errs.String())
	run, err := result.Load(dir)
	require.NoError(b, err)
	require.Len(b, run.Refuted.Verdicts, 1)
	var undecided, asked float64
	for _, t := range run.Refuted.Verdicts[0].Tried {
		switch t.Outcome {
		case refute.Turns:
			by = append(by, t.Change)
		case refute.Undecided:
			undecided++
			b.Logf("undecided %s: %s", t.Says, t.Why)
		}
		if t.Outcome != refute.NotAskable {
			asked++
		}
	}
	b.Logf("%s: %s", name, run.Refuted.Verdicts[0].Says)
	b.ReportMetric(float64(len(by)), "overturned")
	b.ReportMetric(undecided, "undecided-of-"+fmt.Sprint(int(asked)))
	b.ReportMetric(0, "ns/op")
	return by
}
