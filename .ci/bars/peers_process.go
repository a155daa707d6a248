package main

import (
	"bufio"
	"bytes"
	"cmp"
	"context"
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
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sys/unix"

	"socketbench/servers"
	"socketbench/servers/foreign"
)

// start starts a server on its CPU and returns the port on which it listens.
func (p *peerage) start(ctx context.Context, server string, b bar) (*exec.Cmd, string, error) {
	if name, ok := strings.CutPrefix(server, "./"); ok {
		free, err := foreign.FreePort()
		if err != nil {
			return nil, "", err
		}
		port := strconv.Itoa(free)
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

// peerServer is the command of the server process: it prints its port and serves until it is killed.
func (b *bars) peerServer() *cobra.Command {
	return &cobra.Command{Use: "serve DESIGN READSIZE", Hidden: true, Args: cobra.ExactArgs(2),
		RunE: func(c *cobra.Command, args []string) error {
			entry, err := b.registry.Lookup(args[0])
			if err != nil {
				return err
			}
			if entry.New == nil {
				return fmt.Errorf("peers: %q does not run in this process; choose a stream design of this program", args[0])
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
			fmt.Fprintln(b.stdout, ln.Addr().(*net.TCPAddr).Port)
			report := func(err error) { fmt.Fprintln(b.stderr, err) }
			return entry.New(servers.Config{ReadSize: readSize, Report: report}).Serve(c.Context(), ln)
		}}
}

// startOn starts cmd on one CPU. A child inherits the affinity of the thread that forks it.
func startOn(cpu int, cmd *exec.Cmd) error {
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // never unlocked, so that the thread ends with the goroutine
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

// listening blocks until a process listens on port.
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
	return fmt.Errorf("no process listens on port %s: %w", port, ctx.Err())
}

// processClock is the clock of the CPU time that a process has used, in nanoseconds (clock_getcpuclockid(3)).
func processClock(pid int) int32 { return int32(^pid)<<3 | 2 }

// clockWatch reads a process's CPU clock every 10 ms, so that the CPU time of any period is known afterwards.
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

// stop returns the CPU time that the process used in the period before now.
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
