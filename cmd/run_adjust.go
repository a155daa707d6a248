package cmd

import (
	"errors"
	"fmt"
	"slices"

	"socketbench/experiments/host"
	"socketbench/experiments/spec"
)

// setOnce refuses a field that --set and another part of the command line both set.
func (f runFlags) setOnce(chosen []string) error {
	for _, other := range []struct {
		path, by string
		given    bool
	}{
		{"servers", "the servers that are named", len(chosen) > 0},
		{"blocks", "--blocks", f.blocks > 0},
		{"max_blocks", "--blocks, which is exact", f.blocks > 0},
		{"load.duration", "--duration", f.duration != ""},
		{"placement", "--placement", f.placement != ""},
	} {
		typed := func(c spec.Change) bool { return c.Path == other.path && c.Typed == "" }
		if i := slices.IndexFunc(f.set, typed); i >= 0 && other.given {
			return fmt.Errorf("run: --set %v: %s is set already, by %s; leave one of them out", f.set[i], other.path, other.by)
		}
	}
	return nil
}

// adjusted is an experiment with the changes that the flags make.
func (a *app) adjusted(e spec.Experiment, chosen []string, f runFlags) (spec.Experiment, error) {
	if err := f.setOnce(chosen); err != nil {
		return e, err
	}
	if len(chosen) > 0 {
		e = e.WithServers(chosen)
	}
	a.sayNames(e.Name, e.Commands)
	e = e.Named(a.commands)
	if f.blocks > 0 {
		e.Blocks, e.MaxBlocks = f.blocks, max(f.blocks, f.atMost)
	}
	e.Require = slices.Concat(e.Require, f.require)
	e.Headroom = e.Headroom || f.headroom
	if f.fit != nil { // the predictions are about the numbers of the experiment, and not about those of the user
		e.Predict = nil
	}
	for _, set := range []struct{ flag, path, value string }{{"duration", "load.duration", f.duration}, {"placement", "placement", f.placement}} {
		if set.value != "" {
			if err := e.Set(set.path, set.value); err != nil {
				return e, fmt.Errorf("run: --%s: %w", set.flag, err)
			}
		}
	}
	if f.fleet != "" {
		return a.apart(e, f)
	}
	if e.Placement == host.Apart {
		return e, fmt.Errorf("run: %s: placement %q needs the agents of other machines (--fleet)", e.Name, host.Apart)
	}
	// If the experiment's placement is not possible here, another is used, with a warning; if the user asked for it, that
	// is an error.
	if _, err := host.NewPlacement(e.Placement); err != nil {
		if f.placement != "" {
			return e, err
		}
		var none *host.PlacementError
		if errors.As(err, &none) {
			err = errors.New(none.Why())
		}
		fmt.Fprintf(a.stderr, "%v: %s is used, and costs cannot be compared with those of %s\n", err, host.Shared, e.Placement)
		e.Placement = host.Shared
	}
	if err := e.Check(a.registry); err != nil {
		return e, fmt.Errorf("run: %w", err)
	}
	return e, nil
}
