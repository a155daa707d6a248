package prefork

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	"golang.org/x/sys/unix"

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
func Run(ctx context.Context, ln net.Listener, o Options) error {
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
	p := parent{Options: o, socket: socket}
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

type parent struct {
	Options
	socket   *os.File
	starting sync.RWMutex
	hearing  sync.Mutex
}

// keep keeps a place filled. A child is killed when the thread that forked it ends
// (PR_SET_PDEATHSIG, prctl(2)), so this goroutine holds its thread.
func (p *parent) keep(ctx context.Context, place int) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
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
func (p *parent) life(ctx context.Context, place int) (pid int, err error) {
	control, order, err := os.Pipe()
	if err != nil {
		return 0, err
	}
	defer order.Close()
	said, tell, err := os.Pipe()
	if err != nil {
		control.Close()
		return 0, err
	}
	defer said.Close()
	cmd := exec.Command("/proc/self/exe")
	cmd.Args = []string{os.Args[0], fmt.Sprintf("child-%d", place)}
	cmd.Env = append(os.Environ(), mark+"=1", "GOMAXPROCS=1")
	cmd.Stderr = os.Stderr
	cmd.ExtraFiles = []*os.File{p.socket, control, tell}
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	p.starting.RLock()
	stopped := ctx.Err() != nil
	if !stopped {
		err = cmd.Start()
	}
	p.starting.RUnlock()
	control.Close()
	tell.Close()
	if stopped || err != nil {
		return 0, err
	}
	// Before it can be told to stop, which is the end of this pipe.
	if writeOrder(order, p.Order(place)) != nil {
		cmd.Process.Kill() // it has ended already
	}
	kill := time.AfterFunc(math.MaxInt64, func() { cmd.Process.Kill() })
	stop := context.AfterFunc(ctx, func() {
		kill.Reset(p.Patience)
		order.Close()
	})
	p.listen(said, place)
	err = cmd.Wait()
	stop()
	kill.Stop()
	return cmd.Process.Pid, err
}

// listen passes on what a child says until it has ended.
func (p *parent) listen(said io.Reader, place int) {
	lines := bufio.NewScanner(said)
	lines.Buffer(nil, maxOrder)
	for lines.Scan() {
		p.hearing.Lock()
		if p.Heard != nil {
			p.Heard(place, lines.Bytes())
		}
		p.hearing.Unlock()
	}
	io.Copy(io.Discard, said) // behind a line that is too long, so that the child does not block
}
