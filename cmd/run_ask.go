package cmd

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/catalog"
	"socketbench/experiments/plan"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/servers/suggest"
)

// ask is one experiment to run and where its results go.
type ask struct {
	plan      plan.Plan
	dir       string
	origin    map[string]string // where the values of the experiment's fields come from, as a dry run says it
	resume    bool              // dir holds a part of the plan
	continued string            // the directory that --resume takes: dir, or that of the whole
	command   []string          // that repeats it
}

// chosen are the experiments and servers that a command line names.
type chosen struct {
	experiments []spec.Experiment
	sources     []string // where each of them is from: a name of the catalogue, or a file
	servers     []string // none: those of each experiment
}

// asked reads from the command line which experiments are run on which servers.
func (a *app) asked(args []string, f runFlags) (order, error) {
	c, err := a.chosen(args, f)
	if err != nil {
		return order{}, err
	}
	base := filepath.Join("results", time.Now().Format("20060102-150405")+"-")
	var o order
	if len(c.experiments) > 1 {
		several := "several"
		if slices.Contains(args, "all") {
			several = "all"
		}
		o.dir = cmp.Or(f.out, base+several)
		if o.begun = result.IsWhole(o.dir); o.begun { // it is continued
			if o.whole, err = result.LoadWhole(o.dir); err != nil {
				return order{}, err
			}
			if !f.seeded {
				f.seed = o.whole.Seed
			}
		}
	}
	var called []string
	for i, e := range c.experiments {
		p, err := a.plan(e, c.servers, f)
		if err != nil {
			return order{}, err
		}
		dir := cmp.Or(f.out, base+e.Name)
		if o.dir != "" {
			dir = filepath.Join(o.dir, e.Name)
		}
		for n := 2; slices.ContainsFunc(o.asks, func(q ask) bool { return q.dir == dir }); n++ {
			dir = strings.TrimSuffix(dir, "-"+strconv.Itoa(n-1)) + "-" + strconv.Itoa(n)
		}
		o.asks = append(o.asks, ask{plan: p, dir: dir, continued: cmp.Or(o.dir, dir), command: a.repeat(args, f)})
		if f.dry {
			o.asks[i].origin = origins(c.sources[i], c.servers, f)
		}
		called = append(called, p.Experiment.Servers...)
	}
	if err := a.allUsed("run", called); err != nil {
		return order{}, err
	}
	return a.planned(o, f)
}

// chosen reads the names of experiments and servers, and refuses a word that is neither.
func (a *app) chosen(args []string, f runFlags) (c chosen, err error) {
	named := a.commands.Names() // by the flag or in one of the files
	var words []string
	var names []string // args, with every experiment of the catalogue in place of "all"
	for _, arg := range args {
		if arg == "all" {
			names = append(names, catalog.Names()...)
		} else {
			names = append(names, arg)
		}
	}
	for _, arg := range names {
		if spec.IsCommand(arg) {
			words = append(words, arg)
			continue
		}
		e, known, err := a.experiment(arg, f.set...)
		switch {
		case err != nil:
			return c, err
		case known:
			c.add(e, arg)
			named = append(named, e.Commands.Names()...)
		default:
			words = append(words, arg)
		}
	}
	for _, word := range words {
		if !spec.IsCommand(word) && !slices.Contains(named, word) && !slices.Contains(a.registry.Names(), word) {
			return c, fmt.Errorf("run: %q is not an experiment, a server, a .yaml file or a command with {port}%s (socketbench list)",
				word, suggest.DidYouMean(word, slices.Concat(catalog.Names(), a.registry.Names(), named)))
		}
	}
	c.servers = slices.Concat(f.servers, words)
	for _, name := range c.servers {
		if !spec.IsCommand(name) && !slices.Contains(named, name) {
			if _, err := a.lookup(name); err != nil {
				return c, err
			}
		}
	}
	if len(c.experiments) == 0 {
		name := "quick"
		if len(c.servers) > 0 && !slices.ContainsFunc(c.servers, func(s string) bool { return !a.answersDatagrams(s) }) {
			name = "datagrams"
		}
		e, err := catalog.Get(name, a.registry, f.set...)
		if err != nil {
			return c, err
		}
		c.add(e, name)
	}
	return c, nil
}

// add adds an experiment.
func (c *chosen) add(e spec.Experiment, source string) {
	c.experiments, c.sources = append(c.experiments, e), append(c.sources, source)
}

// plan is the plan of an experiment as the flags have changed it, of a size that this machine, or the fleet, allows.
func (a *app) plan(e spec.Experiment, servers []string, f runFlags) (plan.Plan, error) {
	wanted, err := a.adjusted(e, servers, f)
	if err != nil {
		return plan.Plan{}, err
	}
	e, cut, err := wanted.Fit(f.team.room(wanted, a.registry))
	if err != nil {
		return plan.Plan{}, fmt.Errorf("run: %s: %w", e.Name, err)
	}
	if f.fit != nil {
		e = e.Extrapolated(wanted)
	}
	p, err := plan.New(e, f.seed, a.registry)
	p.Cut = cut
	if err == nil && f.rates != "" {
		p, err = a.rated(p, f.rates)
	}
	return p, err
}

// experiment is the one that arg names, in the catalogue or in a file. known is false if arg looks like neither.
func (a *app) experiment(arg string, set ...spec.Change) (e spec.Experiment, known bool, err error) {
	switch {
	case catalog.Has(arg):
		e, err = catalog.Get(arg, a.registry, set...)
	case strings.HasSuffix(arg, ".yaml"), strings.HasSuffix(arg, ".yml"):
		e, err = spec.ReadFile(arg, a.registry, a.commands, set...)
		for _, name := range e.Commands.Names() {
			if clash := checkName(name, a.registry); clash != nil {
				return e, true, fmt.Errorf("%s: commands: %q: %w; choose another name", arg, name, clash)
			}
		}
	default:
		return e, false, nil
	}
	return e, true, err
}

// answersDatagrams reports whether a name is that of a design that answers datagrams.
func (a *app) answersDatagrams(name string) bool {
	e, err := a.registry.Lookup(name)
	return err == nil && (e.NewPacket != nil || e.Datagrams)
}
