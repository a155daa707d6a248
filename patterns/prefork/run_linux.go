package prefork

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

	"socketbench/patterns/child"
	"socketbench/patterns/listen"
)

// A child that has ended is replaced after a pause. The pause doubles as long as each new child
// ends within the time stable.
const (
	minPause = 10 * time.Millisecond
	maxPause = time.Second
	stable   = time.Second
)

// Run takes over ln and serves it from child processes. It blocks until ctx has ended and every
// child has ended too. It returns an error if a child cannot be started, and one for each child
// that did not end with status 0 after ctx ended. A child runs on one CPU at a time (GOMAXPROCS 1).
// It ends with this process, even if this process is killed.
func Run[Job, Report any](ctx context.Context, ln net.Listener, o Options[Job, Report]) error {
	raw, err := listen.Detach(ln)
	if err != nil {
		return err
	}
	defer raw.Close()
	socket, err := inheritable(raw.FD)
	if err != nil {
		return err
	}
	defer socket.Close()
	if o.Patience <= 0 {
		o.Patience = 10 * time.Second
	}
	p := parent[Job, Report]{Options: o, socket: socket}
	group, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, func() {
		p.starting.Lock() // a child that is being started needs the socket
		defer p.starting.Unlock()
		raw.Close()
		socket.Close() // an open copy would go on listening while the children drain
	})()
	ends := make([]error, o.Children)
	for index := range o.Children {
		group.Go(func() error {
			ends[index] = p.keep(ctx, index)
			return ends[index]
		})
	}
	group.Wait() // its error is one of ends
	return errors.Join(ends...)
}

// inheritable duplicates a socket into a file for exec. The socket is made blocking before the file
// is made: exec calls Fd, and Fd makes a non-blocking file blocking, which would later change the
// socket for the parent and for every child that already uses it. Each child makes it non-blocking
// once, before it serves.
func inheritable(fd int) (*os.File, error) {
	dup, err := unix.FcntlInt(uintptr(fd), unix.F_DUPFD_CLOEXEC, 0)
	if err == nil {
		err = unix.SetNonblock(dup, false)
	}
	if err != nil {
		return nil, fmt.Errorf("prefork: duplicating the listener: %w", err)
	}
	return os.NewFile(uintptr(dup), "listener"), nil
}

type parent[Job, Report any] struct {
	Options[Job, Report]
	socket   *os.File
	starting sync.RWMutex
	hearing  sync.Mutex
}

// keep runs the child of an index, and another each time that it ends, until ctx ends.
func (p *parent[Job, Report]) keep(ctx context.Context, index int) error {
	for pause, first := minPause, true; ctx.Err() == nil; first = false {
		started := time.Now()
		pid, err := p.life(ctx, index)
		switch {
		case err != nil && (ctx.Err() != nil || first && pid == 0):
			return fmt.Errorf("prefork: child %d: %w", index, err)
		case ctx.Err() != nil:
			return nil
		case p.Died != nil:
			p.Died(index, pid, err)
		}
		if time.Since(started) > stable {
			pause = minPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, maxPause)
	}
	return nil
}

// life starts a child, receives its reports and waits until it has ended. pid is 0 if none was
// started.
func (p *parent[Job, Report]) life(ctx context.Context, index int) (pid int, err error) {
	c, err := p.start(ctx)
	if c == nil {
		return 0, err
	}
	// The job is sent before the child can be told to stop. If it has ended already, Ended says so.
	c.Send(p.Job(index))
	defer context.AfterFunc(ctx, func() { c.End(p.Patience) })()
	for {
		var report Report
		err := c.Receive(&report)
		if err == io.EOF {
			break
		}
		if err == nil && p.Heard != nil {
			p.hearing.Lock()
			p.Heard(index, report)
			p.hearing.Unlock()
		}
	}
	<-c.Ended
	if how := c.End(0).How; how != "" {
		err = errors.New(how)
	}
	return c.PID, err
}

// start starts a child, unless ctx has ended.
func (p *parent[Job, Report]) start(ctx context.Context) (*child.Process, error) {
	p.starting.RLock()
	defer p.starting.RUnlock()
	if ctx.Err() != nil {
		return nil, nil
	}
	return child.Start(child.Options{Verb: verb, Env: append(os.Environ(), "GOMAXPROCS=1"),
		Files: []*os.File{p.socket}, Stderr: os.Stderr})
}
