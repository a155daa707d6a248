package patterns_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"socketbench/patterns/limit"
	"socketbench/patterns/mailbox"
	"socketbench/patterns/pool"
	"socketbench/patterns/sweep"
)

var update = flag.Bool("update", false, "measure what a dispatch costs and write it into doc.go")

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A way is one way to get a task done. start returns a function that hands a task over, and one
// that ends the way.
type way struct {
	name  string
	start func() (dispatch func(task func()), end func())
}

var ways = []way{
	{"a call, done in place", func() (func(func()), func()) {
		return func(task func()) { task() }, func() {}
	}},
	{"sweep.Ring, visited by its owner", func() (func(func()), func()) {
		var ring sweep.Ring[func()]
		return func(task func()) {
			ring.Add(task)
			ring.Sweep(func(task func()) sweep.Visit { task(); return sweep.Gone })
		}, func() {}
	}},
	{"a go statement", func() (func(func()), func()) {
		return func(task func()) { go task() }, func() {}
	}},
	{"limit.Gate and a go statement", func() (func(func()), func()) {
		gate := limit.New(1024)
		return func(task func()) {
			gate.Enter(context.Background())
			go func() { defer gate.Leave(); task() }()
		}, func() {}
	}},
	{"a channel to one worker", func() (func(func()), func()) {
		tasks, ended := make(chan func(), 1024), make(chan struct{})
		go func() {
			defer close(ended)
			for task := range tasks {
				task()
			}
		}()
		return func(task func()) { tasks <- task }, func() { close(tasks); <-ended }
	}},
	{"mailbox.Box, read by its owner", func() (func(func()), func()) {
		box := mailbox.New(1024, func(task func()) { task() })
		box.Enter()
		return box.Post, func() { box.Leave(); box.Close(); box.Wait() }
	}},
	{"pool.Pool of 8 (pond's Go)", func() (func(func()), func()) {
		p := pool.New(context.Background(), 8, 1024)
		return func(task func()) { p.Go(task) }, p.Close
	}},
}

// streamed hands over one task after another, and waits for all of them at the end.
func streamed(b *testing.B, w way) {
	dispatch, end := w.start()
	defer end()
	var all sync.WaitGroup
	b.ReportAllocs()
	for b.Loop() {
		all.Add(1)
		dispatch(all.Done)
	}
	all.Wait()
}

// answered waits for each task before it hands over the next.
func answered(b *testing.B, w way) {
	dispatch, end := w.start()
	defer end()
	done := make(chan struct{}, 1)
	task := func() { done <- struct{}{} }
	b.ReportAllocs()
	for b.Loop() {
		dispatch(task)
		<-done
	}
}

func BenchmarkDispatch(b *testing.B) {
	for _, w := range ways {
		b.Run("streamed/"+w.name, func(b *testing.B) { streamed(b, w) })
		b.Run("answered/"+w.name, func(b *testing.B) { answered(b, w) })
	}
}

// TestEveryWayRunsEveryTask checks what the benchmark assumes.
func TestEveryWayRunsEveryTask(t *testing.T) {
	for _, w := range ways {
		dispatch, end := w.start()
		var mu sync.Mutex
		var all sync.WaitGroup
		ran := 0
		for range 5000 {
			all.Add(1)
			dispatch(func() {
				defer all.Done()
				mu.Lock()
				defer mu.Unlock()
				ran++
			})
		}
		all.Wait()
		end()
		require.Equal(t, 5000, ran, w.name)
	}
}

const (
	tableHead = "//\tby                                     streamed  answered  allocations\n"
	tableEnd  = "//\n// This command makes the table:"
)

// TestDispatchTable checks that the table in doc.go has a row for every way. With -update it
// measures the ways and writes the table.
func TestDispatchTable(t *testing.T) {
	src, err := os.ReadFile("doc.go")
	require.NoError(t, err)
	before, rest, ok := strings.Cut(string(src), tableHead)
	require.True(t, ok, "doc.go has lost the head of its table")
	table, after, ok := strings.Cut(rest, tableEnd)
	require.True(t, ok, "doc.go has lost the end of its table")
	if *update {
		var rows strings.Builder
		for _, w := range ways {
			stream := testing.Benchmark(func(b *testing.B) { streamed(b, w) })
			answer := testing.Benchmark(func(b *testing.B) { answered(b, w) })
			fmt.Fprintf(&rows, "//\t%-38s %8d %9d %12d\n", w.name, stream.NsPerOp(), answer.NsPerOp(), answer.AllocsPerOp())
		}
		fmt.Fprintf(&rows, "//\n//\t%s, %s/%s, %d CPUs\n", runtime.Version(), runtime.GOOS, runtime.GOARCH, runtime.GOMAXPROCS(0))
		require.NoError(t, os.WriteFile("doc.go", []byte(before+tableHead+rows.String()+tableEnd+after), 0o644))
		return
	}
	for _, w := range ways {
		require.Contains(t, table, w.name, "run go generate ./patterns")
	}
}
