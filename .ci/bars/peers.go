package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"socketbench/experiments/host"
	"socketbench/patterns/child"
)

// A bar is a bound on the server CPU time per request of another server divided by that of ours, so
// that more is better.
type bar struct {
	ours, theirs string // theirs is a program in the folder --dir, or a design
	conns, size  int
	readSize     int     // of both servers; 0: the default
	want         float64 // 0: no bound, the figure is only shown
}

// peerBars are in the order in which they are measured.
var peerBars = []bar{
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

// peers measures the bars with each server alone on one CPU and the generator rr on another, in pairs
// of fresh processes whose order alternates.
func (b *bars) peers() *cobra.Command {
	p := peerage{bars: b}
	c := &cobra.Command{
		Use:     "peers [DESIGN...]",
		Short:   "compare the server CPU per request with programs in C and with other designs",
		Example: "  go run ./.ci/bars peers epoll --pairs 15\n  go run ./.ci/bars peers --dir ~/.cache/socketbench-peers",
		Long: "Peers compares the CPU time that a server spends on a request with that of a peer: a C program in the\n" +
			"folder --dir, which also holds the generator rr, or another design. The ratio is the peer's time divided\n" +
			"by ours, so that more is better. It prints the median of the pairs and its 95 % interval, which\n" +
			"comes from the order of the values.",
		RunE: func(c *cobra.Command, args []string) error { return p.run(c.Context(), args) },
	}
	dir := os.Getenv("SOCKETBENCH_PEERS")
	if cache, err := os.UserCacheDir(); err == nil && dir == "" {
		dir = filepath.Join(cache, "socketbench-peers")
	}
	f := c.Flags()
	f.StringVar(&p.dir, "dir", dir, "folder of the programs rr, epoll, uring, threads (also $SOCKETBENCH_PEERS)")
	f.IntVar(&p.pairs, "pairs", 15, "pairs of trials for each bar; a 95 % interval needs at least 6")
	f.DurationVar(&p.duration, "duration", time.Second, "measured time of a trial")
	f.DurationVar(&p.warmup, "warmup", 200*time.Millisecond, "time before the measured time")
	f.IntVar(&p.serverCPU, "server-cpu", 1, "CPU of the server")
	f.IntVar(&p.clientCPU, "client-cpu", 0, "CPU of the generator")
	f.IntVar(&p.conns, "connections", 0, "measure only the bars with this number of connections")
	f.StringVar(&p.against, "against", "", "compare with this program or design instead of the bars' own, in three shapes of load")
	return c
}

// peerage is one call of the command.
type peerage struct {
	*bars
	launcher             host.Launcher
	dir, against         string
	pairs, conns         int
	duration, warmup     time.Duration
	serverCPU, clientCPU int
}

func (p *peerage) run(ctx context.Context, designs []string) error {
	if _, err := os.Stat(filepath.Join(p.dir, "rr")); err != nil {
		return fmt.Errorf("peers: no generator rr: %w; give its folder with --dir", err)
	}
	if p.pairs < 6 {
		return fmt.Errorf("peers: --pairs %d is too few for a 95 %% interval of a median; use at least 6", p.pairs)
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
		return errMissed
	}
	return nil
}

// chosen returns the bars to measure.
func (p *peerage) chosen(designs []string) (chosen []bar) {
	if p.against != "" {
		for _, d := range designs {
			for _, shape := range peerBars[:3] {
				chosen = append(chosen, bar{d, p.against, shape.conns, shape.size, shape.readSize, 0})
			}
		}
	} else {
		chosen = slices.Clone(peerBars)
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

// medianInterval returns the median of at least 6 values, and the narrowest symmetric pair of order statistics
// that covers the median of their distribution with a probability of 95 %.
func medianInterval(values []float64) (low, middle, high float64) {
	v := slices.Sorted(slices.Values(values))
	n := len(v)
	middle = (v[(n-1)/2] + v[n/2]) / 2
	tail, term, k := 0.0, 1.0, 0 // term: C(n,k) / 2^n, the probability that exactly k values lie below the median
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
	s, err := p.start(ctx, server, b)
	if err != nil {
		return 0, err
	}
	defer s.End()
	rr := exec.CommandContext(ctx, filepath.Join(p.dir, "rr"), strings.TrimPrefix(s.Address, "tcp://"), strconv.Itoa(b.conns),
		strconv.Itoa(b.size), fmt.Sprint(p.duration.Seconds()), "1")
	rr.Env = append(os.Environ(), fmt.Sprint("RR_WARMUP=", p.warmup.Seconds()))
	rr.Stderr = p.stderr
	out, stdout, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer out.Close()
	rr.Stdout = stdout
	ended, err := child.Launch(rr, []int{p.clientCPU}, false)
	stdout.Close()
	if err != nil {
		return 0, err
	}
	watch := watchClock(s.PID)
	line, _ := bufio.NewReader(out).ReadString('\n') // rr writes it when the window ends
	spent, err := watch.stop(p.duration)
	<-ended
	if !rr.ProcessState.Success() {
		return 0, fmt.Errorf("rr: %v: %s", rr.ProcessState, line)
	}
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(line, "requests=")
	requests, err := strconv.ParseFloat(strings.Fields(after + " ?")[0], 64)
	if err != nil || requests == 0 {
		return 0, fmt.Errorf("rr reported no requests: %q", line)
	}
	return float64(spent.Nanoseconds()) / requests, nil
}
