package findings

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"socketbench/experiments/catalog"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
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
		for _, p := range w.predictions(name) {
			if !slices.ContainsFunc(p.outcomes, func(o verdict.Prediction) bool { return o.Word == verdict.Refuted }) {
				continue
			}
			any = true
			w.line("- **%s** ([`%s`](#%s)). %s. What that means: %s%s", strings.TrimSuffix(p.Claim, "."), name, name, w.said(p), p.Refuted, w.read(p.servers()))
		}
	}
	if !any {
		w.line("None.")
	}
	w.line("")
}

// predicted is one claim with what each class says of it.
type predicted struct {
	spec.Prediction
	outcomes []verdict.Prediction // by the place of the class; one that did not measure it has the zero outcome
}

func (p predicted) servers() []string {
	return distinct([]string{result.Cell(p.Of).Server(), cmp.Or(result.Cell(p.Against).Server(), result.Cell(p.Of).Server())})
}

// measured are the experiments that some class measured, in the order of the catalogue.
func (w *writer) measured() (names []string) {
	for _, c := range w.classes {
		for _, s := range c.Summaries {
			if s.file == s.Experiment() {
				names = append(names, s.file)
			}
		}
	}
	names = distinct(names)
	slices.SortStableFunc(names, func(a, b string) int { return rank(a) - rank(b) })
	return names
}

// predictions are those of an experiment, refuted ones first.
func (w *writer) predictions(name string) (list []predicted) {
	for i, c := range w.classes {
		s, ok := c.Of(name)
		if !ok {
			continue
		}
		for k, claim := range s.analysis.Experiment.Predict {
			at := slices.IndexFunc(list, func(p predicted) bool { return p.Claim == claim.Claim })
			if at < 0 {
				at = len(list)
				list = append(list, predicted{claim, make([]verdict.Prediction, len(w.classes))})
			}
			list[at].outcomes[i] = s.analysis.Predictions[k]
		}
	}
	slices.SortStableFunc(list, func(a, b predicted) int { return a.urgency() - b.urgency() })
	return list
}

// urgency is the order in which predictions are read: those that some class refutes, then those that none decides.
func (p predicted) urgency() int {
	least := len(urgency)
	for _, o := range p.outcomes {
		if i := slices.Index(urgency, o.Word); i >= 0 {
			least = min(least, i)
		}
	}
	return least
}

var urgency = []verdict.Word{verdict.Refuted, verdict.Undecided, verdict.Holds, verdict.NotAsked}

// said is what the classes say of a prediction: "plain: refuted, 0.80x (0.71x – 0.91x); slow-calls: holds, ...".
func (w *writer) said(p predicted) string {
	var parts []string
	for i, o := range p.outcomes {
		if o.Word != "" {
			parts = append(parts, fmt.Sprintf("`%s`: %s", w.classes[i].Name, told(o)))
		}
	}
	return strings.Join(parts, "; ")
}

// told is an outcome with its figure.
func told(o verdict.Prediction) string {
	parts := []string{report.Outcome(o.Word), report.PredictionFigure(o)}
	return strings.Join(slices.DeleteFunc(append(parts, o.Marks...), func(s string) bool { return s == "" }), ", ")
}

// read says where two designs can be read beside each other.
func (w *writer) read(names []string) string {
	var links, known []string
	for _, name := range names {
		if slices.Contains(w.registry.Names(), name) {
			known = append(known, name)
			links = append(links, fmt.Sprintf("[`%s`](../servers/%s.go)", name, name))
		}
	}
	if len(known) == 0 {
		return ""
	}
	return fmt.Sprintf(" Read %s: `socketbench code %s`.", strings.Join(links, " and "), strings.Join(known, " "))
}

// readBeside says where the designs of some predictions can be read, and which of them beside each other.
func (w *writer) readBeside(list []predicted) {
	var links, commands []string
	for _, p := range list {
		var known []string
		for _, name := range p.servers() {
			if slices.Contains(w.registry.Names(), name) {
				known = append(known, name)
				links = append(links, fmt.Sprintf("[`%s`](../servers/%s.go)", name, name))
			}
		}
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
		w.table(w.predictions(name))
		for _, c := range w.classes {
			s, ok := c.Of(name)
			if !ok {
				continue
			}
			for _, sentence := range report.Winners(s.analysis, w.registry) {
				w.line("- `%s`: %s", c.Name, sentence)
			}
			for _, load := range verdict.Loads(s.Manifest.Capacities, s.Manifest.Loads) {
				w.line("- `%s`: %s", c.Name, load)
			}
			for _, why := range unaskedReasons(s) {
				w.line("- `%s`: not asked: %s.", c.Name, why)
			}
		}
		w.line("")
		if e.Teaches != "" {
			w.line("The mechanism: %s\n", e.Teaches)
		}
		w.readBeside(w.predictions(name))
		w.line("Run it: `socketbench run %s`.%s\n", name, w.facts(name))
	}
}

// table has a row for each prediction and a column for each class.
func (w *writer) table(list []predicted) {
	if len(list) == 0 {
		return
	}
	head, rule := "| predicted |", "|---|"
	for _, c := range w.classes {
		head, rule = head+" `"+c.Name+"` |", rule+"---|"
	}
	w.line("%s\n%s", head, rule)
	for _, p := range list {
		row := fmt.Sprintf("| %s<br>%s: `%s` |", cells(p.Claim), cells(capital(report.About(p.first()))), cells(p.Expect))
		for _, o := range p.outcomes {
			if o.Word == "" {
				row += " not measured |"
			} else {
				row += " " + cells(told(o)) + " |"
			}
		}
		w.line("%s", row)
	}
	w.line("")
}

// first is the outcome of the first class that measured the prediction.
func (p predicted) first() verdict.Prediction {
	i := slices.IndexFunc(p.outcomes, func(o verdict.Prediction) bool { return o.Word != "" })
	return p.outcomes[i]
}

// cells keeps a text from ending a cell of a table.
func cells(s string) string { return strings.ReplaceAll(s, "|", "\\|") }

func capital(s string) string { return strings.ToUpper(s[:1]) + s[1:] }

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

// turned says what differs between the classes.
func (w *writer) turned(list []turn) {
	w.line("## What turned between machines\n")
	switch {
	case len(w.classes) < 2:
		w.line("Only one class of machine has been measured.\n")
		return
	case len(list) == 0:
		w.line("Every word is the same.\n")
		return
	}
	n := 0
	for _, t := range list {
		if t.Opposite {
			n++
		}
	}
	w.line("Predictions and comparisons whose word differs between classes: %d. Opposite words: %d; they stand first.\n", len(list), n)
	under := map[string][]turn{}
	for _, t := range list {
		under[t.Under] = append(under[t.Under], t)
	}
	for _, t := range list {
		group := under[t.Under]
		switch {
		case t.Under == "":
			w.line("- %s No reason is known.", t)
		case len(group) == 1:
			w.line("- %s %s", t, t.Why)
		case group[0] == t: // all that have this reason stand below it
			w.line("- %s", t.Why)
			for _, same := range group {
				w.line("  - %s", same)
			}
		}
	}
	w.line("")
}

func (t turn) String() string {
	mark := ""
	if t.Opposite {
		mark = "**opposite**: "
	}
	name, _, _ := strings.Cut(t.Key, ": ")
	return fmt.Sprintf("%s[`%s`](#%s): %s: %s; %s.", mark, name, name, strings.TrimSuffix(t.What, "."), t.A, t.B)
}

func (s said) String() string {
	return strings.Join(slices.DeleteFunc([]string{fmt.Sprintf("`%s`: %s", s.Class, s.Word), s.Figure}, func(s string) bool { return s == "" }), ", ")
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
		if d.Field != "load.warmup" && d.Field != "load.duration" {
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
