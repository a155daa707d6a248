package main

import (
	"cmp"
	"context"
	"io"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"socketbench/experiments/host"
	"socketbench/patterns/proc"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// start starts a server on its CPU.
func (p *peerage) start(ctx context.Context, server string, b bar) (*host.Server, error) {
	o := host.Options{Job: host.Job{Server: server, Config: servers.Config{ReadSize: b.readSize}}, CPUs: []int{p.serverCPU}}
	if name, ok := strings.CutPrefix(server, "./"); ok {
		o.Server = "exec " + foreign.ShellLine(filepath.Join(p.dir, name)) + " {port}"
	}
	return p.launcher.Serve(ctx, o)
}

// clockWatch reads a process's CPU clock every 10 ms, so that the CPU time of any period is known afterwards.
type clockWatch struct {
	pid   int
	quit  chan struct{}
	done  sync.WaitGroup
	at    []time.Time
	spent []time.Duration
	err   error
}

func watchClock(pid int) *clockWatch {
	w := &clockWatch{pid: pid, quit: make(chan struct{})}
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
	spent, err := proc.CPUTime(w.pid)
	w.err = cmp.Or(w.err, err)
	w.at = append(w.at, time.Now())
	w.spent = append(w.spent, spent)
}

// stop returns the CPU time that the process used in the period before now.
func (w *clockWatch) stop(last time.Duration) (time.Duration, error) {
	close(w.quit)
	w.done.Wait()
	if w.err != nil {
		return 0, w.err
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
