//go:build linux

// prefork: child processes share one listening socket, each with an event loop of its own.
//
// How it waits. The parent binds, starts a child for each CPU, and waits for them to end. Every
// child waits in an epoll loop for the same listener, and for the connections that it has accepted
// itself. Who is quickest to accept has the connection, for good.
//
// What it costs. What epoll costs, and a runtime, a heap and a collector for each child. No lock,
// no cache line and no pause is shared. In return the crowd is not bounded by what one process may
// open, and a child that crashes takes only its own connections along. Measured: 8.5 µs of CPU a
// request with one client, 4.2 with 64, on one CPU.
//
// Where it breaks. A new connection wakes every child that waits, and all but one find nothing:
// uneven wake-ups, uneven shares. Nothing can be shared by a variable any more; what is bounded
// across all of them, such as handlers that wait at once, is dealt out beforehand.
//
// Watch for. Who ends whom: children must die with the parent, even one that is killed, and the
// parent must see them out when it stops. And what a descriptor shares: its mode belongs to the
// socket, so that one process that makes it block does so for all.

package servers

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"time"

	"socketbench/patterns/prefork"
	"socketbench/servers/eventloop"
	"socketbench/servers/upper"
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
		return errors.New("servers: prefork: a hook cannot follow requests to other processes")
	}
	// region listen: patterns/prefork/run_linux.go
	// region dispatch
	children := s.cfg.Loops()
	if slots := s.cfg.Protocol.Work.Slots; slots > 0 {
		children = min(children, slots) // so that each has one
	}
	cut := &eventloop.CutOff{After: s.cfg.DrainTimeout}
	err := prefork.Run(ctx, ln, prefork.Options{
		Children: children,
		Order:    func(child int) []byte { return s.order(child, children) },
		Heard:    func(_ int, line []byte) { s.hear(line, cut) },
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

// reportChildExit reports a child that ended though nobody told it to. The kernel resets its
// connections, and what it had counted is lost.
func (s *Prefork) reportChildExit(child, pid int, how error) {
	s.cfg.Fault(fmt.Errorf("servers: prefork: child %d, process %d, ended (%v); another follows",
		child, pid, how))
}

// PreforkChild is the life of a child; see prefork.Child.
func PreforkChild(ctx context.Context, ln net.Listener, order []byte, tell func(line []byte)) {
	say := func(word preforkWord) {
		line, _ := json.Marshal(word) // text and numbers
		tell(line)
	}
	cfg, err := preforkConfig(order, say)
	if err == nil {
		// region read: servers/epoll.go
		// region reply: servers/epoll.go
		err = NewEpoll(cfg).Serve(ctx, ln)
	}
	// region drain
	say(preforkFigures(cfg.WithDefaults().Tally, err))
	// endregion
}

// What crosses the pipes between prefork's processes, a line of JSON each: the order, as much of a
// Config as can leave its process, and the words of a child.

// preforkOrder is what a child is told.
type preforkOrder struct {
	Framing              upper.Framing
	Limit, ReadSize      int
	Work                 upper.Work
	Linger, DrainTimeout time.Duration
}

// preforkWord is what a child says: a fault as it happens, and its figures at the end.
type preforkWord struct {
	Fault                         string `json:",omitempty"`
	Conns, Read, Written, Dropped int64
	Cut                           int
}

// order is the line for one of so many children. What is bounded across all is dealt out.
func (s *Prefork) order(child, children int) []byte {
	work := s.cfg.Protocol.Work
	work.Slots = (work.Slots + child) / children
	p := s.cfg.Protocol
	line, err := json.Marshal(preforkOrder{
		p.Framing, p.Limit, s.cfg.ReadSize, work, s.cfg.Linger, s.cfg.DrainTimeout})
	if err != nil {
		s.cfg.Fault(err) // of a framing that there is not; the child will say so too
	}
	return line
}

// preforkConfig is the Config that a child makes of its order.
func preforkConfig(line []byte, say func(preforkWord)) (Config, error) {
	var o preforkOrder
	if err := json.Unmarshal(line, &o); err != nil {
		return Config{}, err
	}
	return Config{
		Protocol: upper.Protocol{Framing: o.Framing, Limit: o.Limit, Work: o.Work},
		ReadSize: o.ReadSize, Linger: o.Linger, DrainTimeout: o.DrainTimeout,
		Tally:  new(Tally),
		Report: func(err error) { say(preforkWord{Fault: err.Error()}) },
	}, nil
}

// hear adds what a child said to what its parent will say.
func (s *Prefork) hear(line []byte, cut *eventloop.CutOff) {
	var said preforkWord
	if err := json.Unmarshal(line, &said); err != nil {
		s.cfg.Fault(err)
		return
	}
	s.cfg.Tally.Conns.Add(said.Conns)
	s.cfg.Tally.Read.Add(said.Read)
	s.cfg.Tally.Written.Add(said.Written)
	s.cfg.Tally.Dropped.Add(said.Dropped)
	cut.Conns += said.Cut
	if said.Fault != "" {
		s.cfg.Fault(errors.New(said.Fault))
	}
}

// preforkFigures are a child's last word.
func preforkFigures(t *Tally, err error) preforkWord {
	last := preforkWord{
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
