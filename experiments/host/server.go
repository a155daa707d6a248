package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/environ"
	"socketbench/servers/address"
)

// Options say how a server is started.
type Options struct {
	Order
	CPUs       []int // where it runs; none: anywhere
	GOMAXPROCS int   // 0: as many as CPUs, or the runtime's own choice where there are none
	GOGC       int   // 0: the runtime's default; -1: off

	// Launch, where it is set, makes the command of a foreign server, see servers.Entry; Order.Server is
	// then only its name.
	Launch func(dir string) (command string, err error)

	// Binary is the command that becomes the child, without the subcommand. Nil: this executable.
	Binary []string
	// Hello is what a command of the user's is asked first, to see that it answers; nil: a letter. An empty one asks
	// nothing, for a server that speaks first.
	Hello []byte
	// StartTimeout bounds the wait until the server can be connected to; 0: 10 s.
	StartTimeout time.Duration
}

// Subcommands that a binary must have to be a child: they call [Child] and [Supervise].
const (
	ChildCommand     = "child"
	SuperviseCommand = "supervise"
)

// Foreign reports whether a server is a command of the user's and not a registered name.
func Foreign(server string) bool { return strings.Contains(server, "{port}") }

// Server is a running server process. Only Died and Usage may be called beside another of its methods.
type Server struct {
	Address string // tcp://127.0.0.1:port or unix:///path
	PID     int    // the root of the processes that serve; 0: no single one is above them, and what they use is unknown
	Foreign bool   // runs under a supervisor; there are no snapshots of it

	cmd     *exec.Cmd
	in      io.WriteCloser
	replies chan Reply
	stderr  *tail
	group   int    // process group of a foreign server's command
	scratch string // directory of a unix socket; "": none
	died    chan struct{}
	exit    error  // of Wait; settled once died is closed, as is ended
	ended   string // how a foreign server ended by itself
	late    bool   // a reply did not come in time: the pipe is of no more use
}

// Again is the command line that starts this program with a verb. binary is how it is started, where
// that is not by its path alone: as a test binary is.
func Again(binary []string, verb string) ([]string, error) {
	if binary == nil {
		self, err := os.Executable()
		if err != nil {
			return nil, fmt.Errorf("host: this executable: %w", err)
		}
		binary = []string{self}
	}
	return append(binary[:len(binary):len(binary)], verb), nil
}

// Serve starts a server and returns once it can be asked. The error of a server that did not get so far carries the
// end of what it said. A command of the user's is started twice the first time, see readiness, and not again
// where it was never ready: the same error is returned at once then.
func (l *Launcher) Serve(ctx context.Context, o Options) (*Server, error) {
	if Foreign(o.Server) && o.Launch == nil {
		return l.serveReady(ctx, o)
	}
	return l.serve(ctx, o)
}

// serve starts a server and returns once it can be connected to.
func (l *Launcher) serve(ctx context.Context, o Options) (*Server, error) {
	s := &Server{Foreign: Foreign(o.Server) || o.Launch != nil, stderr: new(tail), died: make(chan struct{}), replies: make(chan Reply, 1)}
	verb := ChildCommand
	if s.Foreign {
		verb = SuperviseCommand
	}
	argv, err := Again(o.Binary, verb)
	if err != nil {
		return nil, err
	}
	s.cmd = exec.Command(argv[0], argv[1:]...)
	s.cmd.Env = environment(o)
	s.cmd.Stderr = s.stderr
	s.cmd.WaitDelay = time.Second // a grandchild may hold the pipe of a dead child
	if s.in, err = s.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("host: pipe: %w", err)
	}
	out, err := s.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("host: pipe: %w", err)
	}
	name := o.Server
	if o.Launch != nil || o.Transport == "unix" && o.Socket == "" {
		if s.scratch, err = address.Folder(); err != nil {
			return nil, err
		}
	}
	if o.Transport == "unix" && o.Socket == "" {
		o.Socket = filepath.Join(s.scratch, "s")
	}
	if o.Launch != nil {
		if o.Server, err = o.Launch(s.scratch); err != nil {
			s.clean()
			return nil, &StartError{Server: name, Reason: err}
		}
	}
	if err := l.Start(s.cmd, o.CPUs, s.Foreign); err != nil {
		s.clean()
		return nil, fmt.Errorf("host: server process: %w", err)
	}
	s.PID = s.cmd.Process.Pid
	go s.listen(out)
	if o.StartTimeout <= 0 {
		o.StartTimeout = startPatience
	}
	patience := o.StartTimeout
	if s.Foreign { // the supervisor has the better sentence
		o.Patience = o.StartTimeout.Nanoseconds()
		patience += 5 * time.Second
	}
	reply, err := s.ask(ctx, Command{Verb: VerbServe, Order: &o.Order}, patience)
	if err != nil {
		end := s.End()
		return nil, &StartError{Server: name, Reason: err, Stderr: end.Stderr, Never: reply.Never}
	}
	s.Address = reply.Address
	if s.Foreign {
		s.PID, s.group = reply.PID, reply.Group // neither the supervisor is measured nor what started the server
	}
	return s, nil
}

// A StartError is a server that never became ready.
type StartError struct {
	Server string
	Reason error
	Stderr string // the end of what it said
	Never  bool   // another start would end in the same way
}

func (e *StartError) Error() string {
	return fmt.Sprintf("server %q did not start: %v", e.Server, e.Reason)
}

func (e *StartError) Unwrap() error { return e.Reason }

// environment is that of this process without what would change the server's behaviour, and with the scheduler and the
// collector as ordered.
func environment(o Options) []string {
	env, _ := environ.Clean(os.Environ())
	procs := o.GOMAXPROCS
	if procs == 0 {
		procs = len(o.CPUs)
	}
	if procs > 0 {
		env = append(env, "GOMAXPROCS="+strconv.Itoa(procs))
	}
	switch {
	case o.GOGC < 0:
		env = append(env, "GOGC=off")
	case o.GOGC > 0:
		env = append(env, "GOGC="+strconv.Itoa(o.GOGC))
	}
	return env
}

// Ending is how a server's process ended.
type Ending struct {
	Exit   string // "": with status 0
	Killed bool   // it did not end when its pipe closed
	Left   int    // processes of its group that had to be killed after it
	Stderr string // the end of what it said
}

// End closes the server's pipe, which ends it, kills whatever of it is still there after a moment, and
// waits. Nothing of it remains when End returns.
func (s *Server) End() Ending {
	s.in.Close()
	go func() { // a reply nobody waits for must not keep the reader of the pipe
		for range s.replies {
		}
	}()
	var e Ending
	timer := time.NewTimer(3 * time.Second)
	defer timer.Stop()
	select {
	case <-s.died:
	case <-timer.C:
		e.Killed = true
		killTree(s.cmd.Process.Pid)
		killGroup(s.cmd.Process.Pid)
		s.cmd.Process.Kill()
		<-s.died
	}
	e.Left = killGroup(s.cmd.Process.Pid)
	if s.group != 0 { // else the command did not start
		e.Left += killGroup(s.group)
	}
	var exit *exec.ExitError
	switch {
	case s.ended != "":
		e.Exit = strings.TrimPrefix(s.ended, "exit status 0")
	case s.exit == nil, errors.Is(s.exit, exec.ErrWaitDelay):
	case errors.As(s.exit, &exit):
		e.Exit = exit.ProcessState.String()
	default:
		e.Exit = s.exit.Error()
	}
	e.Stderr = s.stderr.String()
	s.clean()
	return e
}

func (s *Server) clean() {
	if s.scratch != "" {
		os.RemoveAll(s.scratch)
	}
}
