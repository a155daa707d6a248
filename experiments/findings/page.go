package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/catalog"
	"socketbench/experiments/report"
	"socketbench/experiments/spec"
	"socketbench/experiments/unit"
	"socketbench/experiments/verdict"
	"socketbench/servers"
)

// writer writes FINDINGS.md, which stands in experiments/.
type writer struct {
	b        strings.Builder
	classes  []Class
	registry servers.Registry
}

func (w *writer) line(format string, v ...any) { fmt.Fprintf(&w.b, format+"\n", v...) }

// Page is FINDINGS.md. registry has the designs that have a file in servers/.
func Page(classes []Class, why map[string]string, registry servers.Registry) string {
	w := &writer{classes: classes, registry: registry}
	w.line("# Findings\n")
	w.line("What the built-in experiments found, refuted predictions first. A prediction is written before the run; it *holds* if the")
	w.line("whole 95 %% interval agrees with it, is *refuted* if the whole interval contradicts it, and is *undecided* otherwise.")
	w.line("This page is written by `go run ./.ci/bars findings write` from the summaries in `experiments/findings/`. A ratio such as")
	w.line("0.80x is that of the first design named to the second; the interval stands in brackets.\n")
	w.machines()
	w.refuted()
	w.questions()
	w.turned(turns(classes, why))
	w.missing()
	return w.b.String()
}

// machines says what was measured where.
func (w *writer) machines() {
	w.line("| class | machine | system | measured |")
	w.line("|---|---|---|---|")
	for _, c := range w.classes {
		var systems, days []string
		trials := 0
		for _, s := range c.Summaries {
			m := s.Manifest
			systems = append(systems, fmt.Sprintf("%s, %s %s, %s", m.Host.CPUModel, m.Host.OS, m.Host.Kernel, strings.Replace(m.Go, "go", "Go ", 1)))
			days = append(days, m.Started.UTC().Format("2 January 2006"))
			trials += s.Trials
		}
		w.line("| `%s` | %s | %s | %s: %s, %s |", c.Name, c.About, strings.Join(distinct(systems), "; "), strings.Join(distinct(days), ", "),
			unit.Many(len(c.Summaries), "run"), unit.Many(trials, "trial"))
	}
	w.line("")
}

func distinct(list []string) []string {
	var out []string
	for _, s := range list {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// refuted lists the predictions that some class refutes.
func (w *writer) refuted() {
	w.line("## Predictions that were refuted\n")
	any := false
	for _, name := range w.measured() {
		for _, p := range Predictions(w.classes, name) {
			if !slices.ContainsFunc(p.Outcomes, func(o verdict.Prediction) bool { return o.Word == verdict.Refuted }) {
				continue
			}
			any = true
			w.line("- **%s** ([`%s`](#%s)). %s. What that means: %s%s", strings.TrimSuffix(p.Claim, "."), name, name, w.said(p), p.Refuted, w.read(p))
		}
	}
	if !any {
		w.line("None.")
	}
	w.line("")
}

// read says where the designs of a prediction can be read beside each other.
func (w *writer) read(p Predicted) string {
	known, links := w.designs(p)
	if len(known) == 0 {
		return ""
	}
	return fmt.Sprintf(" Read %s: `socketbench code %s`.", strings.Join(links, " and "), strings.Join(known, " "))
}

// designs are those of a prediction that have a file in servers/, and links to these.
func (w *writer) designs(p Predicted) (names, links []string) {
	for _, name := range p.servers() {
		if e, err := w.registry.Lookup(name); err == nil {
			names = append(names, name)
			links = append(links, fmt.Sprintf("[`%s`](../%s)", name, cmp.Or(e.File, "servers/"+name+".go")))
		}
	}
	return names, links
}

// readBeside says where the designs of some predictions can be read, and which of them beside each other.
func (w *writer) readBeside(list []Predicted) {
	var links, commands []string
	for _, p := range list {
		known, own := w.designs(p)
		links = append(links, own...)
		if len(known) == 2 {
			commands = append(commands, "`socketbench code "+strings.Join(known, " ")+"`")
		}
	}
	if len(links) == 0 {
		return
	}
	beside := ""
	if len(commands) > 0 {
		beside = "; side by side: " + strings.Join(distinct(commands), ", ")
	}
	w.line("Where to read it: %s%s.\n", strings.Join(distinct(links), ", "), beside)
}

// questions are the experiments, each with its predictions, the designs that come out and the mechanism.
func (w *writer) questions() {
	w.line("## The questions\n")
	for _, name := range w.measured() {
		var last Summary
		for _, c := range w.classes {
			if s, ok := c.Of(name); ok {
				last = s
			}
		}
		e := last.analysis.Experiment
		w.line("### %s\n", name)
		w.line("%s\n", e.Question)
		w.table(Predictions(w.classes, name))
		before := w.b.Len()
		for _, c := range w.classes {
			s, ok := c.Of(name)
			if !ok {
				continue
			}
			for _, sentence := range report.Winners(s.analysis, w.registry) {
				w.line("- `%s`: %s", c.Name, sentence)
			}
			for _, line := range attackedComparisons(s) {
				w.line("- `%s`: %s", c.Name, line)
			}
			for _, load := range verdict.Loads(s.Manifest.Capacities, s.Manifest.Loads) {
				w.line("- `%s`: %s", c.Name, load)
			}
			for _, why := range unaskedReasons(s) {
				w.line("- `%s`: not asked: %s.", c.Name, why)
			}
		}
		if w.b.Len() > before {
			w.line("")
		}
		if e.Teaches != "" {
			w.line("The mechanism: %s\n", e.Teaches)
		}
		w.readBeside(Predictions(w.classes, name))
		w.line("Run it: `socketbench run %s`.%s\n", name, w.facts(name))
	}
}

func unaskedReasons(s Summary) (list []string) {
	for _, u := range s.Manifest.Unasked {
		list = append(list, u.Why)
	}
	return distinct(list)
}

// facts says how much was measured of an experiment.
func (w *writer) facts(name string) string {
	var parts []string
	for _, c := range w.classes {
		if s, ok := c.Of(name); ok {
			invalid := ""
			if s.Invalid > 0 {
				invalid = fmt.Sprintf(", %d of them invalid", s.Invalid)
			}
			parts = append(parts, fmt.Sprintf("`%s`: %s%s, %s, seed %d, %s", c.Name, unit.Many(s.Trials, "trial"), invalid, unit.Many(s.Manifest.Blocks, "block"), s.Manifest.Seed, s.Took()))
		}
	}
	return " Measured on " + strings.Join(parts, "; ") + "."
}

// missing says what the catalogue asks that no summary answers.
func (w *writer) missing() {
	w.line("## What was not measured\n")
	for _, c := range w.classes {
		var names, changed []string
		for _, name := range catalog.Names() {
			s, ok := c.Of(name)
			if !ok {
				names = append(names, "`"+name+"`")
				continue
			}
			if what := s.changed(); what != "" {
				changed = append(changed, fmt.Sprintf("- `%s`: `%s` has changed since: %s.", c.Name, name, what))
			}
		}
		switch {
		case len(names) > 0:
			w.line("- `%s`: these experiments have not been run, or not as the catalogue has them: %s.", c.Name, strings.Join(names, ", "))
		case len(changed) == 0:
			w.line("- `%s`: every experiment was run as the catalogue has it.", c.Name)
		}
		for _, line := range changed {
			w.line("%s", line)
		}
	}
}

// changed says in what the catalogue asks otherwise than a run did; "" where it does not. How long a trial lasts makes no
// other question.
func (s Summary) changed() string {
	e, err := catalog.Get(s.Experiment(), nil)
	if err != nil {
		return ""
	}
	var what []string
	for _, d := range spec.Differing(s.analysis.Experiment, e) {
		if !d.Timing() {
			what = append(what, fmt.Sprintf("%s was %s and is %s", d.Field, d.First, d.Second))
		}
	}
	if n := unmeasured(s.analysis.Experiment, e); n > 0 {
		what = append(what, unit.Many(n, "prediction")+" of today have not been measured")
	}
	return strings.Join(what, "; ")
}

// unmeasured counts the predictions of an experiment in the catalogue that a run of it did not have.
func unmeasured(run, e spec.Experiment) (n int) {
	for _, p := range e.Predict {
		if !slices.ContainsFunc(run.Predict, func(q spec.Prediction) bool { return sameQuestion(p, q) }) {
			n++
		}
	}
	return n
}
