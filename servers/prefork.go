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
	children := s.cfg.loops()
	if slots := s.cfg.Protocol.Work.Slots; slots > 0 {
		children = min(children, slots) // so that each has one
	}
	cut := &loopCut{after: s.cfg.DrainTimeout}
	err := prefork.Run(ctx, ln, prefork.Options{
		Children: children,
		Order:    func(child int) []byte { return s.cfg.order(child, children) },
		Heard:    func(_ int, line []byte) { s.cfg.hear(line, cut) },
		Died:     s.mourn,
		Patience: s.cfg.DrainTimeout + s.cfg.Linger + time.Second,
	})
	// endregion
	if cut.conns > 0 {
		err = errors.Join(err, cut)
	}
	return err
}

// region accept: servers/loop.go

// mourn reports a child that ended though nobody told it to. Its connections are reset by the
// kernel, and what it had counted is lost.
func (s *Prefork) mourn(child, pid int, how error) {
	s.cfg.fault(fmt.Errorf("servers: prefork: child %d, process %d, ended (%v); another follows",
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
