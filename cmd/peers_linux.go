package cmd

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"socketbench/servers"
)

// A bar is one comparison that the project holds itself to: CPU time of the server per request, theirs
// divided by ours, so that more is better.
type bar struct {
	ours, theirs string // theirs: a program of the peers' folder, or a design
	conns, size  int
	readSize     int     // of both, where it matters
	want         float64 // 0: none, the figure is only shown
}

// bars are in the order in which they are measured.
var bars = []bar{
	{"epoll", "./epoll", 64, 64, 0, 1.00},
	{"epoll", "./epoll", 1000, 64, 0, 0.98},
	{"epoll", "./epoll", 4, 200_000, 64 << 10, 1.00},
	{"uring", "./uring", 64, 64, 0, 0.98},
	{"uring", "./uring", 1000, 64, 0, 1.00},
	{"uring", "./uring", 4, 200_000, 16 << 10, 1.00},
	{"goroutine", "./epoll", 64, 64, 0, 0.82},
	{"goroutine", "./epoll", 1000, 64, 0, 0},
	{"goroutine", "./epoll", 4, 200_000, 64 << 10, 0.90},
	{"epoll", "netpoll", 64, 64, 0, 1.2},
	{"epoll", "netpoll", 1000, 64, 0, 1.3},
	{"borrow", "goroutine", 64, 64, 0, 0.95},
}

// peers measures the bars: each server alone on one CPU, the generator rr on another, in pairs of
// fresh processes whose order alternates.
func (a *app) peers() *cobra.Command {
	p := peerage{app: a}
	c := &cobra.Command{
		Use:     "peers [DESIGN...]",
		Short:   "server CPU per request beside that of programs in C, and of other designs",
		Hidden:  true,
		Example: "  socketbench peers epoll --pairs 15\n  socketbench peers --dir ~/.cache/socketbench-peers",
		Long: "Peers compares the CPU time that a server spends on a request with that of a peer: a C program of\n" +
			"the folder --dir, which also holds the generator rr, or another design. Peer divided by ours, so that\n" +
			"more is better; the median of the pairs and the 95 % interval of the median from their order.",
		RunE: func(c *cobra.Command, args []string) error { return p.run(c.Context(), args) },
	}
	dir := os.Getenv("SOCKETBENCH_PEERS")
	if cache, err := os.UserCacheDir(); err == nil && dir == "" {
		dir = filepath.Join(cache, "socketbench-peers")
	}
	f := c.Flags()
	f.StringVar(&p.dir, "dir", dir, "folder of the programs rr, epoll, uring, threads (also $SOCKETBENCH_PEERS)")
	f.IntVar(&p.pairs, "pairs", 15, "pairs of trials a bar; an interval of 95 % needs at least 6")
	f.DurationVar(&p.duration, "duration", time.Second, "measured time of a trial")
	f.DurationVar(&p.warmup, "warmup", 200*time.Millisecond, "time before it")
	f.IntVar(&p.serverCPU, "server-cpu", 1, "CPU of the server")
	f.IntVar(&p.clientCPU, "client-cpu", 0, "CPU of the generator")
	f.IntVar(&p.conns, "connections", 0, "only the bars with so many connections")
	f.StringVar(&p.against, "against", "", "compare with this program or design, in the three shapes, and not with the bars' own")
	c.AddCommand(a.peerServer(), a.memory(), a.crowds())
	return c
}

// peerage is one call of the command.
type peerage struct {
	*app
	dir, against         string
	pairs, conns         int
	duration, warmup     time.Duration
	serverCPU, clientCPU int
}

func (p *peerage) run(ctx context.Context, designs []string) error {
	if _, err := os.Stat(filepath.Join(p.dir, "rr")); err != nil {
		return fmt.Errorf("peers: no generator rr: %w; name its folder with --dir", err)
	}
	if p.pairs < 6 {
		return fmt.Errorf("peers: %d pairs give no 95 %% interval of a median; take at least 6", p.pairs)
	}
	missed := false
	fmt.Fprintf(p.stdout, "%-22s %6s %7s  %9s %9s  %6s %15s  %4s\n",
		"ours / theirs", "conns", "bytes", "ours ns", "theirs ns", "ratio", "95 %", "bar")
	for _, b := range p.chosen(designs) {
		met, err := p.measure(ctx, b)
		if err != nil {
			return fmt.Errorf("peers: %s beside %s: %w", b.ours, b.theirs, err)
		}
		missed = missed || !met
	}
	if missed {
		return &doesNotHold{errors.New("peers: a bar was missed")}
	}
	return nil
}

// chosen returns the bars that were asked for.
func (p *peerage) chosen(designs []string) (chosen []bar) {
	if p.against != "" {
		for _, d := range designs {
			for _, shape := range bars[:3] {
				chosen = append(chosen, bar{d, p.against, shape.conns, shape.size, shape.readSize, 0})
			}
		}
	} else {
		chosen = slices.Clone(bars)
	}
	return slices.DeleteFunc(chosen, func(b bar) bool {
		_, err := p.registry.Lookup(b.ours)
		_, peer := p.registry.Lookup(b.theirs)
		return len(designs) > 0 && !slices.Contains(designs, b.ours) || p.conns > 0 && b.conns != p.conns ||
			err != nil || peer != nil && !strings.HasPrefix(b.theirs, "./")
	})
}

// measure measures one bar and prints its line.
func (p *peerage) measure(ctx context.Context, b bar) (met bool, err error) {
	var ours, theirs, ratios []float64
	for i := range p.pairs {
		pair := map[string]float64{}
		order := []string{b.ours, b.theirs}
		if i%2 == 1 {
			slices.Reverse(order)
		}
		for _, server := range order {
			if pair[server], err = p.trial(ctx, server, b); err != nil {
				return false, err
			}
		}
		ours = append(ours, pair[b.ours])
		theirs = append(theirs, pair[b.theirs])
		ratios = append(ratios, pair[b.theirs]/pair[b.ours])
		fmt.Fprintf(p.stderr, "%s / %s: pair %d of %d: %.3f\n", b.ours, b.theirs, i+1, p.pairs, ratios[i])
	}
	low, middle, high := medianInterval(ratios)
	met = b.want == 0 || high >= b.want && middle >= b.want-0.02
	bar := "-"
	if b.want > 0 {
		bar = fmt.Sprintf("%.2f %s", b.want, map[bool]string{true: "met", false: "missed"}[met])
	}
	_, o, _ := medianInterval(ours)
	_, t, _ := medianInterval(theirs)
	fmt.Fprintf(p.stdout, "%-22s %6d %7d  %9.0f %9.0f  %6.3f [%.3f, %.3f]  %s\n",
		b.ours+" / "+b.theirs, b.conns, b.size, o, t, middle, low, high, bar)
	return met, nil
}

// medianInterval returns the median of at least 6 values and the narrowest interval between two of them, as far
// from either end, that covers the median of what they were drawn from with 95 %.
func medianInterval(values []float64) (low, middle, high float64) {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	middle = (v[(n-1)/2] + v[n/2]) / 2
	tail, term, k := 0.0, 1.0, 0 // term: C(n,k) / 2^n, the chance that exactly k values lie below the median
	for range n {
		term /= 2
	}
	for ; tail+term <= 0.025; k++ {
		tail += term
		term *= float64(n-k) / float64(k+1)
	}
	k = max(k, 1)
	return v[k-1], middle, v[n-k]
}

// trial runs one server beside the generator and returns its CPU time per request in nanoseconds.
func (p *peerage) trial(ctx context.Context, server string, b bar) (perRequest float64, err error) {
	ctx, cancel := context.WithTimeout(ctx, p.warmup+p.duration+30*time.Second)
	defer cancel()
	cmd, port, err := p.start(ctx, server, b)
	if err != nil {
		return 0, err
	}
	defer func() {
		cmd.Process.Signal(syscall.SIGKILL)
		cmd.Wait()
	}()
	clock := processClock(cmd.Process.Pid)
	rr := exec.CommandContext(ctx, filepath.Join(p.dir, "rr"), "127.0.0.1:"+port, strconv.Itoa(b.conns),
		strconv.Itoa(b.size), fmt.Sprint(p.duration.Seconds()), "1")
	rr.Env = append(os.Environ(), fmt.Sprint("RR_WARMUP=", p.warmup.Seconds()))
	rr.Stderr = p.stderr
	stdout, err := rr.StdoutPipe()
	if err != nil {
		return 0, err
	}
	if err := startOn(p.clientCPU, rr); err != nil {
		return 0, err
	}
	watch := watchClock(clock)
	line, _ := bufio.NewReader(stdout).ReadString('\n') // written when the window ends
	spent, watchErr := watch.stop(p.duration)
	if err := errors.Join(rr.Wait(), watchErr); err != nil {
		return 0, fmt.Errorf("rr: %w: %s", err, line)
	}
	_, after, _ := strings.Cut(line, "requests=")
	requests, err := strconv.ParseFloat(strings.Fields(after + " ?")[0], 64)
	if err != nil || requests == 0 {
		return 0, fmt.Errorf("rr counted no requests: %q", line)
	}
	return float64(spent.Nanoseconds()) / requests, nil
}

// start starts a server on its CPU and returns the port on which it listens.
func (p *peerage) start(ctx context.Context, server string, b bar) (*exec.Cmd, string, error) {
	if name, ok := strings.CutPrefix(server, "./"); ok {
		port, err := freePort()
		if err != nil {
			return nil, "", err
		}
		cmd := exec.CommandContext(ctx, filepath.Join(p.dir, name), port)
		if err := startOn(p.serverCPU, cmd); err != nil {
			return nil, "", err
		}
		return cmd, port, listening(ctx, port)
	}
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, self, "peers", "serve", server, strconv.Itoa(b.readSize))
	cmd.Stderr = p.stderr
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := startOn(p.serverCPU, cmd); err != nil {
		return nil, "", err
	}
	port, err := bufio.NewReader(stdout).ReadString('\n')
	return cmd, strings.TrimSpace(port), err
}

// peerServer is the server's side: it prints its port and serves until it is killed.
func (a *app) peerServer() *cobra.Command {
	return &cobra.Command{Use: "serve DESIGN READSIZE", Hidden: true, Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			entry, err := a.registry.Lookup(args[0])
			if err != nil {
				return err
			}
			if entry.New == nil {
				return fmt.Errorf("peers: %q is not served from this process; choose a stream design of this program", args[0])
			}
			readSize, err := strconv.Atoi(args[1])
			if err != nil {
				return err
			}
			config := net.ListenConfig{KeepAlive: -1}
			config.SetMultipathTCP(false)
			ln, err := config.Listen(c.Context(), "tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			fmt.Fprintln(a.stdout, ln.Addr().(*net.TCPAddr).Port)
			report := func(err error) { fmt.Fprintln(a.stderr, err) }
			return entry.New(servers.Config{ReadSize: readSize, Report: report}).Serve(c.Context(), ln)
		}}
}

// startOn starts cmd on one CPU: a child inherits the affinity of the thread that forks it.
func startOn(cpu int, cmd *exec.Cmd) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // and never unlocked: the thread ends with the goroutine
		var set unix.CPUSet
		set.Set(cpu)
		if err := unix.SchedSetaffinity(0, &set); err != nil {
			done <- fmt.Errorf("no CPU %d: %w", cpu, err)
			return
		}
		done <- cmd.Start()
	}()
	return <-done
}

// freePort returns a port that was free a moment ago, for programs that must be told one.
func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	defer ln.Close()
	return strconv.Itoa(ln.Addr().(*net.TCPAddr).Port), nil
}

// listening blocks until somebody listens on port.
func listening(ctx context.Context, port string) error {
	number, err := strconv.Atoi(port)
	if err != nil {
		return err
	}
	want := fmt.Appendf(nil, ":%04X 00000000:0000 0A", number)
	for ctx.Err() == nil {
		table, err := os.ReadFile("/proc/net/tcp")
		if err != nil || bytes.Contains(table, want) {
			return err
		}
		time.Sleep(5 * time.Millisecond)
	}
	return fmt.Errorf("nobody listens on port %s: %w", port, ctx.Err())
}

// processClock is the clock of the CPU time that a process has used, in nanoseconds (clock_getcpuclockid(3)).
func processClock(pid int) int32 { return int32(^pid)<<3 | 2 }

// clockWatch reads a process's CPU clock again and again, so that any stretch of it can be told afterwards.
type clockWatch struct {
	clock int32
	quit  chan struct{}
	done  sync.WaitGroup
	at    []time.Time
	spent []time.Duration
	err   error
}

func watchClock(clock int32) *clockWatch {
	w := &clockWatch{clock: clock, quit: make(chan struct{})}
	w.done.Go(func() {
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			w.read()
			select {
			case <-tick.C:
			case <-w.quit:
				w.read()
				return
			}
		}
	})
	return w
}

func (w *clockWatch) read() {
	var t unix.Timespec
	w.err = cmp.Or(w.err, unix.ClockGettime(w.clock, &t))
	w.at = append(w.at, time.Now())
	w.spent = append(w.spent, time.Duration(t.Nano()))
}

// stop returns the CPU time of the last stretch of time.
func (w *clockWatch) stop(last time.Duration) (time.Duration, error) {
	close(w.quit)
	w.done.Wait()
	if w.err != nil {
		return 0, fmt.Errorf("the server's CPU clock: %w", w.err)
	}
	end := len(w.at) - 1
	from := w.at[end].Add(-last)
	i, _ := slices.BinarySearchFunc(w.at, from, time.Time.Compare)
	if i == 0 {
		return 0, io.ErrUnexpectedEOF
	}
	part := float64(from.Sub(w.at[i-1])) / float64(w.at[i].Sub(w.at[i-1]))
	begin := w.spent[i-1] + time.Duration(part*float64(w.spent[i]-w.spent[i-1]))
	return w.spent[end] - begin, nil
}
