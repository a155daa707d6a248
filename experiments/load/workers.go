package load

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	"socketbench/patterns/child"
)

// spins reports whether the engines may poll without sleeping. Several processes share the CPUs, and one that spins would
// keep the others waiting for a time slice, which is milliseconds.
func (o Options) spins() bool { return o.Spin && o.processes() == 1 }

// split returns the options of each process that o needs.
func (o Options) split() ([]Options, error) {
	o = o.WithDefaults()
	n := o.processes()
	if n == 1 {
		return []Options{o}, o.Check()
	}
	if err := o.checkProcesses(n); err != nil {
		return nil, err
	}
	if t, err := resolve(o); err == nil {
		if err := o.checkPorts(t); err != nil {
			return nil, err
		}
	}
	parts := make([]Options, n)
	for i := range parts {
		p := o
		p.shard, p.all = shard{i, n}, o.Connections
		p.Spin = o.spins()
		for _, count := range []*int{&p.Connections, &p.Mute, &p.Idle, &p.SlowWriter, &p.SlowReader, &p.Bulk, &p.Churn, &p.Reset} {
			*count = share(*count, i, n)
		}
		parts[i] = p
		if err := p.Check(); err != nil {
			return nil, err
		}
	}
	return parts, nil
}

// CheckSpawn is [Options.Check] for [Spawn], which may use several processes.
func (o Options) CheckSpawn() error {
	_, err := o.split()
	return err
}

// conduct gives each process its part, and adds up their results.
func conduct(ctx context.Context, workers []*child.Process, o Options, parts []Options) (*Result, error) {
	for i, p := range parts {
		err := workers[i].Send(job{
			Options: p, Ready: o.Ready != nil && i == 0, Progress: o.Progress != nil, Meet: len(parts) > 1,
			Part: i, Parts: len(parts), All: o.WithDefaults().Connections,
		})
		if err != nil {
			return nil, generatorEnded(workers[i])
		}
	}
	defer context.AfterFunc(ctx, func() {
		for _, w := range workers {
			w.Stop()
		}
	})()
	board := &board{o: o, last: make([]Progress, len(workers)), waiting: len(workers), workers: workers}
	results, errs := make([]*Result, len(workers)), make([]error, len(workers))
	var all sync.WaitGroup
	for i, w := range workers {
		all.Go(func() {
			if results[i], errs[i] = board.listen(i, w); errs[i] != nil {
				for _, other := range workers { // the others would wait for it
					other.Stop()
				}
			}
		})
	}
	all.Wait()
	if err := errors.Join(errs...); err != nil {
		return nil, err
	}
	return addUp(o.WithDefaults(), results), nil
}

// board collects what several processes report.
type board struct {
	o       Options
	lock    sync.Mutex
	last    []Progress
	waiting int // how many have not connected yet
	workers []*child.Process
}

// listen receives what one process reports, up to its result.
func (b *board) listen(i int, w *child.Process) (*Result, error) {
	met := sync.OnceFunc(b.met)
	defer met() // also when it has ended before it began
	for {
		var n news
		err := w.Receive(&n)
		switch {
		case err == io.EOF:
			return nil, generatorEnded(w)
		case err != nil:
			return nil, fmt.Errorf("load: generator: %w", err)
		case n.Error != "":
			return nil, errors.New(n.Error)
		case n.Result != nil:
			return n.Result, nil
		case n.Met:
			met()
		case n.Ready != nil:
			b.o.Ready(Window{Start: unshared(n.Ready.Start), End: unshared(n.Ready.End)})
		case n.Progress != nil:
			b.progress(i, *n.Progress)
		}
	}
}

// met lets all begin at the same moment once the last has connected.
func (b *board) met() {
	b.lock.Lock()
	defer b.lock.Unlock()
	if b.waiting--; b.waiting > 0 || len(b.workers) == 1 {
		return
	}
	begin := systemClock() + int64(20*time.Millisecond)
	for _, w := range b.workers {
		_ = w.Send(begin) // that one has ended is seen by who listens to it
	}
}

// progress passes on the sum of what each process reported last.
func (b *board) progress(i int, p Progress) {
	b.lock.Lock()
	defer b.lock.Unlock()
	b.last[i] = p
	if i != len(b.last)-1 {
		return
	}
	sum := Progress{Elapsed: p.Elapsed}
	for _, l := range b.last {
		sum.Rate += l.Rate
		sum.P50, sum.P99 = max(sum.P50, l.P50), max(sum.P99, l.P99)
		sum.Served += l.Served
		sum.Completed += l.Completed
	}
	b.o.Progress(sum)
}
