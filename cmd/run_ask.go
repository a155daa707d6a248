package cmd

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"socketbench/experiments"
	"socketbench/experiments/catalog"
	"socketbench/experiments/host"
	"socketbench/experiments/plan"
	"socketbench/experiments/quote"
	"socketbench/experiments/result"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
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
		e, err := catalog.Get("quick", a.registry, f.set...)
		if err != nil {
			return order{}, err
		}
		list, sources = append(list, e), append(sources, "quick")
	}
	base := filepath.Join("results", time.Now().Format("20060102-150405")+"-")
	var o order
	if len(list) > 1 {
		several := "several"
		if slices.Contains(args, "all") {
			several = "all"
		}
		o.dir = cmp.Or(f.out, base+several)
		if result.IsWhole(o.dir) && !f.seeded { // it is continued
			before, err := result.LoadWhole(o.dir)
			if err != nil {
				return order{}, err
			}
			f.seed = before.Seed
		}
	}
	var called []string
	for i, e := range list {
		e, err := a.adjusted(e, chosen, f)
		if err != nil {
			return order{}, err
		}
		e, cut, err := e.Fit(host.ReadLimits())
		if err != nil {
			return order{}, fmt.Errorf("run: %s: %w", e.Name, err)
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

// adjusted is an experiment with the changes that the flags make.
func (a *app) adjusted(e spec.Experiment, chosen []string, f runFlags) (spec.Experiment, error) {
	if len(chosen) > 0 {
		e = e.WithServers(chosen)
	}
	a.sayNames(e.Name, e.Commands)
	e = e.Named(a.commands)
	if f.blocks > 0 {
		e.Blocks, e.MaxBlocks = f.blocks, f.blocks
	}
	for _, set := range []struct{ flag, path, value string }{{"duration", "load.duration", f.duration}, {"placement", "placement", f.placement}} {
		if set.value != "" {
			if err := e.Set(set.path, set.value); err != nil {
				return e, fmt.Errorf("run: --%s: %w", set.flag, err)
			}
		}
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

// origins says where the fields of an experiment were said: in its file or on the command line.
func origins(name string, servers []string, f runFlags) map[string]string {
	from := map[string]string{}
	text, _ := experimentText(name) // it has been read before
	for _, path := range spec.Said(text) {
		from[path] = "file"
	}
	paths := map[string]bool{"servers": len(servers) > 0, "blocks": f.blocks > 0, "max_blocks": f.blocks > 0, "load.duration": f.duration != "", "placement": f.placement != ""}
	for _, c := range f.set {
		paths[c.Path] = true
	}
	for path, set := range paths {
		if set {
			from[path] = "command line"
		}
	}
	return from
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

// resumed lays out again what a results directory was to hold.
func (a *app) resumed(args []string, f runFlags) (order, error) {
	if f.out != "" || len(args) > 0 || len(f.servers) > 0 || len(a.commands) > 0 || f.blocks != 0 || f.duration != "" || f.placement != "" || f.rates != "" || len(f.set) > 0 {
		return order{}, fmt.Errorf("run: --resume continues the plan in its directory and can be combined only with --profile; leave the rest out")
	}
	if result.IsWhole(f.resume) {
		return a.resumedWhole(f.resume)
	}
	q, _, err := a.resumedOne(f.resume)
	return order{asks: []ask{q}}, err
}

// resumedOne lays out again what the directory of one experiment was to hold, and returns what is there.
func (a *app) resumedOne(dir string) (ask, result.Run, error) {
	r, err := result.Load(dir)
	if err != nil {
		return ask{}, r, err
	}
	m := r.Manifest
	p, err := a.replanned(filepath.Join(dir, "manifest.json"), m.Spec, m.Seed, m.Capacities, m.Loads)
	from := map[string]string{}
	for _, path := range spec.Said([]byte(r.Manifest.Spec)) {
		from[path] = "manifest"
	}
	return ask{plan: p, origin: from, dir: dir, resume: true, continued: dir, command: r.Manifest.Command}, r, err
}

// replanned is the plan of an experiment that a file of results keeps, at the loads that it keeps; none are found when the
// run begins.
func (a *app) replanned(file, text string, seed uint64, capacities []result.Capacity, loads []result.Frozen) (plan.Plan, error) {
	e, err := spec.Parse(file, []byte(text), a.registry)
	if err != nil {
		return plan.Plan{}, fmt.Errorf("run: the experiment in %s cannot be run here: %w", filepath.Dir(file), err)
	}
	p, err := plan.New(e, seed, a.registry)
	if err == nil && len(p.Searches) > 0 && len(loads) > 0 {
		p, err = p.Freeze(capacities, loads)
	}
	return p, err
}

// leftOut lists the parts of the experiment that are not run, with the reasons.
func leftOut(p plan.Plan) []string {
	list := slices.Concat(p.Cut, p.Skipped)
	for _, u := range p.Unasked {
		if slices.Contains(p.Skipped, u.Why) {
			continue
		}
		list = append(list, fmt.Sprintf("%s is not askable here: %s", cellName(u.Cell), u.Why))
	}
	for _, claim := range p.Experiment.Predict {
		if claim.NotAsked != "" {
			list = append(list, fmt.Sprintf("%q is not askable here: %s", claim.Claim, claim.NotAsked))
		}
	}
	return append(list, p.Untold...)
}

// dryRuns prints the plans, and of several the time that all of them take.
func (a *app) dryRuns(o order, f runFlags) {
	var least, most time.Duration
	for _, q := range o.asks {
		l, m := a.dryRun(q, f.profile)
		least, most = least+l, most+m
	}
	if len(o.asks) > 1 {
		fmt.Fprintf(a.stdout, "%s: %s\n", unit.Many(len(o.asks), "experiment"), takes(least, most))
	}
}

// dryRun prints a plan and returns how long it takes.
func (a *app) dryRun(q ask, profile []string) (least, most time.Duration) {
	p := q.plan
	e := p.Experiment
	fmt.Fprintf(a.stdout, "%s: %s\n", e.Name, e.Question)
	fmt.Fprintf(a.stdout, "seed %d, plan %s, %s, %s of %s", p.Seed, p.Hash[:12], unit.Many(len(p.Cells), "cell"), unit.Many(e.MaxBlocks, "block"), unit.Many(len(p.Block(0)), "trial"))
	if e.MaxBlocks > e.Blocks {
		fmt.Fprintf(a.stdout, ", at least %d of them", e.Blocks)
	}
	fmt.Fprintln(a.stdout)
	for _, s := range e.Settings(q.origin) {
		fmt.Fprintf(a.stdout, "  %-22s %s (%s)\n", s.Path, quote.Text(s.Value), s.From)
	}
	for _, name := range e.Commands.Names() {
		fmt.Fprintf(a.stdout, "  %-22s %s\n", name, quote.Text(e.Commands[name]))
	}
	for _, s := range verdict.Loads(p.Capacities, p.Loads) {
		fmt.Fprintln(a.stdout, s)
	}
	for _, s := range leftOut(p) {
		fmt.Fprintln(a.stdout, s)
	}
	if len(profile) > 0 {
		for _, s := range experiments.Unprofiled(p, a.registry) {
			fmt.Fprintln(a.stdout, s)
		}
	}
	for _, t := range p.Trials {
		fmt.Fprintf(a.stdout, "%5d  block %-3d %s  %s\n", t.Order+1, t.Block+1, t.Label, cellName(p.Cells[t.Cell].ID))
	}
	most = experiments.Estimate(p, a.registry)
	least = most * time.Duration(e.Blocks) / time.Duration(e.MaxBlocks)
	fmt.Fprintln(a.stdout, takes(least, most))
	return least, most
}

// takes says how long a run is expected to take.
func takes(least, most time.Duration) string {
	if least == most {
		return "about " + rough(most)
	}
	return fmt.Sprintf("about %s at most, %s at least", rough(most), rough(least))
}
