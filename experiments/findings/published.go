package findings

import (
	"cmp"
	"embed"
	"slices"
	"sync"

	"socketbench/experiments/catalog"
	"socketbench/experiments/report"
	"socketbench/experiments/spec"
	"socketbench/experiments/verdict"
)

//go:embed */*.json why.yaml
var files embed.FS

// published is what stands in this package, read once.
var published = sync.OnceValues(func() (kept, error) { return embedded(func(string) bool { return true }) })

// embedded is what stands in this package, with those summaries alone that are wanted.
func embedded(wanted func(name string) bool) (k kept, err error) {
	if k.classes, err = loadThose(files, wanted); err == nil {
		k.why, err = loadReasons(files)
	}
	return k, err
}

// Published are the classes of machines whose summaries are a part of this program. Nobody may change them.
func Published() ([]Class, error) {
	k, err := published()
	return k.classes, err
}

// Beside sets runs beside what was published of the same experiments: for each class of machines, how many verdicts have
// the same word. A run that asked otherwise, with another size of request say, is listed and not compared.
func Beside(runs []report.Past) (report.Beside, error) {
	k, err := publishedOf(runs)
	if err != nil {
		return report.Beside{}, err
	}
	return k.beside(runs), nil
}

// publishedOf is what was published of the experiments of some runs. At the end of a run the others would be read for nothing,
// which takes a quarter of a second.
func publishedOf(runs []report.Past) (kept, error) {
	return embedded(func(name string) bool {
		return slices.ContainsFunc(runs, func(p report.Past) bool { return p.Name == name })
	})
}

func (k kept) beside(runs []report.Past) report.Beside {
	if some := slices.DeleteFunc(slices.Clone(k.classes), func(c Class) bool { return !c.hasSome(runs) }); len(some) > 0 {
		k.classes = some // those with nothing of these runs would be columns without a figure
	}
	out := report.Beside{Classes: []report.BesideClass{}, Experiments: []report.BesideRow{}, Turned: []report.Turned{}}
	byClass := make([][]turn, len(k.classes))
	for _, c := range k.classes {
		out.Classes = append(out.Classes, report.BesideClass{Name: c.Name, About: c.About})
	}
	for _, past := range runs {
		row := report.BesideRow{Experiment: past.Name, Why: unlike(past), Agreed: make([]report.Agreed, len(k.classes))}
		if row.Why == "" {
			here := Summary{Manifest: past.Run.Manifest, analysis: past.Analysis, file: past.Name}
			here.reword()
			for i, c := range k.classes {
				list, why := c.common(here)
				row.Agreed[i].Why = why
				for _, t := range list {
					row.Agreed[i].Note(t.same(), t.Opposite)
				}
				out.Classes[i].Add(row.Agreed[i])
				byClass[i] = append(byClass[i], list...)
			}
		}
		out.Experiments = append(out.Experiments, row)
	}
	if len(k.classes) == 0 {
		return out
	}
	at := nearest(out.Classes)
	out.Nearest, out.Turned = out.Classes[at].Name, k.turnedHere(byClass, at)
	for _, t := range byClass[at] {
		if t.A.On != t.B.On {
			out.OtherCPUs++
		}
	}
	return out
}

// hasSome reports whether one of the experiments was measured on the class.
func (c Class) hasSome(runs []report.Past) bool {
	return slices.ContainsFunc(runs, func(p report.Past) bool {
		_, ok := c.Of(p.Name)
		return ok
	})
}

// nearest is the place of the class with the largest share of the same words, of those that have at least half as many verdicts in
// common with the runs as any other has.
func nearest(classes []report.BesideClass) (at int) {
	most := 0
	for i, c := range classes {
		if c.Verdicts > most {
			at, most = i, c.Verdicts
		}
	}
	for i, c := range classes {
		if 2*c.Verdicts >= most && c.Share() > classes[at].Share() {
			at = i
		}
	}
	return at
}

// common lists the verdicts that a run has in common with the published run of its experiment; why says why there are none.
func (c Class) common(here Summary) (list []turn, why string) {
	there, ok := c.Of(here.file)
	if !ok {
		return nil, "it was not measured there"
	}
	if why := otherwise(here.analysis.Experiment, there); why != "" {
		return nil, why
	}
	return slices.DeleteFunc(beside(c.Name, "here", there, here), turn.notAsked), ""
}

// turnedHere lists what has another word than on the nearest class: opposite words first, then those whose intervals have
// nothing in common.
func (k kept) turnedHere(byClass [][]turn, nearest int) []report.Turned {
	list := []report.Turned{}
	for _, t := range byClass[nearest] {
		if t.same() {
			continue
		}
		one := report.Turned{Experiment: t.experiment(), What: t.What, Opposite: t.Opposite, Alike: t.Alike,
			There: report.Said{Word: t.A.Word, Figure: t.A.Figure}, Here: report.Said{Word: t.B.Word, Figure: t.B.Figure}}
		for i, others := range byClass {
			if i == nearest {
				continue
			}
			if n := slices.IndexFunc(others, func(o turn) bool { return o.Key == t.Key && o.same() }); n >= 0 {
				one.As = others[n].A.Class
				one.Why, _ = k.why.of(t.Key)
			}
		}
		list = append(list, one)
	}
	slices.SortStableFunc(list, func(a, b report.Turned) int { return cmp.Compare(a.Rank(), b.Rank()) })
	return list
}

// unlike says why a run cannot be set beside a published one; "" where it can.
func unlike(p report.Past) string {
	_, err := catalog.Get(p.Name, nil)
	switch {
	case p.Missing:
		return "it has not been measured"
	case p.Err != nil:
		return "it cannot be read"
	case err != nil:
		return "it is not a built-in experiment"
	case len(p.Run.Manifest.Agents) > 0:
		return "several machines took part in it, and one in the published runs"
	}
	return ""
}

// otherwise says in what an experiment asks otherwise than the published run of it; "" where it does not. How long a trial
// lasts makes no other question.
func otherwise(e spec.Experiment, there Summary) string {
	for _, d := range spec.Differing(there.analysis.Experiment, e) {
		if !d.Timing() {
			return d.Field + " was " + d.First + " there and is " + d.Second + " here"
		}
	}
	if there.analysis.Experiment.Baseline != e.Baseline {
		return "designs were compared with " + there.analysis.Experiment.Baseline + " there and with " + e.Baseline + " here"
	}
	return ""
}

// notAsked reports whether one of the two was no question, so that there are no two words to compare.
func (t turn) notAsked() bool { return t.A.word == verdict.NotAsked || t.B.word == verdict.NotAsked }
