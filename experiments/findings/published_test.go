package findings

import (
	"bytes"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"socketbench/experiments/metric"
	"socketbench/experiments/report"
	"socketbench/experiments/result"
	"socketbench/experiments/verdict"
)

// here is the kept part of a run, as a run of this machine.
func here(t *testing.T) report.Past {
	p := report.NewPast("../report/testdata/quick")
	require.NoError(t, p.Err)
	return p
}

// as is one class of machines, on which the kept part of a run was measured. change makes it another.
func as(t *testing.T, name string, change func(*Summary)) Class {
	s := again(t, quick(t))
	if change != nil {
		change(&s)
	}
	return Class{Name: name, About: "a machine", Summaries: []Summary{s}}
}

// whole are the classes on which the catalogue was measured; on others it was a part of it.
func whole(classes []Class) []Class {
	return slices.DeleteFunc(slices.Clone(classes), func(c Class) bool { return !slices.Contains([]string{"plain", "slow-calls"}, c.Name) })
}

// The program holds the published summaries.
func TestSummariesArePublished(t *testing.T) {
	classes, err := Published()
	require.NoError(t, err)
	for _, c := range classes {
		require.NotEmpty(t, c.Summaries, c.Name)
	}
	require.Len(t, whole(classes), 2)
	for _, c := range whole(classes) {
		_, ok := c.Of("quick")
		require.True(t, ok, c.Name)
	}
}

// A run beside itself says the same everywhere, and every published class agrees with itself.
func TestARunAgreesWithItself(t *testing.T) {
	x := kept{classes: []Class{as(t, "plain", nil)}}.beside([]report.Past{here(t)})
	require.Equal(t, "plain", x.Nearest)
	require.Empty(t, x.Turned)
	agreed := x.Of("plain").Agreed
	require.Greater(t, agreed.Verdicts, 10)
	require.Equal(t, agreed.Verdicts, agreed.Same)
	require.Zero(t, agreed.Opposite)
	require.Zero(t, x.OtherCPUs)
	require.Contains(t, x.Sentence(), "100 %; none has the opposite word")

	k, err := published()
	require.NoError(t, err)
	for _, c := range k.classes {
		var runs []report.Past
		for _, s := range c.Summaries {
			if s.file == s.Experiment() {
				runs = append(runs, report.Past{Name: s.Experiment(), Run: result.Run{Manifest: s.Manifest}, Analysis: s.analysis})
			}
		}
		x := k.beside(runs)
		require.Equal(t, c.Name, x.Nearest)
		require.Equal(t, 1.0, x.Of(c.Name).Share())
		least := 10 * len(runs)
		if len(whole([]Class{c})) > 0 {
			least = 300
		}
		require.Greater(t, x.Of(c.Name).Verdicts, least)
	}
}

// A class that has few of a run's verdicts is not the nearest, however many of them it shares.
func TestAClassWithFewVerdictsIsNotNearest(t *testing.T) {
	class := func(verdicts, same int) report.BesideClass {
		return report.BesideClass{Agreed: report.Agreed{Verdicts: verdicts, Same: same}}
	}
	require.Equal(t, 1, nearest([]report.BesideClass{class(100, 80), class(90, 75), class(10, 10)}))
	require.Equal(t, 0, nearest([]report.BesideClass{class(100, 80), class(50, 40), class(0, 0)}))
}

// A run is set beside the published summaries of its own experiment; those of others are not read, and what is said is the same.
func TestOnlyWhatARunHasIsRead(t *testing.T) {
	runs := []report.Past{here(t)}
	runs[0].Name = "quick"
	few, err := publishedOf(runs)
	require.NoError(t, err)
	all, err := published()
	require.NoError(t, err)
	require.Len(t, few.classes, len(all.classes))
	for i, c := range few.classes {
		require.Equal(t, all.classes[i].About, c.About)
		for _, s := range c.Summaries {
			require.Equal(t, "quick", s.file)
		}
	}
	for _, c := range whole(few.classes) {
		require.Len(t, c.Summaries, 1)
	}
	require.Equal(t, all.beside(runs), few.beside(runs))
}

// What turned is listed, opposite words first, with the class that says the same, and its reason.
func TestWhatTurnedHereIsListed(t *testing.T) {
	turn := func(s *Summary) {
		for i, p := range s.analysis.Predictions {
			if p.Word == verdict.Holds {
				s.analysis.Predictions[i].Word = verdict.Refuted
				break
			}
		}
		for i := range s.analysis.Families {
			f := &s.analysis.Families[i]
			for k, c := range f.Comparisons {
				if f.Metric == metric.CPUPerRequest && c.Word == verdict.Undecided {
					f.Comparisons[k].Word, f.Comparisons[k].Low, f.Comparisons[k].High = verdict.Slower, 1.001, math.Inf(1)
					return
				}
			}
		}
	}
	other := as(t, "other", turn)
	x := kept{classes: []Class{other}}.beside([]report.Past{here(t)})
	require.Len(t, x.Turned, 2)
	require.True(t, x.Turned[0].Opposite)
	require.Equal(t, "refuted", x.Turned[0].There.Word)
	require.Equal(t, "holds", x.Turned[0].Here.Word)
	require.True(t, x.Turned[1].Alike, "an undecided comparison whose interval has values in common contradicts nothing")
	require.Equal(t, 1, x.Of("other").Opposite)
	require.Contains(t, x.Sentence(), "1 with the opposite word")

	key := "quick: " + x.Turned[0].What
	third := as(t, "third", func(s *Summary) { // says as this machine in all but more that turned
		for i := range s.analysis.Predictions {
			if s.analysis.Predictions[i].Claim != x.Turned[0].What {
				s.analysis.Predictions[i].Word = verdict.Undecided
			}
		}
	})
	x = kept{classes: []Class{other, third}, why: reasons{key: "A reason."}}.beside([]report.Past{here(t)})
	require.Equal(t, "other", x.Nearest)
	require.Equal(t, "third", x.Turned[0].As)
	require.Equal(t, "A reason.", x.Turned[0].Why)

	var b bytes.Buffer
	require.NoError(t, report.WriteBeside("text", &b, x, false, 100, nil))
	require.Contains(t, b.String(), "Here it is as on third. A reason.")
	require.Contains(t, b.String(), "1 further verdict of another word")
	b.Reset()
	require.NoError(t, report.WriteBeside("md", &b, x, true, 0, nil))
	require.Contains(t, b.String(), "- ? quick: ")
	require.NotContains(t, b.String(), "further verdict")
	require.ErrorContains(t, report.WriteBeside("pdf", &b, x, true, 0, nil), "text, md or json")
}

// A run that asks otherwise is not compared, and it is said why.
func TestAnotherQuestionIsNotCompared(t *testing.T) {
	k := kept{classes: []Class{as(t, "plain", nil)}}
	for want, change := range map[string]func(*report.Past){
		"load.size was":                   func(p *report.Past) { p.Analysis.Experiment.Load.Size = 4096 },
		"with goroutine there":            func(p *report.Past) { p.Analysis.Experiment.Baseline = "epoll" },
		"it is not a built-in experiment": func(p *report.Past) { p.Name = "mine" },
		"several machines took part":      func(p *report.Past) { p.Run.Manifest.Agents = make([]result.Agent, 2) },
		"it has not been measured":        func(p *report.Past) { p.Missing = true },
		"it was not measured there":       func(p *report.Past) { p.Name = "latency" },
	} {
		p := here(t)
		change(&p)
		x := k.beside([]report.Past{p})
		require.Zero(t, x.Of("plain").Verdicts, want)
		require.Empty(t, x.Sentence())
		var b bytes.Buffer
		require.NoError(t, report.WriteBeside("text", &b, x, false, 200, nil))
		require.Contains(t, b.String(), "No verdict of these runs has been published.")
		require.Contains(t, strings.Join(strings.Fields(b.String()), " "), want)
	}
	longer := here(t)
	longer.Analysis.Experiment.Load.Duration *= 2
	require.NotZero(t, k.beside([]report.Past{longer}).Of("plain").Verdicts, "how long a trial lasts makes no other question")
	more := here(t)
	for i := range more.Analysis.Families {
		more.Analysis.Families[i].On = ""
	}
	x := k.beside([]report.Past{more})
	require.NotZero(t, x.OtherCPUs)
	require.Equal(t, 1.0, x.Of("plain").Share())
}
