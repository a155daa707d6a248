package host

import (
	"cmp"
	"context"
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/environ"
	"socketbench/experiments/quote"
	"socketbench/patterns/child"
	"socketbench/patterns/proc"
	"socketbench/servers/address"
)

// Options say how a server is started.
type Options struct {
	Job
	CPUs       []int // where it runs; none: anywhere
	GOMAXPROCS int   // 0: as many as CPUs, or the runtime's own choice where there are none
	GOGC       int   // 0: the runtime's default; -1: off

	// Launch, where it is set, makes the command of a foreign server, see servers.Entry; Job.Server is
	// then only its name.
	Launch func(dir string) (command string, err error)

	// Binary is the command that becomes the child, see child.Options. Nil: this program.
	Binary []string
	// Hello is what a command of the user's is asked first, to see whether it answers; nil: a letter. An empty one asks
	// nothing, for a server that speaks first.
	Hello []byte
}

// What a program becomes that is started for a server, see child.Become: [Child] and [Supervise].
const (
	ChildCommand     = "child"
	SuperviseCommand = "supervise"
)

// Foreign reports whether a server is a command of the user's and not a registered name.
func Foreign(server string) bool { return strings.Contains(server, "{port}") }

// Server is a running server process. Only Died and Usage may be called beside another of its methods.
type Server struct {
	Address string // tcp://host:port, udp://host:port or unix:///path
	PID     int    // the root of the processes that serve; 0: no single process is above them, and what they use is unknown
	Foreign bool   // it runs under a supervisor, and has no snapshots

	process  *child.Process
	given    []string // its environment
	replies  chan Reply
	patience time.Duration // with its process, when that is to end
	group    int           // process group of a foreign server's command
	scratch  string        // directory of a unix socket; "": none
	died     chan struct{}
	ended    string // how a foreign server ended by itself; settled once died is closed
	late     bool   // a reply did not come in time: the process is of no more use
}

// A Launcher starts servers, and remembers which commands are slow to be ready. The zero value is ready for use, by
// several goroutines.
type Launcher struct{ ready readiness }

// Serve starts a server and returns once it can be asked. A server that did not get so far is a [StartError], with the
// end of what it printed. A command of the user's is started twice the first time, see readiness; one that was never
// ready is not started again, and its error is returned at once.
func (l *Launcher) Serve(ctx context.Context, o Options) (*Server, error) {
	if Foreign(o.Server) && o.Launch == nil && o.Transport != "udp" { // a bound socket of udp takes datagrams
		return l.serveReady(ctx, o)
	}
	return l.serve(ctx, o)
}

// serve starts a server and returns once it can be connected to.
func (l *Launcher) serve(ctx context.Context, o Options) (*Server, error) {
	s := &Server{Foreign: Foreign(o.Server) || o.Launch != nil, died: make(chan struct{}), replies: make(chan Reply, 1)}
	name := o.Server
	var err error
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
	verb, patience := ChildCommand, cmp.Or(o.Start, startPatience)
	if s.Foreign {
		verb = SuperviseCommand
		patience += 5 * time.Second // the supervisor has the better sentence
	}
	s.given, s.patience = environment(o), cmp.Or(o.Stop, endPatience)
	s.process, err = child.Start(child.Options{Verb: verb, Binary: o.Binary, Env: s.given, CPUs: o.CPUs, Gentle: s.Foreign})
	if err != nil {
		s.clean()
		return nil, fmt.Errorf("host: server process: %w", err)
	}
	s.PID = s.process.PID
	go s.listen()
	reply, err := s.ask(ctx, Command{Verb: VerbServe, Job: &o.Job}, patience)
	if err != nil {
		end := s.End()
		return nil, &StartError{Server: name, Reason: err, Stderr: end.Stderr, Never: reply.Never}
	}
	s.Address = reply.Address
	if s.Foreign {
		s.PID, s.group = reply.PID, reply.Group // neither the supervisor nor what started the server is measured
	}
	return s, nil
}

// Dropped returns how many datagrams the system has dropped because the server's socket was full. ok is false if the server
// has no socket for datagrams, or if the system does not say.
func (s *Server) Dropped() (dropped int64, ok bool) {
	where, datagrams := strings.CutPrefix(s.Address, "udp://")
	at, err := netip.ParseAddrPort(where)
	if !datagrams || err != nil {
		return 0, false
	}
	return proc.Dropped(at.Port())
}

// A StartError is a server that never became ready.
type StartError struct {
	Server string
	Reason error
	Stderr string // the end of what it printed, quoted
	Never  bool   // another start would end in the same way
}

func (e *StartError) Error() string {
	return fmt.Sprintf("server %q did not start: %v", e.Server, e.Reason)
}

func (e *StartError) Unwrap() error { return e.Reason }

// environment is that of this process without what would change the server's behaviour, and with the scheduler and the
// collector set as ordered.
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

// Environment compares the environments that processes of the server were started with, as far as they change behaviour,
// with the one that it was given: a wrapper may have set a variable, or taken one away. It is of Linux, and of those
// that still run and may be looked at.
func (s *Server) Environment(pids []int) (changes []environ.Change) {
	for _, pid := range pids[:min(len(pids), mostThreads)] {
		block, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid)) // what it has set for itself since is not in it
		if err != nil || len(block) == 0 {
			continue
		}
		for _, c := range environ.Changes(s.given, strings.Split(string(block), "\x00")) {
			if !slices.Contains(changes, c) {
				changes = append(changes, c)
			}
		}
	}
	return changes
}

// Ending is how a server's process ended.
type Ending struct {
	Exit   string // "": with status 0
	Killed bool   // it did not end when it was told to
	Left   int    // processes of its group that had to be killed after it
	Stderr string // the end of what it printed, quoted
}

// End ends the server without draining it, kills what of it is still there after the time of its job, and waits. Nothing of it remains
// when End returns.
func (s *Server) End() Ending {
	go func() { // a reply nobody waits for must not keep the reader of the pipe
		for range s.replies {
		}
	}()
	process := s.process.End(s.patience)
	e := Ending{Exit: process.How, Killed: process.Killed, Stderr: quote.Lines(ownWords(process.Said))}
	e.Left = killGroup(s.process.PID)
	if s.group != 0 { // else the command did not start
		e.Left += killGroup(s.group)
	}
	<-s.died
	if s.ended != "" {
		e.Exit = strings.TrimPrefix(s.ended, "exit status 0")
	}
	s.clean()
	return e
}

// ownWords is what a server said without the notice of the shell that ran it: sh writes "Terminated" or "Killed" when the
// process that it waits for was ended, as every server is at the end of its trial.
func ownWords(said string) string {
	rest, last := "", said
	if i := strings.LastIndexByte(said, '\n'); i >= 0 {
		rest, last = said[:i], said[i+1:]
	}
	if last == "Terminated" || last == "Killed" {
		return strings.TrimRight(rest, "\n")
	}
	return said
}

func (s *Server) clean() {
	if s.scratch != "" {
		os.RemoveAll(s.scratch)
	}
}
