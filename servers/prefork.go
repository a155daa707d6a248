//go:build linux

// prefork: child processes share one listening socket, each with an event loop of its own.
//
// How it waits. The parent binds, starts a child for each CPU, and waits for them to end. Every
// child waits in an epoll loop for the same listener, and for the connections that it has
// accepted. The child that accepts a connection first keeps it.
//
// What it costs. As epoll, and a runtime, a heap and a garbage collector for each child. The
// children share no lock, no cache line and no pause of a collector. In return the number of
// connections is not bounded by what one process may open, and a child that crashes ends only its
// own connections. Measured on one CPU, a request costs as much CPU as in epoll.
//
// Where it breaks. A new connection wakes every child that waits, and all but one find nothing:
// wake-ups are wasted and shares are uneven. Children share no variables: a bound across all of
// them, such as on handlers that wait at once, is divided among them in advance.
//
// Watch for. Children must end with their parent, even if it is killed, and a parent that stops
// must wait for them. The mode of a descriptor belongs to the socket: a process that makes it
// blocking does so for all.

package servers

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"socketbench/patterns/prefork"
	"socketbench/servers/eventloop"
)

// Prefork serves from child processes. The first line of a program that has it in its registry is
// prefork.Child(servers.PreforkChild); package cmd has it.
type Prefork struct{ cfg Config }

// NewPrefork returns the design under cfg, with cfg.Workers children.
func NewPrefork(cfg Config) Server { return &Prefork{cfg.WithDefaults()} }

// Serve starts the children and waits until the last has drained.
func (s *Prefork) Serve(ctx context.Context, ln net.Listener) error {
	if s.cfg.Protocol.Hook != nil {
		ln.Close()
		return errors.New("servers: prefork: a hook cannot be called in other processes")
	}
	// region listen: patterns/prefork/run_linux.go
	// region dispatch
	children := s.cfg.Loops()
	if slots := s.cfg.Protocol.Work.Slots; slots > 0 {
		children = min(children, slots) // so that each child has a slot
	}
	cut := &eventloop.CutOff{After: s.cfg.DrainTimeout}
	err := prefork.Run(ctx, ln, prefork.Options[Config, preforkReport]{
		Children: children,
		Job:      func(child int) Config { return s.job(child, children) },
		Heard:    func(_ int, report preforkReport) { s.hear(report, cut) },
		Died:     s.reportChildExit,
		Patience: s.cfg.DrainTimeout + s.cfg.Linger + time.Second,
	})
	// endregion
	if cut.Conns > 0 {
		err = errors.Join(err, cut)
	}
	return err
}

// region accept: servers/eventloop/loop.go

// reportChildExit reports a child that ended although it was not told to. The kernel resets its
// connections, and its counters are lost.
func (s *Prefork) reportChildExit(child, pid int, how error) {
	s.cfg.Fault(fmt.Errorf("servers: prefork: child %d, process %d, ended (%v); another follows",
		child, pid, how))
}

// PreforkChild is what a child process runs; see prefork.Child.
func PreforkChild(ctx context.Context, ln net.Listener, cfg Config, tell func(preforkReport)) {
	cfg.Tally = new(Tally)
	cfg.Report = func(err error) { tell(preforkReport{Fault: err.Error()}) }
	// region read: servers/epoll.go
	// region reply: servers/epoll.go
	err := NewEpoll(cfg).Serve(ctx, ln)
	// region drain
	tell(preforkFigures(cfg.Tally, err))
	// endregion
}

// preforkReport is what a child sends to its parent: a fault as it happens, and its figures at the
// end.
type preforkReport struct {
	Fault                         string `json:",omitempty"`
	Conns, Read, Written, Dropped int64
	Cut                           int
}

// job is the Config of one child. The slots of the server are divided among its children.
func (s *Prefork) job(child, children int) Config {
	// region dispatch
	cfg := s.cfg
	cfg.Protocol.Work.Slots = (cfg.Protocol.Work.Slots + child) / children
	return cfg
	// endregion
}

// hear adds a child's report to the figures of the parent.
func (s *Prefork) hear(report preforkReport, cut *eventloop.CutOff) {
	// region drain
	s.cfg.Tally.Conns.Add(report.Conns)
	s.cfg.Tally.Read.Add(report.Read)
	s.cfg.Tally.Written.Add(report.Written)
	s.cfg.Tally.Dropped.Add(report.Dropped)
	cut.Conns += report.Cut
	if report.Fault != "" {
		s.cfg.Fault(errors.New(report.Fault))
	}
	// endregion
}

// preforkFigures makes a child's last report.
func preforkFigures(t *Tally, err error) preforkReport {
	last := preforkReport{
		Conns: t.Conns.Load(), Read: t.Read.Load(),
		Written: t.Written.Load(), Dropped: t.Dropped.Load()}
	var cut *eventloop.CutOff
	if errors.As(err, &cut) {
		last.Cut = cut.Conns
	} else if err != nil {
		last.Fault = err.Error()
	}
	return last
}
