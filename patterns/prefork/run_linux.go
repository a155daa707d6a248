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

// A child that dies is replaced after a pause, which doubles while its successors die young.
const (
	firstPause = 10 * time.Millisecond
	lastPause  = time.Second
	grownUp    = time.Second
)

// Run serves ln, which it takes, from child processes until ctx ends and every one of them has
// ended. It returns an error where they cannot be started, and for each that did not end well. A
// child has one CPU (GOMAXPROCS 1) and dies with this process, whatever kills it.
func Run[Order, Word any](ctx context.Context, ln net.Listener, o Options[Order, Word]) error {
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
	p := parent[Order, Word]{Options: o, socket: socket}
	crew, ctx := errgroup.WithContext(ctx)
	defer context.AfterFunc(ctx, func() {
		p.starting.Lock() // a child that starts is given the socket
		defer p.starting.Unlock()
		raw.Close()
		socket.Close() // a copy of it would go on listening while the children drain
	})()
	ends := make([]error, o.Children)
	for place := range o.Children {
		crew.Go(func() error {
			ends[place] = p.keep(ctx, place)
			return ends[place]
		})
	}
	crew.Wait() // the first of them
	return errors.Join(ends...)
}

// inheritable duplicates a socket into a file for exec. It is made to block before the file knows
// it: of a file that does not block, exec asks the descriptor by Fd, which makes the socket block,
// for the parent and for every child that has it already. Each child makes it non-blocking again,
// once and for all.
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

type parent[Order, Word any] struct {
	Options[Order, Word]
	socket   *os.File
	starting sync.RWMutex
	hearing  sync.Mutex
}

// keep keeps a place filled.
func (p *parent[Order, Word]) keep(ctx context.Context, place int) error {
	for pause, first := firstPause, true; ctx.Err() == nil; first = false {
		born := time.Now()
		pid, err := p.life(ctx, place)
		switch {
		case err != nil && (ctx.Err() != nil || first && pid == 0):
			return fmt.Errorf("prefork: child %d: %w", place, err)
		case ctx.Err() != nil:
			return nil
		case p.Died != nil:
			p.Died(place, pid, err)
		}
		if time.Since(born) > grownUp {
			pause = firstPause
		}
		select {
		case <-ctx.Done():
		case <-time.After(pause):
		}
		pause = min(2*pause, lastPause)
	}
	return nil
}

// life starts a child, listens to it until it falls silent, and waits for its end. pid is 0 where
// none was started.
func (p *parent[Order, Word]) life(ctx context.Context, place int) (pid int, err error) {
	c, err := p.start(ctx)
	if c == nil {
		return 0, err
	}
	// Before it can be told to stop. One that has ended already does not miss it.
	c.Send(p.Order(place))
	defer context.AfterFunc(ctx, func() { c.End(p.Patience) })()
	for {
		var word Word
		err := c.Receive(&word)
		if err == io.EOF {
			break
		}
		if err == nil && p.Heard != nil {
			p.hearing.Lock()
			p.Heard(place, word)
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
func (p *parent[Order, Word]) start(ctx context.Context) (*child.Process, error) {
	p.starting.RLock()
	defer p.starting.RUnlock()
	if ctx.Err() != nil {
		return nil, nil
	}
	return child.Start(child.Options{Verb: verb, Env: append(os.Environ(), "GOMAXPROCS=1"),
		Files: []*os.File{p.socket}, Stderr: os.Stderr})
}
