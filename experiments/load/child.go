package load

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"strings"
	"sync"
	"time"

	"socketbench/experiments/environ"
)

// A generator process reads an order from its standard input and writes news to its standard output,
// one JSON object a line. While it plays, the end of its input means: stop, and report what there is.
// So it never outlives the process that started it.

// order is what a generator process is told.
type order struct {
	Options  Options
	Ready    bool // tell when the window will be
	Progress bool // tell how it goes
	Part     int  // which of several processes this one is
	Parts    int  // of how many
	All      int  // connections of them all; Options has those of this one, and the rate of all
	Meet     bool // when all have connected, tell so and wait for a line with the time to begin
}

// news is what it tells; one field is set.
type news struct {
	Met      bool      `json:",omitempty"` // all have connected
	Ready    *span     `json:",omitempty"`
	Progress *Progress `json:",omitempty"`
	Result   *Result   `json:",omitempty"`
	Error    string    `json:",omitempty"`
}

// span is a Window on the system's monotonic clock, which processes share; ns.
type span struct{ Start, End int64 }

// Main is the whole of a generator process: it plays the order that stdin gives and tells stdout how it
// went. ctx ends the window early, as the end of stdin does.
func Main(ctx context.Context, stdin io.Reader, stdout io.Writer) error {
	lines := bufio.NewReader(stdin)
	first, err := lines.ReadBytes('\n')
	if err != nil {
		return fmt.Errorf("load: order: %w; a generator is started by socketbench itself", err)
	}
	var told order
	if err := json.Unmarshal(first, &told); err != nil {
		return fmt.Errorf("load: order: %w", err)
	}
	var lock sync.Mutex
	out := json.NewEncoder(stdout)
	tell := func(n news) error {
		lock.Lock()
		defer lock.Unlock()
		return out.Encode(n)
	}
	o := told.Options
	if told.Parts > 1 {
		o.shard, o.all = shard{told.Part, told.Parts}, told.All
	}
	if err := pinProcess(o.CPUs); err != nil {
		return tell(news{Error: err.Error()})
	}
	o.confined = len(o.CPUs) > 0
	if o.confined {
		runtime.GOMAXPROCS(o.processors())
	}
	// Nothing is allocated while requests are played, so the collector has nothing to win; making the
	// result takes more memory than all connections do, and little of it at a time.
	debug.SetGCPercent(-1)
	debug.SetMemoryLimit(2 << 30)
	o.played = func() { debug.SetGCPercent(20) }
	if told.Ready {
		o.Ready = func(w Window) { _ = tell(news{Ready: &span{shared(w.Start), shared(w.End)}}) }
	}
	if told.Progress {
		o.Progress = func(p Progress) { _ = tell(news{Progress: &p}) }
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begin := make(chan int64, 1)
	go func() { // ends with stdin, or with the process
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				cancel()
				return
			}
			var t int64
			if json.Unmarshal(line, &t) == nil {
				begin <- t
			}
		}
	}()
	var meet func() (int64, error)
	if told.Meet {
		meet = func() (int64, error) {
			if err := tell(news{Met: true}); err != nil {
				return 0, err
			}
			select {
			case t := <-begin:
				return t - shared(epoch), nil
			case <-ctx.Done():
				return clock(), nil
			}
		}
	}
	r, err := play(ctx, o, meet)
	if err != nil {
		return tell(news{Error: err.Error()})
	}
	return tell(news{Result: r})
}

// processors returns how many of Go's processors suit engines that have the CPUs to themselves. One
// that spins needs no other: whatever else there is to do is done when it yields. One that sleeps does:
// with none to spare, Go's monitor takes its processor away, and wakes every 20 us to do so.
func (o Options) processors() int {
	if o.Spin && o.threads() == 1 {
		return 1
	}
	return o.threads() + 1
}

// shared returns t, which has a monotonic reading, on the clock that all processes of the system share.
func shared(t time.Time) int64 { return systemClock() + int64(time.Until(t)) }

// unshared is the inverse of shared.
func unshared(ns int64) time.Time { return time.Now().Add(time.Duration(ns - systemClock())) }

// Spawn is [Run] in a process of its own, pinned as a whole to o.CPUs, so that nothing else of this
// process runs on its threads. argv starts a process that calls [Main]: this program with its hidden
// subcommand, say. Where o needs more connections than a process may have descriptors, it starts
// several that begin at the same moment and adds up what they tell. When ctx ends, the window does, and
// the result says what was measured until then.
func Spawn(ctx context.Context, argv []string, o Options) (*Result, error) {
	if err := o.CheckSpawn(); err != nil {
		return nil, err
	}
	g, err := Start(argv)
	if err != nil {
		return nil, err
	}
	defer g.Close()
	return g.Play(ctx, o)
}

// A Generator is a process that waits to be told what to play, so that it can start beside the server.
type Generator struct {
	argv    []string
	workers []*worker
}

// Start starts a generator for [Generator.Play]; argv is as for [Spawn]. Close it when done.
func Start(argv []string) (*Generator, error) {
	w, err := start(argv)
	if err != nil {
		return nil, err
	}
	return &Generator{argv, []*worker{w}}, nil
}

// Play is [Spawn] in the process that was started. It is called once.
func (g *Generator) Play(ctx context.Context, o Options) (*Result, error) {
	parts, err := o.split()
	if err != nil {
		return nil, err
	}
	for len(g.workers) < len(parts) {
		w, err := start(g.argv)
		if err != nil {
			return nil, err
		}
		g.workers = append(g.workers, w)
	}
	return conduct(ctx, g.workers, o, parts)
}

// Close waits until nothing of the generator is left; one that has not played is told to end.
func (g *Generator) Close() {
	for _, w := range g.workers {
		_ = w.wait()
	}
}

// worker is one generator process.
type worker struct {
	cmd    *exec.Cmd
	orders io.WriteCloser
	told   *bufio.Reader
	stderr strings.Builder
	once   sync.Once
}

// start starts a process; orders may be given to it at once.
func start(argv []string) (*worker, error) {
	w := &worker{cmd: exec.Command(argv[0], argv[1:]...)}
	w.cmd.Env, _ = environ.Clean(os.Environ())
	w.cmd.Stderr = &w.stderr
	ownGroup(w.cmd)
	orders, err := w.cmd.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("load: generator: %w", err)
	}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("load: generator: %w", err)
	}
	w.orders, w.told = orders, bufio.NewReaderSize(stdout, 1<<16)
	if err := w.cmd.Start(); err != nil {
		return nil, fmt.Errorf("load: generator: %w", err)
	}
	return w, nil
}

// tell orders the process to play.
func (w *worker) tell(o order) error {
	if err := json.NewEncoder(w.orders).Encode(o); err != nil {
		return errors.Join(fmt.Errorf("load: generator: %w", err), w.wait())
	}
	return nil
}

// stop ends the window early.
func (w *worker) stop() { w.once.Do(func() { _ = w.orders.Close() }) }

// wait ends the process and returns what it had to complain about.
func (w *worker) wait() error {
	w.stop()
	if err := w.cmd.Wait(); err != nil {
		return fmt.Errorf("load: generator: %w: %s", err, strings.TrimSpace(w.stderr.String()))
	}
	return nil
}

// next returns the next news.
func (w *worker) next() (news, error) {
	line, err := w.told.ReadBytes('\n')
	if err != nil {
		return news{}, errors.Join(errors.New("load: generator ended without a result"), w.wait())
	}
	var n news
	if err := json.Unmarshal(line, &n); err != nil {
		return news{}, fmt.Errorf("load: generator: %w", err)
	}
	if n.Error != "" {
		return news{}, errors.New(n.Error)
	}
	return n, nil
}
