package cmd

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"socketbench/experiments/host"
	"socketbench/experiments/quote"
	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/address"
	"socketbench/servers/servertest"
	"socketbench/servers/upper"
)

// checkTarget returns the target that was named: an address, a command or a server of the registry. release
// ends everything that was started for it.
func (a *app) checkTarget(ctx context.Context, what, transport string, framing upper.Framing) (t servertest.Target, release func(), err error) {
	t = servertest.Target{Name: what, Network: transport, Framing: framing}
	if command, own := a.commands.Of(what); own {
		return told(ctx, t, command, host.Options{Job: host.Job{Server: command, Transport: transport}})
	}
	e, err := a.lookup(what)
	if err != nil && address.Looks(what) {
		at, err := address.ParseServer(what)
		if err != nil {
			return t, nil, fmt.Errorf("check: %w", err)
		}
		t.Network, t.Address = at.Network, at.Where
		return t, func() {}, nil
	}
	if err != nil {
		return t, nil, err
	}
	if t.Network = "tcp"; e.Datagrams || e.NewPacket != nil {
		t.Network = "udp"
	}
	if e.Launch != nil {
		if only := e.Traits.Framing; framing == upper.Raw {
			t.Framing = only
		} else if only != upper.Raw && only != framing {
			return t, nil, fmt.Errorf("check: %q speaks only the framing %v; leave --framing out", what, only)
		}
		if err := a.build(e.Name); err != nil {
			return t, nil, fmt.Errorf("check: %w", err)
		}
		// One that serves a single client may end with it: each case gets its own then.
		t.Traits, t.Cheap = &e.Traits, e.Traits.MaxConns == 1
		return told(ctx, t, e.Name, host.Options{Job: host.Job{Server: e.Name, Transport: t.Network}, Launch: e.Launch})
	}
	dir, err := address.Folder()
	if err != nil {
		return t, nil, fmt.Errorf("check: %w", err)
	}
	h := newCheckHost(ctx, host.Options{Job: host.Job{Server: what}})
	here := servertest.InProcess(e, t.Network, dir)
	t.Traits, t.Config, t.Stops = &e.Traits, true, true
	t.Start, t.Limits, t.Inside = h.start, h.limited, &here
	return t, func() { h.release(); os.RemoveAll(dir) }, nil
}

// told completes the target of a command, which gets its port and its framing, and is asked to end in order if the target
// says that it stops. server is the command, or the registered name of a program.
func told(ctx context.Context, t servertest.Target, server string, o host.Options) (servertest.Target, func(), error) {
	var cfg servers.Config
	cfg.Protocol.Framing = t.Framing
	must, _ := spec.Untold(server, cfg)
	if registered := t.Traits != nil; registered && len(must) > 0 && t.Traits.Framing != t.Framing {
		return t, nil, fmt.Errorf("check: %s", spec.NotTold(server, must, cfg))
	}
	o.Hello = t.Framing.Frame([]byte("a"))
	h := newCheckHost(ctx, o)
	h.framing, h.untold, h.drains = t.Framing, len(must) > 0, t.Stops
	t.Start, t.Limits = h.start, h.limited
	return t, h.release, nil
}

// checkHost starts servers as child processes for the suite.
type checkHost struct {
	ctx      context.Context
	cancel   context.CancelFunc
	launcher host.Launcher
	options  host.Options
	framing  upper.Framing  // of a command
	untold   bool           // a command that speaks the framing without being told
	drains   bool           // a command is asked to end in order, and not killed
	running  sync.WaitGroup // servers that have not ended yet
}

func newCheckHost(ctx context.Context, o host.Options) *checkHost {
	h := &checkHost{options: o}
	h.ctx, h.cancel = context.WithCancel(ctx)
	return h
}

// release ends every server that still runs, and waits until none of their processes is left.
func (h *checkHost) release() {
	h.cancel()
	h.running.Wait()
}

func (h *checkHost) start(ctx context.Context, cfg servers.Config) (*servertest.Instance, error) {
	return h.launch(ctx, cfg, nil)
}

// limited starts a server that may open at most this many descriptors.
func (h *checkHost) limited(ctx context.Context, cfg servers.Config, descriptors int) (*servertest.Instance, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("check: this executable: %w", err)
	}
	return h.launch(ctx, cfg, []string{"/bin/sh", "-c", fmt.Sprintf(`ulimit -n %d && exec "$0" "$@"`, descriptors), self})
}

// portTaken is what a program says that cannot bind its port, in the words of C, Python, Go and Java or of Node.
var portTaken = regexp.MustCompile(`(?i)address already in use|EADDRINUSE`)

// launch starts a server, which must be ready before ctx ends and lives until it is stopped or the host released.
func (h *checkHost) launch(ctx context.Context, cfg servers.Config, binary []string) (*servertest.Instance, error) {
	o := h.options
	o.Binary = binary
	o.Config = cfg
	switch {
	case h.untold:
		o.Config.Protocol.Framing = upper.Raw
	case h.framing != upper.Raw:
		o.Config.Protocol.Framing = h.framing
	}
	s, err := h.launcher.Serve(ctx, o)
	var start *host.StartError
	if errors.As(err, &start) && portTaken.MatchString(start.Stderr) {
		s, err = h.launcher.Serve(ctx, o) // on another port: this one was free when it was chosen
	}
	if err != nil {
		if errors.As(err, &start) {
			err = start.Reason // without the server's name: the report has it
		}
		if start != nil && start.Stderr != "" {
			err = fmt.Errorf("%w; it said: %s", err, quote.Text(start.Stderr))
		}
		return nil, err
	}
	network, where, _ := strings.Cut(s.Address, "://")
	inst := &servertest.Instance{Network: network, Address: where, PID: s.PID, Done: make(chan struct{}), Tally: new(servers.Tally)}
	stop := make(chan struct{}, 1)
	inst.Stop = func() {
		select {
		case stop <- struct{}{}:
		default:
		}
	}
	if s.Foreign {
		inst.Tally = nil
	} else {
		inst.Goroutines = func() int {
			snapshot, _, err := s.Snapshot(h.ctx)
			if err != nil {
				return -1
			}
			return snapshot.Goroutines
		}
	}
	h.running.Go(func() { inst.End(h.attend(s, stop, cfg, inst.Tally)) })
	return inst, nil
}

// attend waits until the server is stopped or ends by itself. The error says what was wrong with its end.
func (h *checkHost) attend(s *host.Server, stop <-chan struct{}, cfg servers.Config, tally *servers.Tally) error {
	select {
	case <-s.Died():
		end := s.End()
		if s.Foreign && end.Exit == "" && end.Stderr == "" {
			return nil
		}
		return ended(end)
	case <-h.ctx.Done():
		s.End()
		return nil
	case <-stop:
		if s.Foreign && !h.drains {
			s.End()
			return nil
		}
		d, err := s.Drain(h.ctx, cfg.WithDefaults().DrainTimeout+10*time.Second)
		end := s.End()
		if err != nil {
			return errors.Join(err, ended(end))
		}
		if tally != nil {
			tally.Conns.Store(d.Last.Conns)
			tally.Read.Store(d.Last.Read)
			tally.Written.Store(d.Last.Written)
			tally.Dropped.Store(d.Last.Dropped)
		}
		switch {
		case d.Error != "":
			return errors.New(d.Error)
		case d.Goroutines > 0:
			return fmt.Errorf("%s left after the server ended", were(d.Goroutines, "goroutine"))
		case d.Descriptors > 0:
			return fmt.Errorf("%s left after the server ended", were(d.Descriptors, "descriptor"))
		case end.Left > 0:
			return fmt.Errorf("%s left after the server ended", were(end.Left, "process"))
		}
		return nil
	}
}

// ended describes a server that ended by itself.
func ended(e host.Ending) error {
	what := "the process ended by itself"
	if e.Exit != "" {
		what += ": " + e.Exit
	}
	if e.Stderr != "" {
		what += "; it said: " + quote.Text(lastLines(e.Stderr, 300))
	}
	return errors.New(what)
}

// lastLines returns the end of text, at most n bytes of it, which begin with a whole letter.
func lastLines(text string, n int) string {
	text = strings.TrimSpace(text)
	cut := max(0, len(text)-n)
	for k := cut; cut > 0 && k < min(cut+utf8.UTFMax, len(text)); k++ {
		if utf8.RuneStart(text[k]) {
			return text[k:]
		}
	}
	return text[cut:]
}
