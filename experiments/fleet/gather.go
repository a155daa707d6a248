package fleet

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"socketbench/patterns/child"
)

// Present is an agent that has joined.
type Present struct {
	Name        string
	Build       string
	Serve, Load bool
}

// Wanted says which agents a run needs.
type Wanted struct {
	Server  string   // name
	Loaders []string // names; none: as many as Count
	Count   int
}

// again is how long it takes until it is looked again who is there.
const again = 250 * time.Millisecond

// Gather waits until the agents are there that a run needs. wait is told, now and then, who is there and who is missing.
// When ctx ends before they are, the error says who is missing.
func Gather(ctx context.Context, h Hub, w Wanted, wait func(there []Present, missing string)) (server Agent, loaders []Agent, err error) {
	for {
		there, err := h.Present(ctx)
		if err != nil {
			return nil, nil, err
		}
		names, missing, err := w.choose(there)
		if err != nil {
			return nil, nil, err
		}
		if missing == "" {
			all := make([]Agent, len(names))
			for i, name := range names {
				all[i] = h.Agent(name)
			}
			return all[0], all[1:], nil
		}
		wait(there, missing)
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return nil, nil, fmt.Errorf("fleet: %s; there: %s; start the others with socketbench agent, each under its --name", missing, listed(there))
		}
	}
}

// choose returns the names of the agents that a run has, the server's first, or who is missing. An agent that cannot do
// what is wanted of it is an error: waiting does not help.
func (w Wanted) choose(there []Present) (names []string, missing string, err error) {
	find := func(name string) (Present, bool) {
		i := slices.IndexFunc(there, func(p Present) bool { return p.Name == name })
		if i < 0 {
			return Present{}, false
		}
		return there[i], true
	}
	for i, p := range there {
		if i > 0 && there[i-1].Name == p.Name {
			return nil, "", fmt.Errorf("fleet: two agents are called %s; start one of them with --name", p.Name)
		}
		if p.Build != child.Version() {
			return nil, "", fmt.Errorf("fleet: agent %s is another build of this program (%s, and this is %s); use the same everywhere", p.Name, p.Build, child.Version())
		}
	}
	server, ok := find(w.Server)
	switch {
	case !ok:
		return nil, fmt.Sprintf("the server's agent %s has not joined", w.Server), nil
	case !server.Serve:
		return nil, "", fmt.Errorf("fleet: agent %s does not serve; start it with --serve", w.Server)
	}
	names = []string{w.Server}
	if len(w.Loaders) > 0 {
		var absent []string
		for _, name := range w.Loaders {
			p, ok := find(name)
			switch {
			case !ok:
				absent = append(absent, name)
			case !p.Load:
				return nil, "", fmt.Errorf("fleet: agent %s does not load; start it with --load", name)
			}
			names = append(names, name)
		}
		if len(absent) > 0 {
			return nil, "these agents have not joined: " + strings.Join(absent, ", "), nil
		}
		return names, "", nil
	}
	for _, p := range there {
		if p.Load && p.Name != w.Server && len(names) <= w.Count {
			names = append(names, p.Name)
		}
	}
	if n := len(names) - 1; n < w.Count {
		return nil, fmt.Sprintf("%d of %d agents that load have joined", n, w.Count), nil
	}
	return names, "", nil
}

func listed(there []Present) string {
	if len(there) == 0 {
		return "nobody"
	}
	names := make([]string, len(there))
	for i, p := range there {
		names[i] = p.Name
	}
	return strings.Join(names, ", ")
}
