package cmd

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments/catalog"
	"socketbench/experiments/host"
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

// asked reads from the command line which experiments are run on which servers.
func (a *app) asked(args []string, f runFlags) (order, error) {
	var list []spec.Experiment
	var sources []string        // of list, by name
	named := a.commands.Names() // by the flag or in one of the files
	var words []string          // servers
	for _, arg := range args {
		switch {
		case spec.IsCommand(arg):
			words = append(words, arg)
		case arg == "all":
			for _, name := range catalog.Names() {
				e, err := catalog.Get(name, a.registry, f.set...)
				if err != nil {
					return order{}, err
				}
				list, sources = append(list, e), append(sources, name)
			}
		default:
			e, known, err := a.experiment(arg, f.set...)
			switch {
			case err != nil:
				return order{}, err
			case known:
				list, sources, named = append(list, e), append(sources, arg), append(named, e.Commands.Names()...)
			default:
				words = append(words, arg)
			}
		}
	}
	for _, word := range words {
		if !spec.IsCommand(word) && !slices.Contains(named, word) && !slices.Contains(a.registry.Names(), word) {
			return order{}, fmt.Errorf("run: %q is not an experiment, a server, a .yaml file or a command with {port}%s (socketbench list)",
				word, suggest.DidYouMean(word, slices.Concat(catalog.Names(), a.registry.Names(), named)))
		}
	}
	chosen := slices.Concat(f.servers, words)
	for _, name := range chosen {
		if !spec.IsCommand(name) && !slices.Contains(named, name) {
			if _, err := a.lookup(name); err != nil {
				return order{}, err
			}
		}
	}
	if len(list) == 0 {
		name := "quick"
		if len(chosen) > 0 && !slices.ContainsFunc(chosen, func(s string) bool { return !a.answersDatagrams(s) }) {
			name = "datagrams"
		}
		e, err := catalog.Get(name, a.registry, f.set...)
		if err != nil {
			return order{}, err
		}
		list, sources = append(list, e), append(sources, name)
	}
	base := filepath.Join("results", time.Now().Format("20060102-150405")+"-")
	var o order
	if len(list) > 1 {
		several := "several"
		if slices.Contains(args, "all") {
			several = "all"
		}
		o.dir = cmp.Or(f.out, base+several)
		if o.begun = result.IsWhole(o.dir); o.begun { // it is continued
			var err error
			if o.whole, err = result.LoadWhole(o.dir); err != nil {
				return order{}, err
			}
			if !f.seeded {
				f.seed = o.whole.Seed
			}
		}
	}
	var called []string
	for i, e := range list {
		e, err := a.adjusted(e, chosen, f)
		if err != nil {
			return order{}, err
		}
		wanted := e
		e, cut, err := e.Fit(f.team.room(e, a.registry))
		if err != nil {
			return order{}, fmt.Errorf("run: %s: %w", e.Name, err)
		}
		if f.fit != nil {
			e = e.Extrapolated(wanted)
		}
		p, err := plan.New(e, f.seed, a.registry)
		p.Cut = cut
		if err == nil && f.rates != "" {
			p, err = a.rated(p, f.rates)
		}
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
			o.asks[i].origin = origins(sources[i], chosen, f)
		}
		called = append(called, e.Servers...)
	}
	if err := a.allUsed("run", called); err != nil {
		return order{}, err
	}
	return a.planned(o, f)
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

// experimentText is the text of an experiment of the catalogue, or of a file.
func experimentText(name string) ([]byte, error) {
	if catalog.Has(name) {
		return catalog.Source(name)
	}
	return os.ReadFile(name)
}

// printExperiment writes one experiment as a file: as it stands, with its comments, or as the flags have changed it.
func (a *app) printExperiment(args []string, f runFlags) error {
	if len(args) == 0 {
		args = []string{"quick"}
	}
	if len(args) > 1 {
		return fmt.Errorf("run: --print writes one experiment; name one of %s", strings.Join(args, ", "))
	}
	e, known, err := a.experiment(args[0], f.set...)
	switch {
	case err != nil:
		return err
	case !known:
		return fmt.Errorf("run: --print: %q is neither an experiment nor a .yaml file%s (socketbench list experiments)",
			args[0], suggest.DidYouMean(args[0], catalog.Names()))
	}
	changed, err := a.adjusted(e, f.servers, f)
	if err == nil {
		err = a.allUsed("run", changed.Servers)
	}
	if err != nil {
		return err
	}
	text := changed.YAML()
	if len(f.set) == 0 && bytes.Equal(text, e.YAML()) { // no flag changes it
		text, err = experimentText(args[0])
	}
	if err == nil {
		_, err = a.stdout.Write(text)
	}
	return err
}

// repeat is the command that measures the same again.
func (a *app) repeat(args []string, f runFlags) []string {
	if f.fit != nil {
		return append(slices.Clone(f.fit), "--seed", strconv.FormatUint(f.seed, 10))
	}
	c := append([]string{"socketbench", "run"}, args...)
	for _, name := range a.commands.Names() {
		c = append(c, "--name", name+"="+a.commands[name])
	}
	c = append(c, "--seed", strconv.FormatUint(f.seed, 10))
	if f.blocks > 0 {
		c = append(c, "--blocks", strconv.Itoa(f.blocks))
	}
	if f.duration != "" {
		c = append(c, "--duration", f.duration)
	}
	if f.placement != "" {
		c = append(c, "--placement", f.placement)
	}
	if f.rates != "" {
		c = append(c, "--rates", f.rates)
	}
	c = append(c, f.places()...)
	for _, text := range f.sets {
		c = append(c, "--set", text)
	}
	for _, text := range f.require {
		c = append(c, "--require", text)
	}
	if f.headroom {
		c = append(c, "--headroom")
	}
	if len(f.servers) > 0 {
		var list strings.Builder // as the flag reads it: a name with a comma is quoted
		w := csv.NewWriter(&list)
		w.Write(f.servers)
		w.Flush()
		c = append(c, "--servers", strings.TrimSpace(list.String()))
	}
	return c
}

// answersDatagrams reports whether a name is that of a design that answers datagrams.
func (a *app) answersDatagrams(name string) bool {
	e, err := a.registry.Lookup(name)
	return err == nil && (e.NewPacket != nil || e.Datagrams)
}
