package findings

import (
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"socketbench/experiments/report"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

// A turn is a prediction or a comparison on two classes of machines. Where its word differs, it turned.
type turn struct {
	Key      string // of its reason in why.yaml
	What     string // in words
	A, B     said
	Opposite bool // faster and slower, or holds and refuted
	Alike    bool // the intervals have values in common: one run tells more than the other, and they do not contradict
	Why      string
	Under    string // the key of the reason, which may be that of several turns; "": there is none
}

// same reports whether both say the same.
func (t turn) same() bool { return t.A.word == t.B.word }

// said is what one class says.
type said struct {
	Class  string
	word   verdict.Word
	Word   string // as it is spoken
	Figure string
	On     string // "on 1 server CPU"; "": on more, or nobody knows

	Survives string // what attacks on it found; "": none was tried
}

// turns lists what differs between the first class and each of the others, what is opposite first.
func turns(classes []Class, why reasons) (list []turn) {
	for _, other := range classes[min(1, len(classes)):] {
		for _, a := range classes[0].Summaries {
			if b, ok := other.Of(a.file); ok {
				list = append(list, turned(classes[0].Name, other.Name, a, b)...)
			}
		}
	}
	for i := range list {
		list[i].Why, list[i].Under = why.of(list[i].Key)
	}
	slices.SortStableFunc(list, func(a, b turn) int {
		switch {
		case a.Opposite == b.Opposite:
			return 0
		case a.Opposite:
			return -1
		}
		return 1
	})
	return list
}

// turned lists what differs between two summaries of one experiment.
func turned(classA, classB string, a, b Summary) []turn {
	return slices.DeleteFunc(beside(classA, classB, a, b), turn.same)
}

// beside lists every prediction and comparison that two summaries of one experiment have in common.
func beside(classA, classB string, a, b Summary) (list []turn) {
	inB := map[string]verdict.Prediction{}
	for _, p := range b.analysis.Predictions {
		inB[p.Claim] = p
	}
	for _, p := range a.analysis.Predictions {
		q, ok := inB[p.Claim]
		if !ok {
			continue
		}
		list = append(list, turn{Key: a.file + ": " + p.Claim, What: p.Claim,
			A:        said{classA, p.Word, string(p.Word), report.PredictionFigure(p), p.On, p.Survives},
			B:        said{classB, q.Word, string(q.Word), report.PredictionFigure(q), q.On, q.Survives},
			Opposite: opposite(p.Word, q.Word), Alike: alike(p.Word, q.Word, p.Low, p.High, q.Low, q.High)})
	}
	type place struct { // a comparison and its family
		verdict.Comparison
		baseline, on string
	}
	compared := map[string]place{}
	for _, f := range b.analysis.Families {
		for _, c := range f.Comparisons {
			compared[f.Metric+c.Of.Key()] = place{c, f.Baseline, f.On}
		}
	}
	for _, f := range a.analysis.Families {
		if !a.asks(f.Metric) {
			continue
		}
		for _, c := range f.Comparisons {
			d, ok := compared[f.Metric+c.Of.Key()]
			if !ok || d.baseline != f.Baseline {
				continue
			}
			where := ""
			if s := verdict.Condition(f.Condition); s != "" {
				where = ", " + s
			}
			list = append(list, turn{Key: a.file + ": " + c.Server + ", " + f.Metric + where,
				What:     comparedWhat(f, c),
				A:        said{classA, c.Word, c.Word.Spoken(f.Metric), report.ComparisonFigure(c), f.On, c.Survives},
				B:        said{classB, d.Word, d.Word.Spoken(f.Metric), report.ComparisonFigure(d.Comparison), d.on, d.Survives},
				Opposite: opposite(c.Word, d.Word), Alike: alike(c.Word, d.Word, c.Low, c.High, d.Low, d.High)})
		}
	}
	return list
}

// asks reports whether designs are compared by a metric for its own sake: the primary one, those of the predictions, and
// those by which README chooses. Others are kept for the claims.
func (s Summary) asks(name string) bool {
	e := s.analysis.Experiment
	return name == e.Primary || slices.ContainsFunc(e.Predict, func(p spec.Prediction) bool { return p.Metric == name }) ||
		slices.ContainsFunc(report.Choices, func(c report.Choice) bool { return c.Experiment == s.Experiment() && c.Metric == name })
}

func opposite(a, b verdict.Word) bool {
	pair := []verdict.Word{a, b}
	return slices.Contains(pair, verdict.Faster) && slices.Contains(pair, verdict.Slower) ||
		slices.Contains(pair, verdict.Holds) && slices.Contains(pair, verdict.Refuted)
}

// alike reports whether two intervals have values in common, or there is only one, where one of the words is undecided.
func alike(a, b verdict.Word, lowA, highA, lowB, highB float64) bool {
	switch {
	case a != verdict.Undecided && b != verdict.Undecided:
		return false
	case lowA == highA && highA == 0, lowB == highB && highB == 0: // there is no interval
		return true
	}
	return lowA <= highB && lowB <= highA
}

// reasons are why.yaml: why a word turned, by the key of the turn. A key that ends in * is for all that begin alike, but
// not for opposite words: each of those has a reason of its own.
type reasons map[string]string

func loadReasons(dir fs.FS) (reasons, error) {
	text, err := fs.ReadFile(dir, "why.yaml")
	if err != nil {
		return nil, fmt.Errorf("findings: %w", err)
	}
	r := reasons{}
	if err := yaml.UnmarshalWithOptions(text, &r, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("findings: why.yaml: %w", err)
	}
	return r, nil
}

// of is the reason for a key, and the key under which it stands.
func (r reasons) of(key string) (why, under string) {
	if why, ok := r[key]; ok {
		return why, key
	}
	for _, pattern := range slices.Sorted(maps.Keys(r)) {
		if prefix, all := strings.CutSuffix(pattern, "*"); all && strings.HasPrefix(key, prefix) {
			return r[pattern], pattern
		}
	}
	return "", ""
}

// unexplained lists what is wrong with the reasons: turns that have none, and reasons for what did not turn.
func unexplained(list []turn, why reasons) (problems []string) {
	used := map[string]bool{}
	for _, t := range list {
		used[t.Under] = true
		switch {
		case t.Alike:
		case t.Under == "":
			problems = append(problems, fmt.Sprintf("why.yaml has no reason why this turned: %q: %s on %s, %s on %s", t.Key, t.A.Word, t.A.Class, t.B.Word, t.B.Class))
		case t.Opposite && t.Under != t.Key:
			problems = append(problems, fmt.Sprintf("why.yaml has no reason of its own for opposite words: %q: %s on %s, %s on %s", t.Key, t.A.Word, t.A.Class, t.B.Word, t.B.Class))
		}
	}
	for _, key := range slices.Sorted(maps.Keys(why)) {
		if !used[key] {
			problems = append(problems, fmt.Sprintf("why.yaml explains what did not turn: %q", key))
		}
	}
	return problems
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
	var alike []turn
	all := len(list)
	list = slices.DeleteFunc(list, func(t turn) bool {
		if t.Opposite {
			n++
		}
		if t.Alike && t.Under == "" {
			alike = append(alike, t)
			return true
		}
		return false
	})
	w.line("Predictions and comparisons whose word differs between classes: %d. Opposite words: %d; they stand first. The reasons follow from what the designs do, and have not been measured on their own.\n", all, n)
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
	if len(alike) > 0 {
		w.line("- Told on one class only. The intervals of both have values in common, so that the classes do not contradict each other: one run was less noisy, or the difference is near a bound.")
		for _, t := range alike {
			w.line("  - %s", t)
		}
	}
	w.line("")
}

// experiment is the name of the experiment that asked.
func (t turn) experiment() string {
	name, _, _ := strings.Cut(t.Key, ": ")
	return name
}

func (t turn) String() string {
	mark := ""
	if t.Opposite {
		mark = "**opposite**: "
	}
	name := t.experiment()
	return fmt.Sprintf("%s[`%s`](#%s): %s: %s; %s.", mark, name, name, strings.TrimSuffix(t.What, "."), t.A, t.B)
}

func (s said) String() string {
	return strings.Join(slices.DeleteFunc([]string{fmt.Sprintf("`%s`: %s", s.Class, s.Word), s.Figure, attacked(s.Survives)}, func(s string) bool { return s == "" }), ", ")
}
