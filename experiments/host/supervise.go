package host

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/experiments/spec"
	"socketbench/servers/foreign"
)

// Supervise is the life of the process above a foreign server: it starts the command that it is
// ordered to, says when it listens, and ends it and everything it started when told to, when in ends
// or when ctx does. It is called by the hidden subcommand of that name, with in and out kept away from
// what the command prints; see [Stdio].
func Supervise(ctx context.Context, in io.Reader, out io.Writer) error {
	l := NewLauncher()
	defer l.Close()
	s := supervisor{launcher: l, ended: make(chan struct{})}
	defer s.kill()
	adoptOrphans()
	over := make(chan error, 1)
	go func() { over <- answer(in, json.NewEncoder(out), s.carryOut) }()
	select {
	case err := <-over:
		return err
	case <-s.ended:
		// One write, as each reply is: lines do not mix.
		return json.NewEncoder(out).Encode(Reply{Ended: s.how})
	case <-ctx.Done():
		return nil
	}
}

type supervisor struct {
	launcher *Launcher
	stopping atomic.Bool
	ended    chan struct{} // closed when the command has ended though nobody told it to
	how      string        // how it did; settled once ended is closed
	port     int
	serving  []int // processes found to listen

	mu     sync.Mutex // guards what follows until exited is there
	cmd    *exec.Cmd
	exited chan struct{}
}

func (s *supervisor) carryOut(cmd Command) (Reply, error) {
	switch cmd.Verb {
	case VerbServe:
		if cmd.Order == nil || s.cmd != nil {
			return Reply{}, errors.New("host: serve needs an order, once")
		}
		return s.serve(*cmd.Order)
	case VerbDrain:
		if s.cmd == nil {
			return Reply{}, errors.New("host: nothing is served")
		}
		d := s.drain()
		return Reply{Drained: &d}, nil
	}
	return Reply{}, fmt.Errorf("host: no verb %q for a foreign server", cmd.Verb)
}

// serve starts the command on a free port. The port is free when it is chosen; should another process
// take it before the server does, the server says so and the order fails.
func (s *supervisor) serve(o Order) (Reply, error) {
	port, err := foreign.FreePort()
	if err != nil {
		return Reply{}, err
	}
	line := spec.Fill(o.Server, port, o.Config)
	if err := s.start(line); err != nil {
		return Reply{}, fmt.Errorf("host: command %q: %w", line, err)
	}
	s.port = port
	found, err := s.await(line, time.Duration(cmp.Or(o.Patience, int64(startPatience))))
	if err != nil {
		return Reply{Never: anyBelow()}, err // one that has ended may have had a reason that passes
	}
	s.serving = found.owners
	go s.attend()
	return Reply{Address: "tcp://" + found.address.String(), Group: s.cmd.Process.Pid, PID: rootOf(found.owners)}, nil
}

// attend sees the end of those that serve. A command that leaves its server in the background has not ended,
// and one that outlives its server has.
func (s *supervisor) attend() {
	owners := s.serving
	for len(owners) > 0 {
		for _, pid := range owners {
			awaitEnd(pid, s.exited)
		}
		if s.stopping.Load() {
			return
		}
		now, err := look(s.port, false)
		if err != nil {
			break
		}
		s.how = cmp.Or(s.how, statusOf(owners, s.cmd.Process.Pid))
		owners = now.owners // it has handed its listener on, or was started anew
	}
	select {
	case <-s.exited:
		s.how = cmp.Or(s.how, shellStatus(s.cmd.ProcessState, slices.Contains(s.serving, s.cmd.Process.Pid)))
	case <-time.After(200 * time.Millisecond):
		s.how = cmp.Or(s.how, "with a status that only the command that started it knows; that one goes on")
	}
	if !s.stopping.Load() {
		close(s.ended)
	}
}

func (s *supervisor) start(line string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	cmd := exec.Command("sh", "-c", line)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := s.launcher.Start(cmd, nil, false); err != nil {
		return err
	}
	s.cmd, s.exited = cmd, make(chan struct{})
	go func() {
		cmd.Wait() // its state tells
		close(s.exited)
	}()
	return nil
}

// stopPatience is how long a server may take to end after SIGTERM.
const stopPatience = 5 * time.Second

// drain asks those that serve to end, and waits for them: not for what started them, which may end at once and
// leave them, or go on for ever. What has not ended after stopPatience is killed.
func (s *supervisor) drain() Drained {
	start := time.Now()
	s.stopping.Store(true)
	var d Drained
	if !endServing(s.port, s.serving, start.Add(stopPatience)) {
		d.Error = fmt.Sprintf("the server did not end within %.0f s of SIGTERM, killed", stopPatience.Seconds())
	}
	d.Nanoseconds = time.Since(start).Nanoseconds()
	if d.Error == "" {
		endRest(500 * time.Millisecond)
	}
	s.kill()
	return d
}

// kill ends the command and everything it started, and waits for the command.
func (s *supervisor) kill() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cmd == nil {
		return
	}
	killGroup(s.cmd.Process.Pid)
	killTree(s.cmd.Process.Pid)
	<-s.exited
	killDescendants()
}
