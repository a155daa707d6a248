package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

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
		return json.NewEncoder(out).Encode(Reply{Ended: s.cmd.ProcessState.String()})
	case <-ctx.Done():
		return nil
	}
}

type supervisor struct {
	launcher *Launcher
	stopping atomic.Bool
	ended    chan struct{} // closed when the command has ended though nobody told it to

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
	line := CommandLine(o, port)
	if err := s.start(line); err != nil {
		return Reply{}, fmt.Errorf("host: command %q: %w", line, err)
	}
	reply := Reply{Address: "tcp://127.0.0.1:" + strconv.Itoa(port), Group: s.cmd.Process.Pid}
	// A connection would use up a server that accepts one client only, so the kernel is asked instead,
	// again and again, as it tells nobody when a port begins to listen.
	deadline := time.Now().Add(10 * time.Second)
	for {
		listening, err := listens(os.Getpid(), port)
		if err != nil {
			return reply, err
		}
		if listening {
			go s.attend(port)
			return reply, nil
		}
		select {
		case <-s.exited:
			return Reply{}, fmt.Errorf("command %q ended before it listened on port %d: %s", line, port, s.cmd.ProcessState)
		case <-time.After(5 * time.Millisecond):
		}
		if time.Now().After(deadline) {
			return Reply{}, fmt.Errorf("command %q did not listen on port %d within 10 s; does it use {port}?", line, port)
		}
	}
}

// attend sees the command end. One that leaves its server in the background has not.
func (s *supervisor) attend(port int) {
	<-s.exited
	if listening, err := listens(os.Getpid(), port); !s.stopping.Load() && (err != nil || !listening) {
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

// CommandLine is what the shell is given for a foreign server: its command with {port}, {wait} (in
// seconds, such as 0.005) and {slots} filled in.
func CommandLine(o Order, port int) string {
	return strings.NewReplacer(
		"{port}", strconv.Itoa(port),
		"{wait}", strconv.FormatFloat(o.Config.Wait.Seconds(), 'f', -1, 64),
		"{slots}", strconv.Itoa(o.Config.Slots),
	).Replace(o.Server)
}

// drain asks the command to end, as a terminal's user would, and waits. One that does not, within a
// few seconds, is killed.
func (s *supervisor) drain() Drained {
	start := time.Now()
	s.stopping.Store(true)
	terminate(s.cmd.Process.Pid)
	var d Drained
	select {
	case <-s.exited:
	case <-time.After(5 * time.Second):
		d.Error = "the command did not end within 5 s of SIGTERM"
		s.kill()
	}
	d.Nanoseconds = time.Since(start).Nanoseconds()
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
	killDescendants(s.cmd.Process.Pid)
	<-s.exited
}
