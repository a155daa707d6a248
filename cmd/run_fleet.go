package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments"
	"socketbench/experiments/fleet"
	"socketbench/experiments/host"
	"socketbench/experiments/spec"
	"socketbench/servers"
	"socketbench/servers/foreign"
)

// team is who carries out a run. The zero value is this machine alone.
type team struct {
	hub    fleet.Hub // nil: this machine alone
	agents experiments.Agents
	limits spec.Limits // of all that load together
	server spec.Limits // of the machine that serves, if it is another
}

func (t team) close() {
	if t.hub != nil {
		t.hub.Close()
	}
}

// joinPatience is how long a run waits for its agents.
const joinPatience = 2 * time.Minute

// gather waits for the agents that the flags name.
func (a *app) gather(ctx context.Context, f runFlags) (t team, err error) {
	if f.fleet == "" {
		if f.serveOn != "" || f.loadOn != "" {
			return t, errors.New("run: --serve-on and --load-on need --fleet")
		}
		return team{limits: host.ReadFacts().Room()}, nil
	}
	key, err := fleet.ReadKey(f.fleet)
	if err != nil {
		return t, err
	}
	wanted, err := f.wanted()
	if err != nil || f.dry {
		return t, err
	}
	if err := a.withNATS(); err != nil {
		return t, err
	}
	if t.hub, err = fleet.Over.Open(key); err != nil {
		return t, err
	}
	defer func() {
		if err != nil {
			t.close()
		}
	}()
	patience, cancel := context.WithTimeout(ctx, joinPatience)
	defer cancel()
	said := ""
	server, loaders, err := fleet.Gather(patience, t.hub, wanted, func(there []fleet.Present, missing string) {
		if text := missing; text != said {
			said = text
			fmt.Fprintf(a.stderr, "waiting at %s: %s\n", key.Where(), text)
		}
	})
	if err != nil {
		return t, err
	}
	t.agents.Server = experiments.Member{Name: server.Name(), Agent: server}
	for _, l := range loaders {
		t.agents.Loaders = append(t.agents.Loaders, experiments.Member{Name: l.Name(), Agent: l})
	}
	return t, t.read(ctx)
}

// places are the flags that name the machines of a run; none where it is on this one alone.
func (f runFlags) places() (words []string) {
	for _, set := range []struct{ flag, value string }{{"--fleet", f.fleet}, {"--serve-on", f.serveOn}, {"--load-on", f.loadOn}} {
		if set.value != "" {
			words = append(words, set.flag, set.value)
		}
	}
	return words
}

// machines is [runFlags.places] as a part of a command line, with a space before it.
func (f runFlags) machines() string {
	if f.fleet == "" {
		return ""
	}
	return " " + foreign.ShellLine(f.places()...)
}

// wanted reads --serve-on and --load-on.
func (f runFlags) wanted() (w fleet.Wanted, err error) {
	if f.serveOn == "" {
		return w, errors.New("run: --fleet needs --serve-on NAME, the agent that starts the servers")
	}
	w.Server, w.Count = f.serveOn, 1
	if f.loadOn == "" {
		return w, nil
	}
	if n, err := strconv.Atoi(f.loadOn); err == nil {
		if n < 1 {
			return w, fmt.Errorf("run: --load-on %d: at least one agent must load", n)
		}
		w.Count = n
		return w, nil
	}
	for _, name := range strings.Split(f.loadOn, ",") {
		if !fleet.IsName(name) || slices.Contains(w.Loaders, name) {
			return w, fmt.Errorf("run: --load-on %q: give a number, or the names of agents, each once, separated by commas", f.loadOn)
		}
		w.Loaders = append(w.Loaders, name)
	}
	return w, nil
}

// apart is an experiment as it is run over several machines.
func (a *app) apart(e spec.Experiment, f runFlags) (spec.Experiment, error) {
	if f.placement != "" && f.placement != host.Apart {
		return e, fmt.Errorf("run: --placement %s puts server and load on one machine; leave it or --fleet out", f.placement)
	}
	e.Placement = host.Apart
	if e.Transport != "tcp" || e.Varies("transport") {
		return e, fmt.Errorf("run: %s is about unix sockets, which do not leave a machine; run it without --fleet", e.Name)
	}
	if err := e.Check(a.registry); err != nil {
		return e, fmt.Errorf("run: %w", err)
	}
	return e, nil
}

// read asks the agents what their machines allow to the clients of a trial.
func (t *team) read(ctx context.Context) error {
	for i, l := range t.agents.Loaders {
		facts, err := l.Facts(ctx)
		if err != nil {
			return err
		}
		own := facts.Machine.Room()
		if i == 0 {
			t.limits = own
		}
		t.limits = spec.Limits{Descriptors: min(t.limits.Descriptors, own.Descriptors), Ports: min(t.limits.Ports, own.Ports), Memory: min(t.limits.Memory, own.Memory)}
	}
	n := len(t.agents.Loaders) // the clients are dealt out evenly
	t.limits.Descriptors, t.limits.Ports, t.limits.Memory = n*t.limits.Descriptors, n*t.limits.Ports, uint64(n)*t.limits.Memory
	t.limits.Of = "the agents' processes together"
	facts, err := t.agents.Server.Facts(ctx)
	t.server = facts.Machine.Room()
	return err
}

// room is what this machine, or the agents' machines, allow to the clients of an experiment.
func (t team) room(e spec.Experiment, registry servers.Registry) spec.Limits {
	l, own := t.limits, t.server
	if own.Memory > 0 {
		l.Memory = min(l.Memory, own.Memory)
	}
	// Each client has a descriptor at the server, too; a design of several processes shares them out.
	processes := max(1, e.Config.Workers)
	for _, name := range e.Servers {
		if entry, err := registry.Lookup(name); err != nil || !entry.Traits.Processes {
			processes = 1
		}
	}
	if most := own.Descriptors * processes; own.Descriptors > 0 && most < l.Descriptors {
		l.Descriptors, l.Of = most, "the server's processes"
	}
	return l
}
