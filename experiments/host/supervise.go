package host

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/exec"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/patterns/child"
	"socketbench/servers/foreign"
)

// Supervise is the life of the process above a foreign server, for child.Become with [SuperviseCommand]: it starts the
// command that it is ordered to, says when it listens, and ends it and everything it started when told to, when nobody
// is left to command it, or when ctx ends.
func Supervise(ctx context.Context, parent *child.Conn) error {
	s := supervisor{ended: make(chan struct{})}
	defer s.kill()
	adoptOrphans()
	over := make(chan struct{})
	go func() {
		answer(parent, s.carryOut)
		close(over)
	}()
	select {
	case <-s.ended:
		return parent.Send(Reply{Ended: s.how})
	case <-over:
	case <-ctx.Done():
	}
	return nil
}

type supervisor struct {
	stopping atomic.Bool
	ended    chan struct{} // closed when the server has ended and was not told to
	how      string        // how it ended; settled once ended is closed
	job      Job
	network  string // tcp or udp
	port     int
	serving  []int // processes found to listen

	mu     sync.Mutex // held while the command is started or killed
	cmd    *exec.Cmd
	exited <-chan struct{}
	input  io.Closer // the end of the command's standard input on this side
}

func (s *supervisor) carryOut(cmd Command) (Reply, error) {
	switch cmd.Verb {
	case VerbServe:
		if cmd.Job == nil || s.cmd != nil {
			return Reply{}, errors.New("host: serve needs a job, once")
		}
		return s.serve(*cmd.Job)
	case VerbDrain:
		if s.cmd == nil {
			return Reply{}, errors.New("host: nothing is served")
		}
		d := s.drain()
		return Reply{Drained: &d}, nil
	}
	return Reply{}, fmt.Errorf("host: no verb %q for a foreign server", cmd.Verb)
}

// serve starts the command on a port that is free when it is chosen. If another process takes it before the server
// does, the server says so and the command fails.
func (s *supervisor) serve(o Job) (Reply, error) {
	network := cmp.Or(o.Transport, "tcp")
	port, err := foreign.FreePort(network)
	if err != nil {
		return Reply{}, err
	}
	line := spec.Fill(o.Server, port, o.Config)
	s.job, s.network, s.port = o, network, port
	if err := s.start(line); err != nil {
		return Reply{}, fmt.Errorf("host: command %q: %w", line, err)
	}
	found, err := s.await(line, cmp.Or(o.Start, startPatience))
	if err != nil {
		return Reply{Never: anyBelow()}, err // why a command has ended may be different another time
	}
	if found.address, err = found.at(o.Listen); err != nil {
		return Reply{Never: true}, fmt.Errorf("command %q %w", line, err)
	}
	s.serving = found.owners
	go s.attend()
	return Reply{Address: network + "://" + found.address.String(), Group: s.cmd.Process.Pid, PID: rootOf(found.owners)}, nil
}

// at is where the server is asked from: on an address of the job, if that names one.
func (s sight) at(wanted netip.Addr) (netip.AddrPort, error) {
	if !wanted.IsValid() || wanted.IsLoopback() {
		return s.address, nil
	}
	for _, a := range s.listens {
		if a.Addr() == wanted || a.Addr().IsUnspecified() {
			return netip.AddrPortFrom(wanted, a.Port()), nil
		}
	}
	return netip.AddrPort{}, fmt.Errorf("listens on %v alone, and clients on other machines reach %v; let it listen there, or on all addresses", s.address.Addr(), wanted)
}

// attend waits for the end of the processes that serve. A command that has left its server in the background and ended
// still serves; one that goes on after its server has ended does not.
func (s *supervisor) attend() {
	owners := s.serving
	for len(owners) > 0 {
		for _, pid := range owners {
			awaitEnd(pid, s.exited)
		}
		if s.stopping.Load() {
			return
		}
		now, err := look(s.network, s.port, false)
		if err != nil {
			break
		}
		s.how = cmp.Or(s.how, statusOf(owners, s.cmd.Process.Pid))
		owners = now.owners // another process has its listener, or the server was started anew
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

// start starts the command. Its standard input is a pipe on which nothing comes: a server that waits there for a key to be
// pressed, or for the end of its input, would end at once if it were empty.
func (s *supervisor) start(line string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	input, ours, err := os.Pipe()
	if err != nil {
		return err
	}
	defer input.Close()
	cmd := exec.Command("sh", "-c", line)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = input, os.Stderr, os.Stderr
	ended, err := child.Launch(cmd, nil, false)
	if err != nil {
		ours.Close()
		return err
	}
	s.cmd, s.exited, s.input = cmd, ended, ours
	return nil
}

// drain tells the processes that serve to end and waits for them. It does not wait for what started them, which may end
// at once and leave them, or go on for ever. What has not ended in the time that the job allows is killed; while it waits for a
// CPU, it has up to lentMost more.
func (s *supervisor) drain() Drained {
	start, patience := time.Now(), cmp.Or(s.job.Stop, stopPatience)
	s.stopping.Store(true)
	var d Drained
	if !endServing(s.network, s.port, s.serving, patience) {
		d.Error = fmt.Sprintf("the server did not end within %s of SIGTERM, killed", unit.Tick("ns", float64(patience)))
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
	s.input.Close() // last, so that no server ends because of it
}
